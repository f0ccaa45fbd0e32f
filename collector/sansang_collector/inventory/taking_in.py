"""``inventory import``: somebody's spreadsheet into one table of a folder, judged whole before anything is written."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sansang_agent.contract.mistake import Mistake, SettingsError

from .differences import Difference, contact_key, entry_differences
from .folder import NamesOf, read_folder, read_rows
from .headings import COMMUNES, CONTACTS, LINES, TABLES, Table, table_for
from .rows import doubles
from .rules import judge
from .spelling import spelling
from .spreadsheet import Sheet, read_sheet
from .tables import Reading, Taken, read_table, required, table_bytes


class Taking(NamedTuple):
    """What an import would do."""

    table: Table
    differences: list[Difference]
    contents: bytes
    """The table's whole new file."""
    notes: list[str]


def take_in(file: Path, folder: Path, names_of: NamesOf, table: Table | None = None) -> Taking:
    """Read ``file`` and see what it changes in ``folder``; raises SettingsError with every mistake, writes nothing.

    ``names_of``: a province's official names. ``table``: None finds it by the headings.
    """
    sheet = _sheet(file)
    table = table or _table(sheet, file)
    reading = read_table(sheet, table, str(file), mend=True)
    before = read_rows(folder, table)
    merged = _Merged(table, str(file), before)
    for row in reading.rows:
        merged.take(row)
    mistakes = [*reading.mistakes, *merged.mistakes, *doubles(_keyed(reading, merged), table, str(file))]
    contents = table_bytes(table, list(merged.values.values()))
    names = {str(row.fields["code"]): str(row.fields["name"]) for row in before.rows} if table is COMMUNES else {}
    mistakes += _in_the_folder(folder, lambda province: {**names, **names_of(province)}, contents, merged)
    if mistakes:
        raise SettingsError(sorted(set(mistakes)))
    old = {_key(table, row.fields): row.value for row in before.rows}
    return Taking(table, entry_differences(table.name, old, merged.values), contents, [*sheet.notes, *reading.notes])


def write(taking: Taking, folder: Path) -> Path:
    """Put the table's new file in the place of the old one; its path."""
    path = folder / taking.table.file
    half = path.with_name(path.name + ".part")
    half.write_bytes(taking.contents)
    half.replace(path)
    return path


def _sheet(file: Path) -> Sheet:
    if file.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise SettingsError([Mistake(str(file), 0, "", "is a workbook; save its sheet as 'CSV UTF-8' and import that")])
    try:
        return read_sheet(file.read_bytes(), guess=True)
    except ValueError as error:
        said = str(error)
    except FileNotFoundError:
        said = "there is no such file"
    except OSError as error:
        said = f"cannot be read: {error.strerror or error}"
    raise SettingsError([Mistake(str(file), 0, "", said)])


def _table(sheet: Sheet, file: Path) -> Table:
    found = next((table for row in sheet.rows[:10] if (table := table_for(row.cells))), None)
    if found is None:
        names = ", ".join(table.name for table in TABLES)
        said = f"its headings fit no table; say which one it is with --table ({names})"
        raise SettingsError([Mistake(str(file), sheet.rows[0].number if sheet.rows else 0, "", said)])
    return found


class _Merged:
    """A table with the rows of a spreadsheet laid over it; columns that are not there stay as they were."""

    def __init__(self, table: Table, file: str, before: Reading) -> None:
        self.values: dict[str, Any] = {_key(table, row.fields): row.value for row in before.rows}
        self.mistakes: list[Mistake] = []
        self.came_from: dict[str, int] = {}
        """Key → row of the spreadsheet."""
        self.table, self.file = table, file

    def take(self, row: Taken) -> None:
        """Lay one row over what is there."""
        fields = self.completed(row.fields)
        key = _key(self.table, fields)
        if not key or any(not fields.get(name) for name in self.table.key[:1]):
            return
        old = self.values.get(key)
        whole = {name: getattr(old, name) for name in self.table.columns} if old is not None else {}
        whole |= _as_spelt(whole, fields) if self.table is COMMUNES else fields
        problems = list(self._problems(key, whole, fields))
        self.mistakes += [Mistake(self.file, row.row, column, said) for column, said in problems]
        if not problems:
            self.values[key] = self.table.cls(**whole)
            self.came_from[key] = row.row

    def completed(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """A line without an id is the commune's line of that kind: the one there is, or a new one."""
        found = dict(fields)
        if self.table is LINES and "id" not in found and {"commune", "kind"} <= found.keys():
            same = [
                one.id for one in self.values.values() if (one.commune, one.kind) == (found["commune"], found["kind"])
            ]
            found["id"] = same[0] if len(same) == 1 else f"{found['commune']}-{found['kind']}"
        return found

    def _problems(self, key: str, whole: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        needed = required(self.table)
        for name in needed:
            if name not in whole:
                yield name, f"is empty, and {self.table.file} does not have {key} yet"
        if all(name in whole for name in needed):
            # the spreadsheet's own columns have been judged where they stand alone
            alone = set(judge(self.table.cls, said))
            yield from (one for one in judge(self.table.cls, whole) if one not in alone)


def _as_spelt(before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said, but for a name that the folder has in the other spelling: it stays as it was."""
    same = "name" in before and "name" in said and spelling(before["name"]) == spelling(said["name"])
    return {key: value for key, value in said.items() if not (same and key == "name")}


def _key(table: Table, fields: Mapping[str, Any]) -> str:
    if table is CONTACTS:
        return contact_key(CONTACTS.cls(**{name: fields.get(name, "") for name in table.key}))  # type: ignore[arg-type]
    return str(fields.get(table.key[0], ""))


def _keyed(reading: Reading, merged: _Merged) -> Reading:
    """The spreadsheet's rows with the ids they stand for."""
    rows = [row._replace(fields=merged.completed(row.fields)) for row in reading.rows]
    return reading._replace(rows=rows)


def _in_the_folder(folder: Path, names: NamesOf, contents: bytes, merged: _Merged) -> Iterator[Mistake]:
    """What would be wrong in the folder only since the import, at the spreadsheet's rows."""
    table = merged.table
    path = str(folder / table.file)
    rows = dict(enumerate(merged.values, start=2))
    for mistake in _wrong(folder, names, {table.file: contents}) - _wrong(folder, names, {}):
        key = rows.get(mistake.line) if mistake.file == path else None
        row = merged.came_from.get(key) if key else None
        yield mistake._replace(file=merged.file, line=row) if row else mistake


def _wrong(folder: Path, names: NamesOf, instead: Mapping[str, bytes]) -> set[Mistake]:
    try:
        read_folder(folder, names, instead)
    except SettingsError as error:
        return set(error.mistakes)
    return set()
