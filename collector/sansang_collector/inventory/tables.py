"""Rows of text to structs of the model, and back; every mistake by file, row and column. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import inspect

from sansang_agent.contract.mistake import Mistake
from sansang_agent.contract.scalars import guess, scalar

from . import spreadsheet
from .headings import Table, column_of
from .mending import mended
from .rules import judge
from .spreadsheet import Row, Sheet

_SEARCHED = 10
"""How many rows may stand above the headings."""


class Taken(NamedTuple):
    """What one row says: the fields of the columns that are there, and the struct where they make one."""

    row: int
    fields: dict[str, Any]
    value: Any


class Reading(NamedTuple):
    """A table's rows, its mistakes and what was noted on the way."""

    rows: list[Taken]
    columns: list[str]
    mistakes: list[Mistake]
    notes: list[str]


def read_table(sheet: Sheet, table: Table, file: str, mend: bool) -> Reading:
    """The rows of ``sheet`` as ``table``. ``mend``: it is somebody's spreadsheet, not our own file.

    In a spreadsheet rows may be partial (``value`` is None then), unknown columns are passed over, titles may stand
    above the headings, and cells are mended.
    """
    head = _head(sheet.rows, table, mend)
    if head is None:
        wanted = ", ".join(table.columns)
        return Reading([], [], [Mistake(file, 1, "", f"has no row of headings; the columns are {wanted}")], [])
    row = sheet.rows[head]
    columns = [column_of(table, cell) if mend else (cell if cell in table.columns else None) for cell in row.cells]
    reader = _Reader(table, file, mend, columns)
    reader.judge_headings(row)
    for one in sheet.rows[head + 1 :]:
        reader.take(one)
    return Reading(reader.rows, [column for column in columns if column], reader.mistakes, reader.notes)


def _head(rows: Sequence[Row], table: Table, mend: bool) -> int | None:
    if not mend:
        return 0 if rows else None
    counts = [len({column_of(table, cell) for cell in row.cells} - {None}) for row in rows[:_SEARCHED]]
    best = max(range(len(counts)), key=lambda n: counts[n], default=None)
    return best if best is not None and counts[best] > 0 else None


class _Reader:
    """One reading of one table."""

    def __init__(self, table: Table, file: str, mend: bool, columns: list[str | None]) -> None:
        self.rows: list[Taken] = []
        self.mistakes: list[Mistake] = []
        self.notes: list[str] = []
        self._table, self._file, self._mend, self._columns = table, file, mend, columns
        self._fields = {field.name: field for field in _struct(table)}

    def judge_headings(self, row: Row) -> None:
        """Unknown, double and missing columns."""
        for n, (heading, column) in enumerate(zip(row.cells, self._columns, strict=True)):
            if column is None and self._mend and heading:
                self.notes.append(f"row {row.number}: column '{heading}' is not taken")
            elif column is None and not self._mend:
                hint = guess(heading, self._table.columns)
                said = f"unknown column '{heading}'{hint}" if heading else f"column {n + 1} has no heading"
                self._note(row.number, heading, said)
            elif column in self._columns[:n]:
                self._note(row.number, heading, f"a second column '{column}'")
        if not self._mend:
            for field in self._fields.values():
                if field.required and field.name not in self._columns:
                    self._note(row.number, field.name, f"missing column '{field.name}'")

    def take(self, row: Row) -> None:
        """Read one row."""
        before = len(self.mistakes)
        if len(row.cells) > len(self._columns) and any(row.cells[len(self._columns) :]):
            self._note(row.number, "", f"has {len(row.cells)} cells, but there are {len(self._columns)} headings")
        fields: dict[str, Any] = {}
        for column, cell in zip(self._columns, row.cells, strict=False):
            if column and cell:
                self._cell(row.number, column, cell, fields)
        self._judge(row.number, fields, len(self.mistakes) == before)

    def _cell(self, row: int, column: str, cell: str, fields: dict[str, Any]) -> None:
        if self._mend:
            cell, note = mended(self._table, column, cell)
            if note:
                self.notes.append(f"row {row}: {column}: {note}")
        try:
            fields[column] = cell_value(cell, self._fields[column].type)
        except ValueError as error:
            self._note(row, column, str(error))

    def _judge(self, row: int, fields: dict[str, Any], good: bool) -> None:
        missing = [field.name for field in self._fields.values() if field.required and field.name not in fields]
        unsaid = [name for name in missing if name in self._columns and (good or not self._failed(row, name))]
        for name in unsaid:
            if not self._mend or name in self._table.key:
                self._note(row, name, "is empty")
                good = False
        for column, message in judge(self._table.cls, fields):
            self._note(row, column, message)
            good = False
        whole = good and not missing
        self.rows.append(Taken(row, fields, self._table.cls(**fields) if whole else None))

    def _failed(self, row: int, column: str) -> bool:
        return any(one.line == row and one.key == column for one in self.mistakes)

    def _note(self, row: int, column: str, message: str) -> None:
        self.mistakes.append(Mistake(self._file, row, column, message))


def _struct(table: Table) -> tuple[inspect.Field, ...]:
    wanted = inspect.type_info(table.cls)
    assert isinstance(wanted, inspect.StructType)
    return wanted.fields


def required(table: Table) -> list[str]:
    """The columns that no row can do without."""
    return [field.name for field in _struct(table) if field.required]


def cell_value(text: str, wanted: inspect.Type) -> Any:
    """What a cell means where ``wanted`` is expected; ValueError says what it must be."""
    if isinstance(wanted, inspect.UnionType):
        return cell_value(text, next(one for one in wanted.types if not isinstance(one, inspect.NoneType)))
    if isinstance(wanted, inspect.Metadata):
        _described(text, wanted)
        return cell_value(text, wanted.type)
    if isinstance(wanted, inspect.VarTupleType):
        return tuple(cell_value(part, wanted.item_type) for part in re.split(r"[;,\s]+", text) if part)
    return scalar(text, True, wanted)


def _described(text: str, wanted: inspect.Metadata) -> None:
    words = (wanted.extra_json_schema or {}).get("description")
    pattern = wanted.type.pattern if isinstance(wanted.type, inspect.StrType) else None
    if not words or pattern is None or re.search(pattern, text):
        return
    short = text.isdigit() and len(text) < 5 and "five digits" in words
    hint = f"; did you mean '{text.zfill(5)}'? Spreadsheets drop leading zeros" if short else ""
    raise ValueError(f"'{text}' is not {words}{hint}")


def cell_text(value: Any) -> str:
    """A field as a cell; None and empty are an empty cell."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "; ".join(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def table_bytes(table: Table, values: Sequence[Any]) -> bytes:
    """The rows of a table as the file of an inventory's folder; defaults stay empty cells."""
    return spreadsheet.written(table.columns, [list(_cells(table, value)) for value in values])


def _cells(table: Table, value: Any) -> Iterator[str]:
    for field in _struct(table):
        said = getattr(value, field.name)
        yield "" if not field.required and said == field.default else cell_text(said)
