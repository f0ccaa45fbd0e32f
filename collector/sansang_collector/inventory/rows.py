"""What the tables of an inventory must fulfil together: keys, references, one node per line, no cycles. Pure.

Every mistake carries the file and row it was made in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sansang_agent.contract.mistake import Mistake
from sansang_agent.contract.scalars import guess

from .headings import ACCESS_NODES, COMMUNES, CONTACTS, LINES, Table
from .spelling import spelling
from .tables import Reading, Taken

Readings = Mapping[str, Reading]
"""By a table's name."""
Names = Callable[[str], str]
"""A table's name to the name of its file in mistakes."""
_SUGGESTIONS = 50
"""How many unknown names get a suggestion: looking for one is slow, and whoever has more has another problem."""


class Known:
    """Ids that may be named, with a suggestion for a slip as long as slips are few."""

    def __init__(self, what: str, ids: Iterable[str]) -> None:
        self._what = what
        self._ids = set(ids)
        self._left = _SUGGESTIONS

    def wrong(self, said: str) -> str:
        """What is wrong with naming ``said``; empty where nothing is."""
        if said in self._ids:
            return ""
        self._left -= 1
        return f"unknown {self._what} '{said}'{guess(said, self._ids) if self._left >= 0 else ''}"


def column(reading: Reading | None, name: str) -> Iterator[tuple[Taken, Any]]:
    """The rows that have a good ``name``, with it."""
    for row in reading.rows if reading else ():
        if row.fields.get(name) not in (None, ""):
            yield row, row.fields[name]


def across_tables(readings: Readings, names: Names) -> Iterator[Mistake]:
    """Everything wrong between the tables, or within one between its rows."""
    for table in (COMMUNES, LINES, ACCESS_NODES, CONTACTS):
        if table.name in readings:
            yield from doubles(readings[table.name], table, names(table.name))
    communes = Known("commune", (code for _, code in column(readings.get("communes"), "code")))
    ids = {str(code) for _, code in column(readings.get("access_nodes"), "id")}
    nodes = Known("access node", ids)
    lines, contacts = names("lines"), names("contacts")
    yield from references(readings.get("lines"), "commune", communes, lines)
    yield from references(readings.get("lines"), "access_node", nodes, lines)
    yield from references(readings.get("contacts"), "commune", communes, contacts)
    yield from references(readings.get("access_nodes"), "uplink", nodes, names("access_nodes"))
    yield from _on_two_nodes(readings.get("lines"), ids, lines)
    yield from _one_address(readings.get("lines"), "terminal_address", lines)
    yield from _one_address(readings.get("access_nodes"), "address", names("access_nodes"))
    yield from _cycles(readings.get("access_nodes"), names("access_nodes"))


def references(reading: Reading | None, name: str, known: Known, file: str) -> Iterator[Mistake]:
    """Rows that name what is not there."""
    for row, said in column(reading, name):
        problem = known.wrong(said)
        if problem:
            yield Mistake(file, row.row, name, problem)


def doubles(reading: Reading, table: Table, file: str) -> Iterator[Mistake]:
    """Rows with the key of an earlier one."""
    first: dict[tuple[str, ...], int] = {}
    for row in reading.rows:
        key = tuple(str(row.fields.get(name, "")) for name in table.key)
        if not key[0]:
            continue
        if key in first:
            said = ", ".join(part for part in key if part)
            yield Mistake(file, row.row, table.key[0], f"duplicate {table.key[0]} '{said}' (first in row {first[key]})")
        first.setdefault(key, row.row)


def _on_two_nodes(reading: Reading | None, nodes: set[str], file: str) -> Iterator[Mistake]:
    """A line of one kind and provider ends at one access node; on two, one of the rows is wrong."""
    first: dict[tuple[str, ...], tuple[str, str]] = {}
    for row, node in column(reading, "access_node"):
        commune, kind, line = (str(row.fields.get(name, "")) for name in ("commune", "kind", "id"))
        other, there = first.setdefault((commune, kind, row.fields.get("provider", "")), (line, node))
        if commune and kind and there != node and {there, node} <= nodes:
            said = (
                f"commune {commune} is on two access nodes with its {kind} line: '{node}' here, '{there}' in '{other}'"
            )
            yield Mistake(file, row.row, "access_node", said)


def _one_address(reading: Reading | None, name: str, file: str) -> Iterator[Mistake]:
    first: dict[str, str] = {}
    for row, address in column(reading, name):
        if address in first:
            yield Mistake(file, row.row, name, f"'{address}' is the address of '{first[address]}' already")
        first.setdefault(address, str(row.fields.get("id", "")))


def _cycles(reading: Reading | None, file: str) -> Iterator[Mistake]:
    """Access nodes that hang from each other; each cycle is said once, at its first row."""
    rows = {row.fields["id"]: row for row, _ in column(reading, "uplink") if "id" in row.fields}
    done: set[str] = set()
    for start in rows:
        path: list[str] = []
        node = start
        while node in rows and node not in done and node not in path:
            path.append(node)
            node = str(rows[node].fields["uplink"])
        if node in path:
            ring = path[path.index(node) :]
            said = " → ".join([*ring, ring[0]])
            at = min(rows[one].row for one in ring)
            yield Mistake(file, at, "uplink", f"access nodes hang from each other in a circle: {said}")
        done.update(path)


def swapped_names(reading: Reading | None, reference: Mapping[str, str], file: str) -> Iterator[Mistake]:
    """Communes that bear the name another code has in ``reference`` (code → name)."""
    owner = {spelling(name): code for code, name in reference.items()}
    said = {code: (row.row, row.fields.get("name", "")) for row, code in column(reading, "code")}
    for code, (row, name) in said.items():
        true = owner.get(spelling(name))
        if true is None or true == code or code not in reference:
            continue
        if spelling(said.get(true, (0, ""))[1]) == spelling(reference[code]):
            problem = f"the names of {code} and {true} are swapped: {code} is {reference[code]}"
        else:
            problem = f"'{name}' is the name of {true}; {code} is {reference[code]}"
        yield Mistake(file, row, "name", problem)
