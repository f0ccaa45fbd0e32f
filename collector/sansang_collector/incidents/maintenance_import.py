"""Announced power cuts and planned work out of somebody's spreadsheet: every mistake by file, row and column. Pure.

Headings may be English or Vietnamese, in any order, with titles above them, as for the inventory's tables.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from sansang_agent.contract.mistake import Mistake, SettingsError
from sansang_collector.inventory.headings import plain
from sansang_collector.inventory.spelling import spelling
from sansang_collector.inventory.spreadsheet import Row, read_sheet
from sansang_collector.refusal import Gettext, in_english
from sansang_collector.written_times import day_of, moment_of

from .maintenance import Kind, Plan
from .maintenance_rules import Ground, mistakes

HEADINGS: dict[str, tuple[str, ...]] = {
    "begins": ("bắt đầu", "từ", "thời gian bắt đầu", "giờ bắt đầu", "thời gian cắt", "from", "start"),
    "ends": ("kết thúc", "đến", "thời gian kết thúc", "giờ kết thúc", "thời gian đóng điện", "to", "end", "until"),
    "date": ("ngày", "ngày cắt điện", "ngày thực hiện", "day"),
    "communes": ("mã xã", "xã", "xã phường", "commune", "phạm vi", "khu vực mất điện"),
    "parts": ("thành phần", "thiết bị", "part"),
    "power_area": ("khu vực điện", "lộ điện", "tuyến điện", "đường dây"),
    "kind": ("loại", "type"),
    "title": ("lý do", "nội dung", "nội dung công việc", "reason", "work"),
    "announced": ("ngày thông báo", "thông báo ngày", "announced at", "announced on"),
}
"""What people call the columns; each also by its own name."""
NEEDED = ("begins", "ends")
_SEARCHED = 10
"""How many rows may stand above the headings."""
_KINDS = {
    "": Kind.POWER_CUT,
    "power cut": Kind.POWER_CUT,
    "cat dien": Kind.POWER_CUT,
    "mat dien": Kind.POWER_CUT,
    "ngung cap dien": Kind.POWER_CUT,
    "ngung giam cung cap dien": Kind.POWER_CUT,
    "planned work": Kind.PLANNED_WORK,
    "bao tri": Kind.PLANNED_WORK,
    "bao duong": Kind.PLANNED_WORK,
}
_LONGEST_TITLE = 200


class Reading(NamedTuple):
    """The plans of a file, and how it had to be read."""

    plans: list[Plan]
    notes: list[str]


def read(data: bytes, file: str, ground: Ground, now: float, _: Gettext = in_english) -> Reading:
    """The plans of a table; raises SettingsError with every mistake, in the language of ``_``.

    What is over already is noted and left out.
    """
    try:
        sheet = read_sheet(data, True, _)
    except ValueError as error:
        raise SettingsError([Mistake(file, 0, "", str(error))]) from None
    head = _head(sheet.rows)
    columns = [_column(cell) for cell in sheet.rows[head].cells] if head is not None else []
    missing = [name for name in NEEDED if name not in columns]
    if head is None or missing:
        line = sheet.rows[head].number if head is not None else 1
        wanted = _("the columns are {columns}").format(columns=", ".join(map(_called, HEADINGS)))
        said = _("has no row of headings")
        if head is not None:
            said = _("has no column '{column}'").format(column=_called(missing[0]))
        raise SettingsError([Mistake(file, line, "", f"{said}; {wanted}")])
    reader = _Reader(file, ground, now, sheet.rows[head].cells, _)
    for row in sheet.rows[head + 1 :]:
        reader.take(row)
    if reader.mistakes:
        raise SettingsError(reader.mistakes)
    unknown = [cell for cell in sheet.rows[head].cells if cell and _column(cell) is None]
    left_out = [_("column '{column}' is not taken").format(column=cell) for cell in unknown]
    return Reading(reader.plans, [*sheet.notes, *left_out, *reader.notes])


def _called(column: str) -> str:
    return f"{column} ({HEADINGS[column][0]})"


def _column(heading: str) -> str | None:
    said = plain(heading)
    return next((name for name, more in HEADINGS.items() if said in {plain(one) for one in (name, *more)}), None)


def _head(rows: Sequence[Row]) -> int | None:
    counts = [len({_column(cell) for cell in row.cells} - {None}) for row in rows[:_SEARCHED]]
    best = max(range(len(counts)), key=lambda n: counts[n], default=None)
    return best if best is not None and counts[best] > 1 else None


class _Reader:
    """One reading of one table."""

    def __init__(self, file: str, ground: Ground, now: float, headings: Sequence[str], _: Gettext) -> None:
        self.plans: list[Plan] = []
        self.mistakes: list[Mistake] = []
        self.notes: list[str] = []
        self._file, self._ground, self._now, self.say = file, ground, now, _
        self._columns = [_column(heading) for heading in headings]
        self._headings = dict(zip(self._columns, headings, strict=True))
        inventory = ground.inventory
        self._names: dict[str, list[str]] = {}
        for commune in inventory.communes if inventory else ():
            self._names.setdefault(spelling(commune.name), []).append(commune.code)

    def take(self, row: Row) -> None:
        """Read one row."""
        cells = {column: cell for column, cell in zip(self._columns, row.cells, strict=False) if column and cell}
        before = len(self.mistakes)
        begins, ends = (self._moment(row, column, cells) for column in NEEDED)
        kind = _KINDS.get(plain(cells.get("kind", "").replace("_", " ")))
        if kind is None:
            said = self.say("'{kind}' is neither power_cut nor planned_work")
            self._note(row, "kind", said.format(kind=cells["kind"]))
        announced = self._day(row, cells)
        plan = Plan(
            kind=kind or Kind.POWER_CUT,
            title=(cells.get("title") or f"{self._file}:{row.number}")[:_LONGEST_TITLE],
            parts=tuple(self._parts(cells)),
            communes=tuple(self._communes(row, cells.get("communes", ""))),
            begins=begins,
            ends=ends,
            announced_at=announced,
        )
        if len(self.mistakes) == before:
            self._judge(row, plan)

    def _judge(self, row: Row, plan: Plan) -> None:
        if plan.begins < plan.ends <= self._now:
            said = self.say("row {row} is over already and is not taken")
            self.notes.append(said.format(row=row.number))
            return
        found = list(mistakes(plan, self._ground, self._now))
        for error in found:
            column = "power_area" if error.field == "parts" and "parts" not in self._columns else error.field
            self._note(row, {"announced_at": "announced"}.get(column, column), error.said(self.say))
        if not found:
            self.plans.append(plan)

    def _moment(self, row: Row, column: str, cells: Mapping[str, str]) -> float:
        if column not in cells:
            self._note(row, column, self.say("is empty"))
            return 0.0
        try:
            return moment_of(cells[column], cells.get("date", ""), self.say)
        except ValueError as error:
            self._note(row, column, str(error))
            return 0.0

    def _day(self, row: Row, cells: Mapping[str, str]) -> float | None:
        if "announced" not in cells:
            return None
        try:
            return day_of(cells["announced"], self.say)
        except ValueError as error:
            self._note(row, "announced", str(error))
            return None

    def _communes(self, row: Row, text: str) -> Iterator[str]:
        """Codes, a lost leading zero given back, or names that only one commune has."""
        for said in (part.strip() for part in text.replace(",", ";").split(";")):
            if said.isdigit():
                yield said.zfill(5)
            elif said:
                codes = self._names.get(spelling(said), [])
                if len(codes) == 1:
                    yield codes[0]
                else:
                    self._note(row, "communes", self._unclear(said, codes))

    def _unclear(self, name: str, codes: Sequence[str]) -> str:
        if not codes:
            return self.say("'{name}' is no commune").format(name=name)
        said = self.say("'{name}' is the name of several communes ({codes}); use a code")
        return said.format(name=name, codes=", ".join(codes))

    def _parts(self, cells: Mapping[str, str]) -> Iterator[str]:
        yield from (part.strip() for part in cells.get("parts", "").replace(",", ";").split(";") if part.strip())
        area = cells.get("power_area", "")
        if area:
            key = area if f"power_area:{area}" in self._known() else plain(area).replace(" ", "-")
            yield f"power_area:{key}"

    def _known(self) -> Mapping[str, int]:
        return self._ground.topology.numbers if self._ground.inventory else {}

    def _note(self, row: Row, column: str, message: str) -> None:
        """The column is called as the table calls it."""
        self.mistakes.append(Mistake(self._file, row.number, self._headings.get(column) or _called(column), message))


def many(plans: Sequence[Plan]) -> list[Plan]:
    """Each plan once, in the order of the file."""
    return list({msgspec.json.encode(one): one for one in plans}.values())
