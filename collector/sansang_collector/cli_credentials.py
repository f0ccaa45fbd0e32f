"""``sansang-collector token`` and ``link``: secrets go into files of mode 0600 or into one link, never on the screen.

They write to the ledger beside a running collector, which notices at the next request.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.words import catalogue

from . import agents, audit, fleet_changes, links, tokens
from .audit import Deed
from .commune import CODE, NOWHERE
from .settings import CollectorSettings
from .store import Store


def token(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Make, list or revoke."""
    _ = catalogue("sansang_collector", options.lang).gettext
    if options.action == "agent" and not (CODE.fullmatch(options.commune) and agents.NAME.fullmatch(options.name)):
        print(_("COMMUNE is five digits; NAME is made of letters, digits, _ . -"), file=sys.stderr)
        return 2
    if options.action == "agent" and (options.role == Role.VANTAGE) and options.commune != NOWHERE:
        print(_("The vantage stands in no commune: its COMMUNE is {code}.").format(code=NOWHERE), file=sys.stderr)
        return 2
    store = Store(settings.folder)
    try:
        if options.action == "list":
            return _list(store, _)
        if options.action == "revoke":
            return _revoke(store, options.id, _)
        print(_make(store, options, settings.folder / "tokens"))
    finally:
        store.close()
    return 0


def link(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Print a link that opens one browser session within ten minutes."""
    store = Store(settings.folder)
    try:
        scope = "admin" if options.admin else "read"
        secret = store.write_sync(lambda connection: _issue_link(connection, scope))
    finally:
        store.close()
    base = options.url or settings.public_url or f"http://{settings.listen}"
    print(f"{base.rstrip('/')}/login/{secret}")
    return 0


def _issue_link(connection: Connection, scope: str) -> str:
    now = time.time()
    audit.note(connection, Deed(now, audit.operator(), "link", "", None, scope))
    return links.issue_link(connection, now, scope)


def _make(store: Store, options: argparse.Namespace, folder: Path) -> Path:
    """Issue a token, write its secret to the file, and only then commit; the file's path."""
    scope = options.action
    label = f"{options.commune}/{options.name}" if scope == "agent" else scope

    def make(connection: Connection) -> Path:
        now = time.time()
        number, secret = _enrol(connection, options, now) if scope == "agent" else _issue(connection, scope, now)
        path = options.out or folder / f"{label.replace('/', '-')}-{number}.token"
        _write_secret(path, secret)
        return Path(path)

    return store.write_sync(make)


def _enrol(connection: Connection, options: argparse.Namespace, now: float) -> tuple[int, str]:
    role = Role(options.role) if options.role else None
    made = fleet_changes.enrol(connection, (options.commune, options.name), role, audit.operator(), now)
    return made.token, made.secret


def _issue(connection: Connection, scope: str, now: float) -> tuple[int, str]:
    number, secret = tokens.issue(connection, scope, scope, now)
    audit.note(connection, Deed(now, audit.operator(), "token", "", None, f"{scope}, token {number}"))
    return number, secret


def _write_secret(path: Path, secret: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(path.name + ".part")
    half.unlink(missing_ok=True)
    # Never, not even for a moment, readable by others: the mode is part of making the file.
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(secret + "\n")
    half.replace(path)


def _list(store: Store, _: Callable[[str], str]) -> int:
    with store.read() as connection:
        rows = tokens.all_tokens(connection)
    for row in rows:
        state = _("revoked") if row.revoked_at else _("valid")
        made = datetime.fromtimestamp(row.created_at).astimezone().isoformat(timespec="seconds")
        print(f"{row.id:>4}  {row.scope:<8} {state:<12} {made}  {row.label}")
    return 0


def _revoke(store: Store, number: int, _: Callable[[str], str]) -> int:
    if store.write_sync(lambda connection: _end(connection, number)):
        print(_("Token {id} is revoked.").format(id=number))
        return 0
    print(_("There is no valid token {id}.").format(id=number), file=sys.stderr)
    return 1


def _end(connection: Connection, number: int) -> bool:
    now = time.time()
    if not tokens.revoke(connection, number, now):
        return False
    agent = tokens.agent_of(connection, number)
    commune = agents.communes_of(connection, [agent])[agent] if agent else ""
    label = tokens.label_of(connection, number)
    audit.note(connection, Deed(now, audit.operator(), "revoke", commune, agent, label))
    return True
