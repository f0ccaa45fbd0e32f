"""``sansang-collector join-code`` and ``waiting``: lets machines in from the command line.

A join code is the one secret printed on a screen, because people read it out; only a key of it is stored.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from sansang_agent.contract import whole_file
from sansang_agent.contract.assignment import Role
from sansang_agent.contract.joining import JoinCode
from sansang_agent.contract.words import catalogue

from . import agents, audit, join_codes, join_places, qr, waiting
from .commune import NOWHERE
from .fleet_changes import MisplacedVantageError, RefusedError
from .inventory import versions
from .inventory.model import Inventory
from .join_codes import Live, NoSuchCodeError, NoSuchMachineError, Wanted
from .join_places import NoSuchCommuneError
from .letting_in import NameTakenError
from .rights import ALL
from .settings import CollectorSettings
from .store import Store
from .waiting import Guest, NotWaitingError

Translate = Callable[[str], str]


def join_code(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Make, list or withdraw join codes."""
    _ = catalogue("sansang_collector", options.lang).gettext
    if mistake := _misused(options, _):
        print(mistake, file=sys.stderr)
        return 2
    store = Store(settings.folder)
    try:
        if options.list:
            return _list_codes(store, _)
        if options.revoke:
            return _revoke(store, options.revoke.strip().upper(), _)
        return _make(store, options, settings, _)
    except RefusedError as error:
        print(_said(error, options, _), file=sys.stderr)
        return 1
    finally:
        store.close()


def waiting_(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """List, let in or refuse machines that wait."""
    _ = catalogue("sansang_collector", options.lang).gettext
    if options.action == "approve" and options.name and not agents.NAME.fullmatch(options.name):
        print(_("NAME is made of letters, digits, _ . -"), file=sys.stderr)
        return 2
    store = Store(settings.folder)
    try:
        if options.action == "approve":
            print(_approve(store, options, _))
        elif options.action == "refuse":
            store.write_sync(lambda it: waiting.refuse(it, (options.id,), audit.operator(), time.time()))
            print(_("Machine {id} is refused.").format(id=options.id))
        else:
            _list_guests(store, _)
    except RefusedError as error:
        print(_said(error, options, _), file=sys.stderr)
        return 1
    finally:
        store.close()
    return 0


def _misused(options: argparse.Namespace, _: Translate) -> str:
    asked = [bool(options.commune), options.list, bool(options.revoke)]
    if sum(asked) != 1:
        return _("Say one of: COMMUNE, --list, --revoke ID.")
    if options.machine and (options.uses != 1 or options.role):
        return _(
            "--machine enrols one known machine again, in the role it has: it goes with neither --uses nor --role."
        )
    return ""


def _make(store: Store, options: argparse.Namespace, settings: CollectorSettings, _: Translate) -> int:
    if not (options.url or settings.public_url) and settings.listens_everywhere:
        said = _("No machine reaches {address}: set public_url in the settings, or say --url URL.")
        print(said.format(address=settings.address), file=sys.stderr)
        return 2
    role = Role(options.role) if options.role else Role.COUNTER
    wanted = Wanted(options.commune, role, options.uses, options.expires, options.machine)
    with store.read() as connection:
        join_places.check(wanted.commune, role, _inventory(connection), ALL)
        code = join_codes.draft(connection)
    key, now = code.key(), time.time()
    url = (options.url or settings.address).rstrip("/")
    # Written before it holds: a code whose picture could not be written is none.
    _draw(options, qr.content(code.written(), url))
    store.write_sync(lambda it: join_codes.keep(it, (code.id, key), wanted, audit.operator(), now))
    _show(code, wanted, url, _)
    if options.qr:
        print(qr.terminal(qr.content(code.written(), url)))
    return 0


def _draw(options: argparse.Namespace, text: str) -> None:
    pictures: tuple[Literal["png", "svg"], ...] = ("png", "svg")
    for kind in pictures:
        path = getattr(options, kind)
        if path:
            whole_file.write_placed(path, qr.drawn(text, kind))


def _show(code: JoinCode, wanted: Wanted, url: str, _: Translate) -> None:
    print(code.written())
    until = _moment(time.time() + wanted.life_s)
    if wanted.machine:
        said = _("Enrols {machine} in {commune} again; holds until {until}.")
    else:
        said = _("For {uses} machines in {commune}; holds until {until}.")
    print(said.format(uses=wanted.uses, commune=wanted.commune, machine=wanted.machine, until=until), file=sys.stderr)
    typed = f"sansang enrol {code.written()} --collector {url}"
    print(_("On the machine: {command}").format(command=typed), file=sys.stderr)


def _list_codes(store: Store, _: Translate) -> int:
    with store.read() as connection:
        found = join_codes.live(connection, time.time())
    for one in found:
        print(_line_of(one, _))
    return 0


def _line_of(one: Live, _: Translate) -> str:
    left = _("{left} of {all} uses left").format(left=one.uses - one.used, all=one.uses)
    whose = one.machine or one.role
    return f"{one.id}  {one.commune}  {whose:<12} {left}  {_moment(one.expires_at)}  {one.made_by}"


def _revoke(store: Store, number: str, _: Translate) -> int:
    store.write_sync(lambda it: join_codes.revoke(it, number, audit.operator(), time.time()))
    print(_("Join code {id} holds no longer.").format(id=number))
    return 0


def _list_guests(store: Store, _: Translate) -> None:
    with store.read() as connection:
        found = waiting.standing(connection)
    for guest in found:
        print(_line_about(guest))
    if not found:
        print(_("No machine waits to be let in."), file=sys.stderr)


def _line_about(guest: Guest) -> str:
    said = f"{guest.host or '-'} ({guest.system or '-'})"
    return f"{guest.id:>4}  {guest.word}  {_moment(guest.asked_at)}  {guest.address:<15}  {said}"


def _approve(store: Store, options: argparse.Namespace, _: Translate) -> str:
    with store.read() as connection:
        join_places.check(options.commune, Role.COUNTER, _inventory(connection), ALL)
    place = (options.commune, options.name)
    (agent,) = store.write_sync(lambda it: waiting.approve(it, (options.id,), place, audit.operator(), time.time()))
    return _("Machine {id} is let into {commune} as agent {agent}; it hears of it when it asks next.").format(
        id=options.id, commune=options.commune, agent=agent
    )


def _said(error: RefusedError, options: argparse.Namespace, _: Translate) -> str:
    """Why nothing was done, in the words of the language asked for."""
    texts = {
        NoSuchCommuneError: _("No commune has the code {commune}."),
        MisplacedVantageError: _("The vantage stands in no commune: its COMMUNE is {code}."),
        NoSuchMachineError: _("There is no machine {machine} in {commune}."),
        NoSuchCodeError: _("No join code {revoke} holds."),
        NotWaitingError: _("No machine {id} waits (any more)."),
        NameTakenError: _("{commune} has a machine {name} already."),
    }
    text = texts.get(type(error))
    return text.format(**vars(options), code=NOWHERE) if text else str(error)


def _inventory(connection: Connection) -> Inventory | None:
    found = versions.current(connection)
    return found.inventory if found else None


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="minutes")
