"""The times of a commune's rungs in which lights may have changed, as windows that can be put off.

What is put off lies in a row per commune, so that a restart forgets nothing.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Column, Connection, Row, Table, Text, bindparam, text

from .store import LEDGER

RUNG_WINDOW = Table(
    "rung_window",
    LEDGER,
    Column("commune", Text, primary_key=True),
    Column("body", Text, nullable=False),
)
"""Windows put off, by commune; ``body``: JSON, by rung."""


class Window(NamedTuple):
    """From when to when (milliseconds) lights may have changed; whether a check did more than go on as it was."""

    first_ms: int
    last_ms: int
    changed: bool = True

    def with_(self, other: "Window") -> "Window":
        """The window that holds both."""
        first_ms, last_ms = min(self.first_ms, other.first_ms), max(self.last_ms, other.last_ms)
        return Window(first_ms, last_ms, self.changed or other.changed)


class Windows:
    """Of one commune, by rung."""

    def __init__(self, by_rung: dict[str, Window] | None = None) -> None:
        self.by_rung: dict[str, Window] = by_rung or {}

    def went_on(self, rung: str, end_ms: int, last_ms: int) -> None:
        """A check goes on as it was up to ``last_ms``; before, it was known up to ``end_ms``."""
        known = self.by_rung.get(rung)
        if known is None or end_ms < known.first_ms or last_ms > known.last_ms:
            self._add(rung, Window(end_ms, last_ms, changed=False))

    def changed(self, rung: str, first_ms: int, last_ms: int) -> None:
        """Results of a check were added between these times, of which anything may have come."""
        self._add(rung, Window(first_ms, last_ms))

    def join(self, other: "Windows") -> None:
        """Put the other's windows in."""
        for rung, window in other.by_rung.items():
            self._add(rung, window)

    @property
    def any_changed(self) -> bool:
        """Whether there is one that must not wait."""
        return any(window.changed for window in self.by_rung.values())

    def _add(self, rung: str, window: Window) -> None:
        known = self.by_rung.get(rung)
        self.by_rung[rung] = window if known is None else known.with_(window)


_READ = text("SELECT commune, body FROM rung_window WHERE commune IN :communes").bindparams(
    bindparam("communes", type_=Text, expanding=True)
)
_WRITE = text(
    "INSERT INTO rung_window (commune, body) VALUES (:commune, :body)"
    " ON CONFLICT (commune) DO UPDATE SET body = excluded.body"
)
_DELETE = text("DELETE FROM rung_window WHERE commune = :commune")
_decode = msgspec.json.Decoder(dict[str, Window]).decode


def read(connection: Connection, communes: Sequence[str]) -> dict[str, Windows]:
    """What was put off of these communes."""
    return _windows(connection.execute(_READ, {"communes": list(communes)}))


def read_all(connection: Connection) -> dict[str, Windows]:
    """What was put off of all."""
    return _windows(connection.execute(text("SELECT commune, body FROM rung_window")))


def _windows(rows: Iterable[Row[tuple[str, str]]]) -> dict[str, Windows]:
    return {commune: Windows(_decode(body)) for commune, body in rows}


def put_off(connection: Connection, windows: dict[str, Windows]) -> None:
    """Store windows of these communes in the place of what was there."""
    if windows:
        rows = [
            {"commune": commune, "body": msgspec.json.encode(own.by_rung).decode()} for commune, own in windows.items()
        ]
        connection.execute(_WRITE, rows)


def forget(connection: Connection, communes: Iterable[str]) -> None:
    """Drop what was put off of these communes."""
    rows = [{"commune": commune} for commune in communes]
    if rows:
        connection.execute(_DELETE, rows)
