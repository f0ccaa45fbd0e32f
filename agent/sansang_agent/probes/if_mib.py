"""Interfaces as SNMPv2-MIB (RFC 3418) and IF-MIB (RFC 2863) lay them out: which objects, and what their values mean.

Pure. Nothing is believed of a device: names are cleaned and cut, numbers bounded, tables have an end.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from sansang_agent.contract.report import MAX_INTERFACES, Device, Interface

Value = int | bytes | None
"""A number, a text, or ``None`` for an object that is not there."""
Answer = list[tuple[tuple[int, ...], Value]]
"""Object identifiers and their values, in the order of the answer."""

SYS_DESCR, SYS_UPTIME, SYS_NAME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.5.0"
IF_NUMBER = "1.3.6.1.2.1.2.1.0"
SYSTEM = (SYS_DESCR, SYS_UPTIME, SYS_NAME, IF_NUMBER)

_TABLE, _MORE = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
DESCR, NAME, ALIAS = f"{_TABLE}.2", f"{_MORE}.1", f"{_MORE}.18"
NAMES = (DESCR, NAME, ALIAS)
"""The columns that are walked; of the others only the rows of the interfaces that are told are read."""

_ADMIN, _OPER, _SPEED, _HIGH_SPEED = f"{_TABLE}.7", f"{_TABLE}.8", f"{_TABLE}.5", f"{_MORE}.15"
_IN, _OUT, _HC_IN, _HC_OUT = f"{_TABLE}.10", f"{_TABLE}.16", f"{_MORE}.6", f"{_MORE}.10"
_IN_ERRORS, _OUT_ERRORS, _IN_DISCARDS, _OUT_DISCARDS = (f"{_TABLE}.{column}" for column in (14, 20, 13, 19))
COLUMNS = (
    *(_ADMIN, _OPER, _SPEED, _HIGH_SPEED, _IN, _OUT, _HC_IN, _HC_OUT),
    *(_IN_ERRORS, _OUT_ERRORS, _IN_DISCARDS, _OUT_DISCARDS),
)

MAX_ROWS = 512
"""Rows of a table that are looked at: an exchange of a district has thousands, and nobody wants them all."""
_EXACT = 2**53
_NO_SPEED = 2**32 - 1
"""What ifSpeed says of everything too fast for it."""


class CircleError(Exception):
    """A table whose rows do not come in order would never end."""


class Row(NamedTuple):
    """One row of the table of names."""

    number: int
    name: str
    alias: str


class Walk:
    """A walk over some columns: ask what follows :meth:`next` and :meth:`take` the answer, until nothing is left."""

    def __init__(self, columns: Sequence[str] = NAMES) -> None:
        self._open = list(columns)
        self.found: dict[str, dict[int, Value]] = {column: {} for column in columns}

    def next(self) -> list[str]:
        """The objects to ask what follows them; none at the end."""
        return [f"{column}.{last}" if (last := self._last(column)) else column for column in self._open]

    def _last(self, column: str) -> int:
        return next(reversed(self.found[column]), 0)

    def take(self, answer: Answer) -> None:
        """Take the answer to a GETBULK in: one variable for each column asked, again and again (RFC 3416, 4.2.3).

        Raises :class:`CircleError` where a column does not go forward.
        """
        ended = set() if answer else set(self._open)
        for place, (oid, value) in enumerate(answer):
            column = self._open[place % len(self._open)]
            rows = self.found[column]
            if column in ended:
                continue
            if value is None or oid[:-1] != _parts(column) or len(rows) >= MAX_ROWS:
                ended.add(column)
            elif oid[-1] <= self._last(column):
                raise CircleError
            else:
                rows[oid[-1]] = value
        self._open = [column for column in self._open if column not in ended]

    def rows(self) -> list[Row]:
        """All rows, by index, each with a name of its own."""
        indices = sorted({index for column in self.found.values() for index in column})[:MAX_ROWS]
        return _told_apart([self._row(index) for index in indices])

    def _row(self, index: int) -> Row:
        name = text(self.found[NAME].get(index), 64) or text(self.found[DESCR].get(index), 64) or str(index)
        return Row(index, name, text(self.found[ALIAS].get(index), 64))


def _told_apart(rows: list[Row]) -> list[Row]:
    seen: set[str] = set()
    apart = []
    for row in rows:
        name = row.name if row.name not in seen else f"{row.name[:52]}#{row.number}"
        seen.add(name)
        apart.append(row._replace(name=name))
    return apart


def chosen(rows: Iterable[Row], wanted: Sequence[str]) -> list[Row]:
    """The rows whose name fits one of ``wanted`` (all where it is empty), as many as a result may hold."""
    fitting = [row for row in rows if not wanted or any(fnmatchcase(row.name, pattern) for pattern in wanted)]
    return fitting[:MAX_INTERFACES]


def cells(rows: Iterable[Row]) -> list[str]:
    """All objects of some rows."""
    return [f"{column}.{row.number}" for row in rows for column in COLUMNS]


def interface(row: Row, values: Mapping[str, Value]) -> Interface:
    """One interface out of the values of :func:`cells`."""

    def number(column: str) -> int | None:
        value = values.get(f"{column}.{row.number}")
        return value % _EXACT if isinstance(value, int) else None

    wide = number(_HC_IN) is not None and number(_HC_OUT) is not None
    incoming, outgoing = (_HC_IN, _HC_OUT) if wide else (_IN, _OUT)
    counted = number(incoming) is not None or number(outgoing) is not None
    return Interface(
        index=row.number,
        name=row.name,
        alias=row.alias,
        admin=number(_ADMIN) or 0,
        oper=number(_OPER) or 0,
        bps=_bps(number(_HIGH_SPEED), number(_SPEED)),
        bits=(64 if wide else 32) if counted else 0,
        in_octets=number(incoming),
        out_octets=number(outgoing),
        in_errors=number(_IN_ERRORS),
        out_errors=number(_OUT_ERRORS),
        in_discards=number(_IN_DISCARDS),
        out_discards=number(_OUT_DISCARDS),
    )


def _bps(megabits: int | None, bits: int | None) -> int:
    if megabits and megabits < 2**32:
        return megabits * 1_000_000
    return bits if bits and bits < _NO_SPEED else 0


def device(values: Mapping[str, Value]) -> Device:
    """What the device says of itself; sysUpTime counts hundredths of a second."""
    ticks = values.get(SYS_UPTIME)
    uptime_s = ticks / 100 if isinstance(ticks, int) and ticks < 2**32 else None
    return Device(name=text(values.get(SYS_NAME), 255), descr=text(values.get(SYS_DESCR), 255), uptime_s=uptime_s)


def text(value: Value, longest: int) -> str:
    """A device's words as one line of printable letters, NFC."""
    if not isinstance(value, bytes):
        return ""
    letters = unicodedata.normalize("NFC", value.decode("utf-8", "replace"))
    printable = "".join(letter if letter.isprintable() else " " for letter in letters)
    return " ".join(printable.split())[:longest].rstrip()


def _parts(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.split("."))
