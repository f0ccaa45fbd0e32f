"""``sansang-collector token revoke`` and ``token rotate``: ends tokens and has them renewed, of one machine or of all.

A running collector notices at the next request that a token has ended, and within moments that one is to be renewed.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, select

from . import agents, audit, fleet_changes, shut_out, tokens
from .agents import AGENT
from .audit import Deed
from .fleet_changes import Change
from .store import Store
from .tokens import TOKEN

_Words = Callable[[str], str]


def revoke(store: Store, which: Sequence[str], _: _Words) -> int:
    """End one token by its number, or all of a machine by its place; the exit status."""
    if len(which) == 1 and which[0].isdecimal():
        return _revoke_one(store, int(which[0]), _)
    if len(which) != 2:
        print(_("Name one token by its number, or one machine by COMMUNE and NAME."), file=sys.stderr)
        return 2
    changed = _change(store, which, Change(revoked=True))
    said = {
        None: _("There is no machine {name} in {commune}."),
        False: _("{name} in {commune} has no valid token."),
        True: _("All tokens of {name} in {commune} are revoked."),
    }[changed]
    print(said.format(name=which[1], commune=which[0]), file=sys.stdout if changed else sys.stderr)
    return 0 if changed else 1


def rotate(store: Store, options: argparse.Namespace, _: _Words) -> int:
    """Have the tokens of one machine, or of all, renewed; the exit status."""
    which: Sequence[str] = options.which
    if len(which) != (0 if options.all else 2):
        print(_("Name one machine by COMMUNE and NAME, or say --all."), file=sys.stderr)
        return 2
    if options.all:
        count = store.write_sync(_renew_all)
        print(_("{count} tokens are renewed as their machines report, a few at a time.").format(count=count))
        return 0
    changed = _change(store, which, Change(renewed=True))
    said = {
        None: _("There is no machine {name} in {commune}."),
        False: _("{name} in {commune} has no token that is renewed by itself: enrol it, or hand it another file."),
        True: _("{name} in {commune} gets a new token with the answer to one of its next reports."),
    }[changed]
    print(said.format(name=which[1], commune=which[0]), file=sys.stdout if changed else sys.stderr)
    return 0 if changed else 1


def _revoke_one(store: Store, number: int, _: _Words) -> int:
    def end(connection: Connection) -> bool:
        now = time.time()
        if not 0 < number <= fleet_changes.LAST_ID or not shut_out.end_token(connection, number, now):
            return False
        whose = select(AGENT.c.id, AGENT.c.commune).join(TOKEN, TOKEN.c.agent == AGENT.c.id)
        agent, commune = connection.execute(whose.where(TOKEN.c.id == number)).one_or_none() or (None, "")
        detail = tokens.label_of(connection, number)
        audit.note(connection, Deed(now, audit.operator(), "revoke", commune, agent, detail))
        return True

    if store.write_sync(end):
        print(_("Token {id} is revoked.").format(id=number))
        return 0
    print(_("There is no valid token {id}.").format(id=number), file=sys.stderr)
    return 1


def _change(store: Store, which: Sequence[str], change: Change) -> bool | None:
    """Whether the machine was changed; None if there is none."""

    def apply(connection: Connection) -> bool | None:
        agent = agents.find(connection, which[0], which[1])
        if agent is None:
            return None
        return bool(fleet_changes.apply(connection, [agent], change, audit.operator(), time.time()))

    return store.write_sync(apply)


def _renew_all(connection: Connection) -> int:
    now = time.time()
    count = tokens.ask_to_renew(connection, None, now)
    if count:
        audit.note(connection, Deed(now, audit.operator(), "renew", "", None, f"all {count} tokens"))
    return count
