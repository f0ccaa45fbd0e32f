"""``sansang-collector inventory path`` and ``coverage``: what a check crosses, and what cannot be told apart."""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable

from sansang_agent.contract.rung import Component
from sansang_agent.contract.scalars import closest
from sansang_agent.contract.words import catalogue

from .expansion import expand
from .inventory import units, versions
from .inventory.contacts import Directory
from .inventory.coverage import Blind, BlindSpot, blind_spots
from .inventory.coverage_words import CoverageWords
from .inventory.crossing import crossing_lines
from .inventory.folder import read_folder
from .inventory.headings import plain
from .inventory.machines import known_machines
from .inventory.model import Commune, Inventory
from .settings import CollectorSettings
from .store import Store
from .topology import Topology, build

Gettext = Callable[[str], str]


class UnknownNameError(Exception):
    """Somebody named a commune, a check or a machine that is not there; ``str()`` says so to them."""


def path(options: argparse.Namespace, settings: CollectorSettings, _: Gettext) -> int:
    """Say what a check crosses, or which checks there are."""
    found, machines = _loaded(options, settings)
    if found is None:
        return _none(_)
    topology = build(found)
    try:
        commune = _commune(found, options.commune, _)
        inward = _inward(topology, found, commune)
        checks = [*topology.templates[commune.code], *inward]
        if options.check is None:
            print("\n".join(checks))
            return 0
        _known(options, commune, checks, machines.get(commune.code, []), _)
    except UnknownNameError as error:
        print(error, file=sys.stderr)
        return 1
    asker = None if options.check in inward else options.machine
    _print_path(options, topology, found, commune, asker, _)
    return 0


def _known(
    options: argparse.Namespace, commune: Commune, checks: Iterable[str], machines: Iterable[str], _: Gettext
) -> None:
    """Raise :class:`UnknownNameError` unless the check and the machine asked for are there."""
    no_check = _("There is no check '{name}' in {commune}.").format(name=options.check, commune=commune.name)
    _named(options.check, checks, no_check, _)
    if options.machine:
        none = _("There is no machine '{name}' in {commune}.").format(name=options.machine, commune=commune.name)
        _named(options.machine, machines, none, _)


def _print_path(
    options: argparse.Namespace, topology: Topology, found: Inventory, commune: Commune, asker: str | None, _: Gettext
) -> None:
    made = expand(topology, {commune.code: [options.machine]})
    parts = made.path("" if asker is None else f"{commune.code}/{asker}", options.check)
    lines = crossing_lines(commune, options.check, asker, parts, Directory(found.contacts), options.lang)
    print("\n".join(lines))
    if found.topology.example and any(part.kind is Component.ACCESS_NODE for part in parts):
        print(_("Its topology is an example, not the real one (example: true in topology.yml)."))


def _inward(topology: Topology, found: Inventory, commune: Commune) -> list[str]:
    """What the centre asks of a commune: its terminals, as far as somebody entered their addresses."""
    names = [f"{Component.TERMINAL}:{line.id}" for line in found.lines if line.commune == commune.code]
    return [name for name in names if name in topology.inward]


def coverage(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Say every blind spot, what it hides and what would mend it."""
    _ = catalogue("sansang_collector", options.lang).gettext
    found, machines = _loaded(options, settings)
    if found is None:
        return _none(_)
    spots = blind_spots(found, machines, silent_gateways={})
    if options.commune:
        try:
            code = _commune(found, options.commune, _).code
        except UnknownNameError as error:
            print(error, file=sys.stderr)
            return 1
        spots = [spot for spot in spots if spot.commune == code]
    words = CoverageWords(options.lang)
    if options.json:
        print(json.dumps([_as_json(spot, words) for spot in spots], ensure_ascii=False))
    else:
        _print_spots(spots, found, words, _)
    return 0


def _print_spots(spots: list[BlindSpot], found: Inventory, words: CoverageWords, _: Gettext) -> None:
    names = {commune.code: commune.name for commune in found.communes}
    groups: dict[tuple[Blind, str], list[str]] = defaultdict(list)
    for spot in spots:
        owner = words.detail(spot.kind, spot.detail) if spot.kind is Blind.NO_CONTACT else ""
        groups[spot.kind, owner].append(f"{spot.commune} {names[spot.commune]}")
    for (kind, owner), communes in sorted(groups.items(), key=lambda item: list(Blind).index(item[0][0])):
        count = _("{count} of {all} communes").format(count=len(set(communes)), all=len(names))
        print(f"{words.title(kind)}{f' ({owner})' if owner else ''} – {count}")
        print(f"    {words.cannot_tell(kind)}\n    {words.mend(kind)}")
        print(f"    {_all_of(communes, len(names), _)}\n")
    if not spots:
        print(_("No blind spots."))


def _all_of(communes: list[str], count: int, _: Gettext) -> str:
    each = list(dict.fromkeys(communes))
    return _("All communes.") if len(each) == count and count > 1 else ", ".join(each)


def _as_json(spot: BlindSpot, words: CoverageWords) -> dict[str, str]:
    said = {"commune": spot.commune, "kind": str(spot.kind), "detail": spot.detail, "title": words.title(spot.kind)}
    return {**said, "cannot_tell": words.cannot_tell(spot.kind), "mend": words.mend(spot.kind)}


def _loaded(options: argparse.Namespace, settings: CollectorSettings) -> tuple[Inventory | None, dict[str, list[str]]]:
    """The inventory asked for, and the machines known; a folder alone needs no ledger."""
    given = read_folder(options.folder, units.official_names).inventory if options.folder else None
    if given is not None and not (settings.folder / "ledger.db").exists():
        return given, {one.code: list(one.counter_agents) for one in given.communes}
    store = Store(settings.folder)
    try:
        with store.read() as connection:
            version = None if given else versions.current(connection)
            found = given or (version.inventory if version else None)
            return found, known_machines(connection, found) if found else {}
    finally:
        store.close()


def _none(_: Gettext) -> int:
    print(_("No inventory is in force; apply one, or name a folder with --folder."), file=sys.stderr)
    return 1


def _commune(found: Inventory, said: str, _: Gettext) -> Commune:
    """The commune called ``said``, by its code or by its name with or without kind and marks."""
    wanted = plain(said)
    names = {one.code: {one.code, plain(one.name), plain(one.name.removeprefix(one.name.split()[0]))} for one in
             found.communes}  # fmt: skip
    same = [one for one in found.communes if wanted in names[one.code]]
    if len(same) == 1:
        return same[0]
    if same:
        codes = ", ".join(f"{one.code} {one.name}" for one in same)
        raise UnknownNameError(_("'{name}' may be {communes}").format(name=said, communes=codes))
    none = _("There is no commune '{name}'.").format(name=said)
    close = closest(said, [known for one in found.communes for known in (one.code, one.name)])
    raise UnknownNameError(f"{none} {meant(close, _)}".strip())


def _named(said: str, known: Iterable[str], none: str, _: Gettext) -> None:
    names = list(known)
    if said not in names:
        raise UnknownNameError(f"{none} {meant(closest(said, names), _)}".strip())


def meant(close: str | None, _: Gettext) -> str:
    """The question whether ``close`` is meant; nothing where nothing is close."""
    return _("Did you mean '{name}'?").format(name=close) if close else ""
