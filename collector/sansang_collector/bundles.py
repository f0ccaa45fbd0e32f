"""Single results as rows of the ledger, one row per report: by them intervals are split and hours summed up.

A row per result would touch a page of the file for each of an agent's checks at every report. They are kept as long as
the raw log (retention.py).
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, Integer, Table, Text, text

from sansang_agent.contract.outcome import Outcome, Reason, outcome_of
from sansang_agent.contract.report import Result

from .chunks import Single
from .store import LEDGER

BUNDLE = Table(
    "bundle",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("last_ms", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("first_ms", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
"""``position`` of the envelope in the log and ``place`` in it keep rows of one millisecond apart. ``body``: JSON, a
list of results, each ``[series, milliseconds before last_ms, reason, total_us, sent, lost, least, middle and most
rtt_us]`` without the nulls and zeros at its end."""

SPAN_MS = 60_000
"""The most that lies between two results of one row: whoever looks for a time need not look further beyond it."""

Cell = list[Any]
"""One result as it lies in a body."""


def cell_of(series: int, result: Result) -> Cell:
    """What is kept of a result; its place in time is filled in by :func:`pack`."""
    phases, rtt = result.phases_ms, result.rtt_ms
    total_us = round(sum(phases.values()) * 1000) if phases else None
    if rtt is not None:
        least, middle, _, most = rtt
        trip = (round(least * 1000), round(middle * 1000), round(most * 1000))
        return [series, 0, result.reason, total_us, result.sent or 0, result.lost or 0, *trip]
    if result.sent:
        return [series, 0, result.reason, total_us, result.sent, result.lost or 0]
    if total_us is not None:
        return [series, 0, result.reason, total_us]
    return [series, 0, result.reason] if result.reason else [series, 0]


def single(at_ms: int, cell: Cell) -> Single:
    """A cell, before it is packed, as it will come out."""
    return Single(at_ms, cell[0], *cell[2:])


Row = tuple[int, int, int, int, int, str]


def pack(agent: int, position: int, cells: list[tuple[int, Cell]]) -> list[Row]:
    """The rows of the results of one agent in one envelope, each with its time; in any order, at least one."""
    times = [at_ms for at_ms, _ in cells]
    first_ms, last_ms = min(times), max(times)
    if last_ms - first_ms <= SPAN_MS:
        return [_row(agent, position, 0, cells, first_ms, last_ms)]
    groups = enumerate(_groups(sorted(cells, key=_at)))
    return [_row(agent, position, place, group, group[0][0], group[-1][0]) for place, group in groups]


def _at(cell: tuple[int, Cell]) -> int:
    return cell[0]


def _groups(cells: list[tuple[int, Cell]]) -> list[list[tuple[int, Cell]]]:
    groups: list[list[tuple[int, Cell]]] = []
    for cell in cells:
        if not groups or cell[0] - groups[-1][0][0] > SPAN_MS:
            groups.append([])
        groups[-1].append(cell)
    return groups


def _row(agent: int, position: int, place: int, group: list[tuple[int, Cell]], first_ms: int, last_ms: int) -> Row:
    for at_ms, cell in group:
        cell[1] = last_ms - at_ms
    return (agent, last_ms, position, place, first_ms, _encode([cell for _, cell in group]).decode())


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[list[Any]]).decode
_REASONS: dict[str | None, Reason | None] = {None: None, **{reason.value: reason for reason in Reason}}

_ADD = text(
    "INSERT INTO bundle (agent, last_ms, position, place, first_ms, body)"
    " VALUES (:agent, :last_ms, :position, :place, :first_ms, :body)"
)
_NAMES = ("agent", "last_ms", "position", "place", "first_ms", "body")


def add(connection: Connection, rows: list[Row]) -> None:
    """Write what :func:`pack` made."""
    if rows:
        connection.execute(_ADD, [dict(zip(_NAMES, row, strict=True)) for row in rows])


def positions(connection: Connection, agent: int, first_ms: int, last_ms: int) -> list[int]:
    """Where in the log the results lie that an agent measured within this time, in their order."""
    asked = {"agent": agent, "first": first_ms, "last": last_ms}
    return list(connection.execute(_POSITIONS, asked).scalars())


_POSITIONS = text(
    "SELECT DISTINCT position FROM bundle WHERE agent = :agent AND last_ms BETWEEN :first AND :last ORDER BY position"
)
_BETWEEN = text("SELECT last_ms, body FROM bundle WHERE agent = :agent AND last_ms BETWEEN :first AND :last")


def between(connection: Connection, agent: int, first_ms: int, last_ms: int) -> Iterator[Single]:
    """All results of an agent measured from ``first_ms`` to ``last_ms``, both included, in no order."""
    asked = {"agent": agent, "first": first_ms, "last": last_ms + SPAN_MS}
    for row_ms, body in connection.execute(_BETWEEN, asked):
        for one in _open(row_ms, body):
            if first_ms <= one.at_ms <= last_ms:
                yield one


def _open(row_ms: int, body: str) -> Iterator[Single]:
    for series, before, *rest in _decode(body):
        if rest:
            rest[0] = _REASONS[rest[0]]
        yield Single(row_ms - before, series, *rest)


class Neighbours(NamedTuple):
    """Of one series, the nearest results before and after a moment: when, and why they were not ok."""

    before: Single | None
    after: Single | None


def neighbours(found: Iterable[Single], series: int, outcome: Outcome, at_ms: int) -> Neighbours:
    """The nearest ones of a series with this outcome around ``at_ms``, among all that is found."""
    same = [one for one in found if one.series == series and outcome_of(one.reason) is outcome]
    before = [one for one in same if one.at_ms < at_ms]
    after = [one for one in same if one.at_ms > at_ms]
    return Neighbours(max(before, default=None, key=_when), min(after, default=None, key=_when))


def _when(one: Single) -> int:
    return one.at_ms


def _latest_first(one: Single) -> int:
    return -one.at_ms


_BACKWARDS = text(
    "SELECT last_ms, body FROM bundle WHERE agent = :agent AND last_ms < :before"
    " ORDER BY agent DESC, last_ms DESC, position DESC, place DESC"
).execution_options(stream_results=True)
"""Read row by row, until there is enough: a week of results may lie before."""


def newest(connection: Connection, agent: int, series: int, before_ms: int, limit: int) -> list[Single]:
    """The newest results of one series measured before a time, newest first."""
    found: list[Single] = []
    asked = {"agent": agent, "before": before_ms + SPAN_MS}
    with connection.execute(_BACKWARDS, asked) as rows:
        for row_ms, body in rows:
            if len(found) >= limit and row_ms < found[limit - 1].at_ms:
                break
            for one in _open(row_ms, body):
                if one.series == series and one.at_ms < before_ms:
                    insort(found, one, key=_latest_first)
    return found[:limit]
