"""Doubts of the inventory as rows: communes that were twice on the wrong side of what broke, until somebody settles it.

A row with one incident is remembered and not shown; after it is settled it takes two new incidents to doubt again.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, select, text

from sansang_collector import audit
from sansang_collector.audit import Deed
from sansang_collector.communes_sql import among
from sansang_collector.diagnosis.doubts import Doubt
from sansang_collector.rights import ALL, Communes
from sansang_collector.topology import REPORT, Topology

from .tables import TOPOLOGY_DOUBT

ENOUGH = 2
MOST_REMEMBERED = 20
"""Incidents of one doubt."""


class DoubtView(msgspec.Struct, frozen=True, kw_only=True):
    """A commune that the inventory may have under the wrong part. Times are Unix seconds."""

    commune: str
    declared: str
    """The id of the part it is entered under."""
    probable: str
    """The id of the part it may belong under; empty: nothing speaks for another one."""
    incidents: tuple[int, ...]
    """Numbers of the incidents on whose wrong side it was."""
    seen_at: float


class Settled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which doubt was looked into: the entry is right, or has been corrected."""

    commune: Annotated[str, msgspec.Meta(max_length=16)]
    declared: Annotated[str, msgspec.Meta(max_length=200)]


class NoDoubtError(Exception):
    """There is no such doubt that is not settled yet."""


class Noted(NamedTuple):
    """What one incident casts doubt on."""

    incident: int
    doubts: tuple[Doubt, ...]


def note(connection: Connection, found: Iterable[Noted], now: float) -> None:
    """Remember; the same incident counts once."""
    for incident, each in ((one.incident, doubt) for one in found for doubt in one.doubts):
        row = connection.execute(
            select(TOPOLOGY_DOUBT.c.incidents, TOPOLOGY_DOUBT.c.settled_at).where(*_same(each))
        ).one_or_none()
        known = _numbers(row.incidents) if row is not None else []
        if incident in known:
            continue
        kept = [*known, incident][-MOST_REMEMBERED:] if row is None or row.settled_at is None else [incident]
        values = {**each._asdict(), "incidents": msgspec.json.encode(kept).decode(), "at": now}
        connection.execute(_PUT, values)


def standing(connection: Connection, of: Communes = ALL, topology: Topology | None = None) -> list[DoubtView]:
    """The doubts of these communes that nobody has settled, by commune.

    ``topology``: of the inventory in force; what it has entered otherwise since is no doubt any more.
    """
    query = select(TOPOLOGY_DOUBT).where(TOPOLOGY_DOUBT.c.settled_at.is_(None), among(TOPOLOGY_DOUBT.c.commune, of))
    found: defaultdict[tuple[str, str], list[tuple[str, list[int], float]]] = defaultdict(list)
    for row in connection.execute(query.order_by(TOPOLOGY_DOUBT.c.commune, TOPOLOGY_DOUBT.c.declared)):
        found[row.commune, row.declared].append((row.probable, _numbers(row.incidents), row.seen_at))
    views = [_view(*key, rows) for key, rows in found.items()]
    return [one for one in views if len(one.incidents) >= ENOUGH and _is_entered(one, topology)]


def settle(connection: Connection, settled: Settled, who: str, now: float) -> None:
    """Somebody looked into it; raises NoDoubtError."""
    where = (TOPOLOGY_DOUBT.c.commune == settled.commune, TOPOLOGY_DOUBT.c.declared == settled.declared)
    update = TOPOLOGY_DOUBT.update().where(*where, TOPOLOGY_DOUBT.c.settled_at.is_(None))
    if not connection.execute(update.values(settled_at=now, settled_by=who)).rowcount:
        raise NoDoubtError(f"there is no doubt that {settled.commune} belongs under '{settled.declared}'")
    audit.note(connection, Deed(now, who, "settle_doubt", settled.commune, None, settled.declared))


def _view(commune: str, declared: str, rows: list[tuple[str, list[int], float]]) -> DoubtView:
    """Rows for several other parts, and those for none, add up; the one most speaks for is proposed."""
    named = max((one for one in rows if one[0]), key=lambda one: len(one[1]), default=("", [], 0.0))
    return DoubtView(
        commune=commune,
        declared=declared,
        probable=named[0],
        incidents=tuple(sorted({number for _, numbers, _ in rows for number in numbers})),
        seen_at=max(at for _, _, at in rows),
    )


def _is_entered(one: DoubtView, topology: Topology | None) -> bool:
    if topology is None:
        return True
    own = topology.templates.get(one.commune, {}).get(REPORT)
    return own is not None and topology.numbers.get(one.declared, -1) in own.path


def _same(one: Doubt) -> tuple[ColumnElement[bool], ...]:
    table = TOPOLOGY_DOUBT.c
    return table.commune == one.commune, table.declared == one.declared, table.probable == one.probable


_numbers = msgspec.json.Decoder(list[int]).decode
_PUT = text("""
    INSERT INTO topology_doubt (commune, declared, probable, incidents, seen_at)
    VALUES (:commune, :declared, :probable, :incidents, :at)
    ON CONFLICT (commune, declared, probable) DO UPDATE SET incidents = excluded.incidents,
        seen_at = excluded.seen_at, settled_at = NULL, settled_by = NULL""")
