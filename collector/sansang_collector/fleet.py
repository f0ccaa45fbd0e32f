"""Every machine as one row: what it is, how it stands, what it holds back; filtered, sorted and counted. Pure.

Times are Unix seconds. roster.py reads the machines, web/fleet.py shows them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from .gazetteer import Gazetteer, findable
from .liveness import Known, Liveness, Present, State, state_of
from .rights import Communes

PAGE_SIZE = 100

Wanted = Callable[[int], str | None]
"""The hash of the assignment the centre has for an agent; None: it has none."""


def nothing_wanted(_agent: int) -> str | None:
    """No machine has been assigned anything."""
    return None


class Machine(NamedTuple):
    """What the ledger has of a machine, without its results."""

    id: int
    commune: str
    name: str
    role: str
    retired_at: float | None
    contact: float | None
    """None while it was never in contact."""
    known_silent: bool | None
    skew: float | None
    spool_rows: int | None
    spool_oldest: float | None
    version: str | None
    assigned: str | None
    goodbye: str | None
    back: float | None
    dropped: int | None
    quarantined_at: float | None = None
    revoked_at: float | None = None
    revoked_why: str | None = None


class Config(StrEnum):
    """Whether a machine follows what the centre has for it."""

    CURRENT = "current"
    LAGGING = "lagging"
    OWN = "own"
    """It follows its own file, and the centre has nothing else for it."""


class Row(NamedTuple):
    """A machine and how it stands now."""

    machine: Machine
    liveness: Liveness


class Filter(NamedTuple):
    """What is asked for; empty means all. ``text`` is looked for in names and codes, without marks."""

    text: str = ""
    state: str = ""
    role: str = ""
    version: str = ""
    place: str = ""
    """A commune's code or a former district's name."""
    config: str = ""


class Order(StrEnum):
    """What rows can be sorted by."""

    STATE = "state"
    COMMUNE = "commune"
    NAME = "name"
    ROLE = "role"
    CONTACT = "contact"
    VERSION = "version"
    SKEW = "skew"
    SPOOL = "spool"
    CONFIG = "config"
    DROPPED = "dropped"


_WORST_FIRST = {
    state: place
    for place, state in enumerate(
        (
            State.QUARANTINED,
            State.SILENT,
            State.REVOKED,
            State.NEVER_SEEN,
            State.GOODBYE,
            State.EXPECTED_OFF,
            State.ONLINE,
            State.RETIRED,
        )
    )
}


def rows(machines: Iterable[Machine], present: Present) -> list[Row]:
    """All machines with their states."""
    return [Row(machine, _liveness(machine, present)) for machine in machines]


class Counts(NamedTuple):
    """How many machines there are of each kind; retired ones are counted as such and nowhere else."""

    states: dict[State, int]
    """Those that occur, the ones that need somebody first."""
    versions: dict[str, int]
    """The most common first; empty for machines that have not told any."""
    lagging: int


class Standing(NamedTuple):
    """The whole fleet, or that of some communes, at one moment."""

    present: Present
    rows: list[Row]
    counts: Counts


def standing(machines: Iterable[Machine], present: Present, wanted: Wanted) -> Standing:
    """All machines, how they stand, and how many of each kind there are."""
    found = rows(machines, present)
    return Standing(present, found, counts(found, wanted))


def within(standing: Standing, communes: Communes, wanted: Wanted) -> Standing:
    """The machines of these communes, as they stand, and how many of them there are of each kind."""
    if communes.everywhere:
        return standing
    found = [row for row in standing.rows if row.machine.commune in communes.codes]
    return Standing(standing.present, found, counts(found, wanted))


def _liveness(machine: Machine, present: Present) -> Liveness:
    return state_of(
        Known(
            machine.commune,
            machine.role,
            machine.retired_at,
            machine.contact,
            bool(machine.known_silent),
            machine.goodbye,
            machine.back,
            machine.quarantined_at,
            machine.revoked_at,
            machine.revoked_why,
        ),
        present,
    )


def still_reports(row: Row, present: Present) -> bool:
    """Whether a retired machine goes on sending: its reports are kept, and somebody should know."""
    retired, contact = row.machine.retired_at, row.machine.contact
    return retired is not None and contact is not None and contact > max(retired, present.contact_since)


def config_of(machine: Machine, wanted: Wanted) -> Config:
    """Whether it follows what the centre has for it."""
    hash_ = wanted(machine.id)
    if hash_ is None:
        return Config.OWN if not machine.assigned else Config.LAGGING
    return Config.CURRENT if machine.assigned == hash_ else Config.LAGGING


def chosen(found: Sequence[Row], asked: Filter, places: Gazetteer, wanted: Wanted) -> list[Row]:
    """The rows asked for, in their order. Retired machines only where they are asked for by state."""
    if asked.state:
        kept = [row for row in found if row.liveness.state == asked.state]
    else:
        kept = [row for row in found if row.machine.retired_at is None]
    if asked.role:
        kept = [row for row in kept if row.machine.role == asked.role]
    if asked.version:
        kept = [row for row in kept if row.machine.version == asked.version]
    if asked.place:
        codes = places.in_district(asked.place) | {asked.place}
        kept = [row for row in kept if row.machine.commune in codes]
    if asked.config:
        kept = [row for row in kept if config_of(row.machine, wanted) == asked.config]
    words = findable(asked.text).split()
    return _named(kept, words, places) if words else kept


def _named(found: Sequence[Row], words: Sequence[str], places: Gazetteer) -> list[Row]:
    """Those whose commune or own name has every word; a commune is asked once for all its machines."""
    missing: dict[str, list[str]] = {}
    kept = []
    for row in found:
        commune = row.machine.commune
        if commune not in missing:
            place = places.get(commune)
            missing[commune] = [word for word in words if not place.has(word)]
        left = missing[commune]
        if not left or all(word in findable(row.machine.name) for word in left):
            kept.append(row)
    return kept


def ordered(found: Sequence[Row], order: Order, descending: bool, places: Gazetteer, wanted: Wanted) -> list[Row]:
    """Sorted; what is equal stays in the order of communes and names, and what is not known comes last."""
    if order is Order.STATE:
        return _by_state(found, descending)
    key = _key(order, places, wanted)
    keys = [key(row) for row in found]
    known = [n for n, each in enumerate(keys) if each is not None]
    missing = [row for row, each in zip(found, keys, strict=True) if each is None]
    return [found[n] for n in sorted(known, key=keys.__getitem__, reverse=descending)] + missing


def _by_state(found: Sequence[Row], descending: bool) -> list[Row]:
    """The usual order, for which nothing needs to be compared."""
    by_state: dict[State, list[Row]] = {state: [] for state in _WORST_FIRST}
    for row in found:
        by_state[row.liveness.state].append(row)
    states = reversed(by_state) if descending else iter(by_state)
    return [row for state in states for row in by_state[state]]


def _key(order: Order, places: Gazetteer, wanted: Wanted) -> Callable[[Row], Any]:
    keys: dict[Order, Callable[[Row], Any]] = {
        Order.COMMUNE: lambda row: places.get(row.machine.commune).plain,
        Order.NAME: lambda row: row.machine.name.casefold(),
        Order.ROLE: lambda row: row.machine.role,
        Order.CONTACT: lambda row: row.machine.contact,
        Order.VERSION: lambda row: _version_key(row.machine.version),
        Order.SKEW: lambda row: None if row.machine.skew is None else abs(row.machine.skew),
        Order.SPOOL: lambda row: row.machine.spool_rows,
        Order.CONFIG: lambda row: config_of(row.machine, wanted),
        Order.DROPPED: lambda row: row.machine.dropped or 0,
    }
    return keys[order]


@lru_cache(maxsize=1024)
def _version_key(version: str | None) -> tuple[tuple[int, int | str], ...] | None:
    """``0.10.0`` after ``0.9.1``; what is no number comes behind numbers."""
    if not version:
        return None
    return tuple((0, int(part)) if part.isdigit() and part.isascii() else (1, part) for part in version.split("."))


def counts(found: Sequence[Row], wanted: Wanted) -> Counts:
    """Over all machines, whatever is asked for."""
    states = Counter([row.liveness.state for row in found])
    in_use = [row.machine for row in found if row.machine.retired_at is None]
    versions = Counter(machine.version or "" for machine in in_use)
    lagging = sum(config_of(machine, wanted) is Config.LAGGING for machine in in_use)
    return Counts(
        {state: states[state] for state in _WORST_FIRST if states[state]}, dict(versions.most_common()), lagging
    )
