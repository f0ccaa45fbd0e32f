"""``sansang-collector person``: accounts of people, beside a running collector that notices at the next request.

Passwords come from a prompt or from a file of the owner's alone.
"""

import argparse
import getpass
import os
import stat
import sys
import time
from collections.abc import Collection
from pathlib import Path

from sqlalchemy import Connection

from sansang_agent.contract.words import catalogue

from . import audit, passwords, people, person_changes, person_words
from .inventory import versions
from .passwords import Passwords
from .person_words import PersonError, Refused
from .refusal import Gettext
from .rights import EVERYWHERE, Held
from .settings import CollectorSettings
from .store import Store

_MOST_BYTES = 8 * passwords.LONGEST


class _MisusedError(Exception):
    """The command cannot be done so; its text says why."""


def person(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Make, list or change accounts."""
    _ = catalogue("sansang_collector", options.lang).gettext
    store = Store(settings.folder)
    try:
        if options.action == "list":
            _list(store, _)
        else:
            _change(store, options, _)
    except PersonError as error:
        print(error.said(_), file=sys.stderr)
        return 1
    except _MisusedError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        store.close()
    return 0


def _list(store: Store, _: Gettext) -> None:
    with store.read() as connection:
        found = people.everybody(connection)
    for one in found:
        state = _("enabled") if one.account.disabled_at is None else _("disabled")
        print(f"{one.account.name:<24} {state:<10} {_roles(one.held, _)}")


def _roles(held: Collection[Held], _: Gettext) -> str:
    said = []
    for role, places in person_words.places_by_role(held).items():
        where = _("everywhere") if places == [EVERYWHERE] else ", ".join(places)
        said.append(f"{role} ({where})")
    return "; ".join(said) or _("no role")


def _change(store: Store, options: argparse.Namespace, _: Gettext) -> None:
    if options.action == "add":
        _add(store, options, _)
        return
    with store.read() as connection:
        account = person_changes.account_named(connection, options.name)
    kept = _new_password(options, account.name, _) if options.action == "password" else ""
    store.write_sync(lambda connection: _do(connection, options, account.id, kept))
    print(_("Done: {name}.").format(name=account.name))


def _add(store: Store, options: argparse.Namespace, _: Gettext) -> None:
    name = person_changes.named(options.name)
    with store.read() as connection:
        held = _held(connection, options)
        if people.find(connection, name) is not None:
            raise PersonError(Refused.TAKEN, name=name)
    kept = _new_password(options, name, _)
    who, now = audit.operator(), time.time()
    store.write_sync(lambda connection: person_changes.add(connection, name, kept, held, who, now))
    print(_("{name} can log in now.").format(name=name))


def _do(connection: Connection, options: argparse.Namespace, number: int, kept: str) -> None:
    account, who, now = person_changes.account_of(connection, number), audit.operator(), time.time()
    match options.action:
        case "grant":
            person_changes.grant(connection, account, _held(connection, options), who, now)
        case "withdraw":
            person_changes.withdraw(connection, account, _places(options), who, now)
        case "password":
            person_changes.set_password(connection, account, kept, who, now)
        case "disable":
            person_changes.disable(connection, account, who, now)
        case "enable":
            person_changes.enable(connection, account, who, now)


def _places(options: argparse.Namespace) -> list[Held]:
    return [Held(options.role, commune) for commune in options.communes]


def _held(connection: Connection, options: argparse.Namespace) -> tuple[Held, ...]:
    version = versions.current(connection)
    known = frozenset(one.code for one in version.inventory.communes) if version else None
    return person_changes.checked(_places(options), known)


def _new_password(options: argparse.Namespace, name: str, _: Gettext) -> str:
    """What is kept of the password from the file or from the prompt; raises PersonError, _MisusedError, OSError."""
    password = _of_file(options.password_file, _) if options.password_file else _asked_for(_)
    weak = passwords.weakness(password, name)
    if weak:
        raise PersonError(weak)
    return Passwords().make_sync(password)


def _asked_for(_: Gettext) -> str:
    if not sys.stdin.isatty():
        raise _MisusedError(_("There is nobody to ask for a password: name a file of mode 0600 with --password-file."))
    password = getpass.getpass(_("New password: "))
    if getpass.getpass(_("The same again: ")) != password:
        raise PersonError(Refused.DIFFER)
    return password


def _of_file(path: Path, _: Gettext) -> str:
    with path.open("rb") as file:
        if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise _MisusedError(_("{file} can be read by others; do: chmod 600 {file}").format(file=path))
        line = file.read(_MOST_BYTES).split(b"\n", 1)[0].rstrip(b"\r")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise _MisusedError(_("{file} is not UTF-8 text.").format(file=path)) from None
