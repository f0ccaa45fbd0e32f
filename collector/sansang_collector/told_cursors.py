"""How far the story of incidents and the list of situations have been handed to alerts, kept in the alerts' tables."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select, text

from sansang_alerts.tables import CURSOR

_INCIDENTS, _SITUATIONS = "incidents", "situations"


class Cursors(NamedTuple):
    """How far everything is handed over; nothing ever was, without an event."""

    event: int | None = None
    """The newest of a story."""
    situation: int = 0
    """The newest one."""
    under_way: Mapping[str, float] = {}
    """By the number of each situation that was not over: when its list was last told, Unix seconds."""


def read(connection: Connection) -> Cursors:
    """As they stand."""
    found = {row.name: row for row in connection.execute(select(CURSOR))}
    if _INCIDENTS not in found or _SITUATIONS not in found:
        return Cursors()
    situations = found[_SITUATIONS]
    return Cursors(found[_INCIDENTS].position, situations.position, _decode(bytes(situations.body)))


def keep(connection: Connection, after: Cursors) -> None:
    """As they are to stand."""
    kept = [
        {"name": _INCIDENTS, "position": after.event or 0, "body": None},
        {"name": _SITUATIONS, "position": after.situation, "body": msgspec.json.encode(after.under_way)},
    ]
    connection.execute(_KEEP, kept)


_decode = msgspec.json.Decoder(dict[str, float]).decode
_KEEP = text(
    "INSERT INTO alert_cursor (name, position, body) VALUES (:name, :position, :body)"
    " ON CONFLICT (name) DO UPDATE SET position = excluded.position, body = excluded.body"
)
