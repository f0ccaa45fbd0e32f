"""An inventory's folder: reads all its files into one inventory, or raises every mistake in them at once."""

import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from sansang_agent.contract import settings
from sansang_agent.contract.mistake import Mistake, SettingsError
from sansang_agent.contract.scalars import guess
from sansang_agent.contract.strict import Rule

from .entries import services_rule, topology_rule
from .headings import TABLES, Table
from .model import AccessNode, Commune, Contact, Inventory, Line, Province, Services, Topology
from .policies import read_policies
from .rows import Known, across_tables, column, references, swapped_names
from .rules import judge
from .spreadsheet import read_sheet
from .tables import Reading, Taken, read_table

T = TypeVar("T")

PROVINCE, TOPOLOGY, SERVICES = "province.yml", "topology.yml", "services.yml"
FILES = (PROVINCE, *(table.file for table in TABLES), TOPOLOGY, SERVICES)
_NEEDED = (PROVINCE, "communes.csv")


NamesOf = Callable[[str], Mapping[str, str]]
"""A province's code → its communes' official names by code; empty where they are not known."""


class Read(NamedTuple):
    """A good folder: what it holds, and notes on how it had to be read (``file: note``)."""

    inventory: Inventory
    notes: list[str]


def read_folder(folder: Path, names_of: NamesOf, instead: Mapping[str, bytes] | None = None) -> Read:
    """Read ``folder``; raises SettingsError with every mistake.

    ``names_of`` tells swapped names. ``instead``: contents to take for files by name.
    """
    return _Folder(folder, names_of, instead or {}).read()


def read_rows(folder: Path, table: Table) -> Reading:
    """One table of ``folder`` alone, empty where there is none; raises SettingsError with its mistakes."""
    return _Folder(folder, lambda _province: {}, {}).one(table)


class _Folder:
    """One reading of one folder."""

    def __init__(self, folder: Path, names_of: NamesOf, instead: Mapping[str, bytes]) -> None:
        self._folder = folder
        self._instead = instead
        self._names_of = names_of
        self._mistakes: list[Mistake] = []
        self._notes: list[str] = []
        self._readings: dict[str, Reading] = {}

    def read(self) -> Read:
        """Everything, in the order in which files name each other."""
        self._look_around()
        for table in TABLES:
            self._read_table(table)
        self._mistakes += across_tables(self._readings, self._name)
        uplinks = {str(code): str(row.fields.get("uplink", "")) for row, code in self._column("access_nodes", "id")}
        lines = [str(code) for _, code in self._column("lines", "id")]
        province = self._yaml(PROVINCE, Province, judge)
        topology = self._yaml(TOPOLOGY, Topology, topology_rule(uplinks, lines))
        services = self._yaml(SERVICES, Services, services_rule)
        if province is not None:
            official = self._names_of(province.code)
            self._mistakes += swapped_names(self._readings.get("communes"), official, self._name("communes"))
        self._refer(topology, services)
        policies = read_policies(self._folder, self._mistakes)
        if self._mistakes:
            raise SettingsError(_ordered(self._mistakes))
        assert province is not None
        inventory = self._together(province, topology or Topology(), services or Services())
        return Read(msgspec.structs.replace(inventory, policies=policies), self._notes)

    def one(self, table: Table) -> Reading:
        """One table alone."""
        self._read_table(table)
        if self._mistakes:
            raise SettingsError(_ordered(self._mistakes))
        return self._readings.get(table.name, Reading([], [], [], []))

    def _look_around(self) -> None:
        if not self._folder.is_dir():
            said = "there is no such folder; make one with: sansang-collector inventory init"
            raise SettingsError([Mistake(str(self._folder), 0, "", said)])
        for path in sorted(self._folder.iterdir()):
            if path.suffix.lower() in (".csv", ".yml", ".yaml", ".xlsx", ".xls") and path.name not in FILES:
                said = f"is no file of an inventory{guess(path.name, FILES)}; its files are {', '.join(FILES)}"
                self._mistakes.append(Mistake(str(path), 0, "", said))

    def _read_table(self, table: Table) -> None:
        path = self._folder / table.file
        data = self._bytes(path)
        if data is None:
            return
        try:
            sheet = read_sheet(data, guess=False)
        except ValueError as error:
            self._mistakes.append(Mistake(str(path), 0, "", str(error)))
            return
        self._notes += [f"{path}: {note}" for note in sheet.notes]
        reading = read_table(sheet, table, str(path), mend=False)
        self._mistakes += reading.mistakes
        self._readings[table.name] = reading

    def _bytes(self, path: Path) -> bytes | None:
        if path.name in self._instead:
            return self._instead[path.name]
        try:
            return path.read_bytes()
        except FileNotFoundError:
            if path.name in _NEEDED:
                self._mistakes.append(Mistake(str(path), 0, "", "there is no such file"))
        except OSError as error:
            self._mistakes.append(Mistake(str(path), 0, "", f"cannot be read: {error.strerror or error}"))
        return None

    def _yaml(self, name: str, type_: type[T], rule: Rule) -> T | None:
        path = self._folder / name
        data = self._bytes(path)
        if data is None:
            return None
        try:
            text = unicodedata.normalize("NFC", data.decode("utf-8-sig"))
            return settings.loads(text, str(path), type_, rule)
        except UnicodeDecodeError as error:
            self._mistakes.append(Mistake(str(path), 0, "", f"is not UTF-8 text (byte {error.start})"))
        except SettingsError as error:
            self._mistakes += error.mistakes
        return None

    def _refer(self, topology: Topology | None, services: Services | None) -> None:
        """What tables say of the YAML files; nothing is said of a file that cannot be read."""
        if topology is not None:
            areas = Known("power area", (area.id for area in topology.power_areas))
            for table in ("communes", "access_nodes"):
                self._mistakes += references(self._readings.get(table), "power_area", areas, self._name(table))
        if services is not None:
            known = Known("service", (service.id for service in services.services))
            self._mistakes += references(self._readings.get("contacts"), "service", known, self._name("contacts"))

    def _column(self, table: str, name: str) -> list[tuple[Taken, Any]]:
        return list(column(self._readings.get(table), name))

    def _name(self, table: str) -> str:
        return str(self._folder / f"{table}.csv")

    def _values(self, table: str, cls: type[T]) -> tuple[T, ...]:
        rows = self._readings[table].rows if table in self._readings else []
        return tuple(row.value for row in rows if isinstance(row.value, cls))

    def _together(self, province: Province, topology: Topology, services: Services) -> Inventory:
        return sorted_inventory(
            Inventory(
                province=province,
                communes=self._values("communes", Commune),
                lines=self._values("lines", Line),
                access_nodes=self._values("access_nodes", AccessNode),
                topology=topology,
                services=services.services,
                contacts=self._values("contacts", Contact),
            )
        )


def sorted_inventory(inventory: Inventory) -> Inventory:
    """The same inventory with its tables in the order of their keys."""
    return Inventory(
        province=inventory.province,
        communes=tuple(sorted(inventory.communes, key=lambda one: one.code)),
        lines=tuple(sorted(inventory.lines, key=lambda one: one.id)),
        access_nodes=tuple(sorted(inventory.access_nodes, key=lambda one: one.id)),
        topology=inventory.topology,
        services=inventory.services,
        contacts=tuple(sorted(inventory.contacts, key=lambda one: (one.owner, one.service, one.commune))),
        policies=inventory.policies,
    )


def _ordered(mistakes: list[Mistake]) -> list[Mistake]:
    """Each mistake once, by file and row."""
    return sorted(set(mistakes))
