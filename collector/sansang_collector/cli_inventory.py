"""``sansang-collector inventory init|check|import|apply|show``: files people keep, and their versions in the ledger."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from sansang_agent.contract.codec import encode
from sansang_agent.contract.words import catalogue

from . import audit, cli_topology
from .inventory import policies, starting, taking_in, units, versions
from .inventory.differences import SHOWN, Difference, differences
from .inventory.folder import FILES, Read, read_folder
from .inventory.headings import TABLES
from .inventory.model import Inventory
from .inventory.versions import Applied, Version
from .settings import CollectorSettings
from .store import Store

Gettext = Callable[[str], str]


def inventory(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Do one of them; the exit status."""
    _ = catalogue("sansang_collector", options.lang).gettext
    action: Callable[[argparse.Namespace, CollectorSettings, Gettext], int] = {
        "init": _init,
        "check": _check,
        "import": _import,
        "apply": _apply,
        "show": _show,
        "path": cli_topology.path,
        "doubts": _doubts,
    }[options.action]
    return action(options, settings, _)


def _init(options: argparse.Namespace, _settings: CollectorSettings, _: Gettext) -> int:
    there = [name for name in FILES if (options.folder / name).exists()]
    if there:
        said = _("{folder} already holds {file}; nothing was written.")
        print(said.format(folder=options.folder, file=there[0]), file=sys.stderr)
        return 1
    try:
        found = units.units_of(options.province)
    except units.MissingPackageError:
        hint = _("Communes of other provinces come from a package. Install it with: {command}")
        print(hint.format(command="pip install 'sansang[units]'"), file=sys.stderr)
        return 2
    except units.NoProvinceError as error:
        said = _("There is no province '{name}'.").format(name=options.province)
        print(f"{said} {cli_topology.meant(error.close, _)}".strip(), file=sys.stderr)
        return 1
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, contents in starting.first_files(found).items():
        (options.folder / name).write_bytes(contents)
    print(_("{folder}: {count} communes of {province}.").format(
        folder=options.folder, count=len(found.communes), province=found.province.name
    ))  # fmt: skip
    print(_("The services are to be checked on site; the topology is an example without any address."))
    _notes(found.notes)
    return 0


def _check(options: argparse.Namespace, _settings: CollectorSettings, _: Gettext) -> int:
    found = _good(options, _)
    print(_("{file} is good.").format(file=options.folder))
    print(_holds(found.inventory, _))
    _warn(found.inventory, _)
    return 0


def _warn(inventory: Inventory, _: Gettext) -> None:
    """Say what machines will refuse: no mistake, for their own files may name it."""
    said = _(
        "{what}: machines will refuse to ask {host}, unless their own files name it or a policy they trust does "
        "(policies/*.policy; see docs/policy.md)."
    )
    for one in policies.refused(inventory):
        print(
            said.format(what=one.what, host=one.host if one.port is None else f"{one.host}:{one.port}"), file=sys.stderr
        )


def _import(options: argparse.Namespace, _settings: CollectorSettings, _: Gettext) -> int:
    table = next((one for one in TABLES if one.name == options.table), None)
    found = taking_in.take_in(options.file, options.folder, units.official_names, table)
    _notes([f"{options.file}: {note}" for note in found.notes])
    _print_differences(found.differences, _)
    if not found.differences:
        print(_("Nothing in it is new."))
    elif options.yes:
        print(_("{file} is written.").format(file=taking_in.write(found, options.folder)))
    else:
        print(_("Nothing is written yet; the same with --yes writes it."))
    return 0


def _apply(options: argparse.Namespace, settings: CollectorSettings, _: Gettext) -> int:
    found = _good(options, _)
    store = Store(settings.folder)
    try:
        with store.read() as connection:
            before = versions.current(connection)
        _print_differences(differences(before.inventory if before else None, found.inventory), _)
        _warn(found.inventory, _)
        if options.dry_run:
            print(_("Nothing is applied: this was a dry run."))
            return 0
        applied = store.write_sync(lambda connection: _put(connection, found.inventory, options.note))
    finally:
        store.close()
    if applied is None:
        print(_("Nothing differs from what is in force."))
        return 0
    print(_("Version {number} ({hash}) is in force.").format(number=applied.number, hash=applied.hash[:12]))
    print(_("A running collector takes it over when it is reloaded."))
    return 0


def _put(connection: Connection, found: Inventory, note: str) -> Applied | None:
    return versions.put(connection, found, (audit.operator(), time.time()), note)


def _show(options: argparse.Namespace, settings: CollectorSettings, _: Gettext) -> int:
    store = Store(settings.folder)
    try:
        with store.read() as connection:
            number = options.version
            found = versions.current(connection) if number is None else versions.numbered(connection, number)
            past = versions.history(connection)
    finally:
        store.close()
    if found is None:
        said = _("No inventory is in force.") if not past else _("There is no version {number}.")
        print(said.format(number=options.version), file=sys.stderr)
        return 1
    if options.json:
        print(encode(found.inventory).decode())
        return 0
    _print_version(found, past if options.version is None else [], _)
    return 0


def _print_version(found: Version, past: Sequence[Applied], _: Gettext) -> None:
    print(_line(found.applied, _))
    print(_holds(found.inventory, _))
    for one in past[1:]:
        print(_line(one, _))


def _line(applied: Applied, _: Gettext) -> str:
    at = datetime.fromtimestamp(applied.at).astimezone().isoformat(timespec="seconds")
    said = _("Version {number} ({hash}), applied {at}").format(number=applied.number, hash=applied.hash[:12], at=at)
    return f"{said}: {applied.note}" if applied.note else said


def _holds(found: Inventory, _: Gettext) -> str:
    asked = sum(service.asked for service in found.services)
    said = _(
        "{province}: {communes} communes, {lines} lines, {nodes} access nodes, {rings} rings, "
        "{services} services ({asked} asked), {contacts} contacts."
    ).format(
        province=found.province.name,
        communes=len(found.communes),
        lines=len(found.lines),
        nodes=len(found.access_nodes),
        rings=len(found.topology.rings),
        services=len(found.services),
        asked=asked,
        contacts=len(found.contacts),
    )
    example = _("Its topology is an example, not the real one (example: true in topology.yml).")
    return f"{said}\n{example}" if found.topology.example else said


def _good(options: argparse.Namespace, _: Gettext) -> Read:
    found = read_folder(options.folder, units.official_names)
    _notes(found.notes)
    return found


def _notes(notes: Sequence[str]) -> None:
    for note in notes:
        print(note, file=sys.stderr)


def _print_differences(found: Sequence[Difference], _: Gettext) -> None:
    for one in found[:SHOWN]:
        print(one)
    if len(found) > SHOWN:
        print(_("… and {count} more.").format(count=len(found) - SHOWN))


def _doubts(options: argparse.Namespace, settings: CollectorSettings, _: Gettext) -> int:
    from . import cli_doubts  # noqa: PLC0415  # it brings numpy, which no other action needs

    return cli_doubts.show(options, settings, _)
