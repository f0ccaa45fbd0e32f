"""``sansang-collector token`` and ``link``: secrets go into files of mode 0600 or into one link, never on the screen.

They write to the ledger beside a running collector, which notices at the next request.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from sansang_agent.contract import whole_file
from sansang_agent.contract.assignment import Role
from sansang_agent.contract.words import catalogue

from . import agents, audit, cli_tokens, fleet_changes, links, tokens
from .audit import Deed
from .commune import CODE, NOWHERE
from .settings import CollectorSettings
from .store import Store


def token(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Make, list, revoke or renew."""
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
            return cli_tokens.revoke(store, options.which, _)
        if options.action == "rotate":
            return cli_tokens.rotate(store, options, _)
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
    base = options.url or settings.address
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
        path: Path = options.out or folder / f"{label.replace('/', '-')}-{number}.token"
        whole_file.write_placed(path, f"{secret}\n".encode())
        return path

    return store.write_sync(make)


def _enrol(connection: Connection, options: argparse.Namespace, now: float) -> tuple[int, str]:
    role = Role(options.role) if options.role else None
    made = fleet_changes.enrol(connection, (options.commune, options.name), role, audit.operator(), now)
    return made.token, made.secret


def _issue(connection: Connection, scope: str, now: float) -> tuple[int, str]:
    number, secret = tokens.issue(connection, scope, scope, now)
    audit.note(connection, Deed(now, audit.operator(), "token", "", None, f"{scope}, token {number}"))
    return number, secret


def _list(store: Store, _: Callable[[str], str]) -> int:
    with store.read() as connection:
        rows = tokens.all_tokens(connection)
    for row in rows:
        state = _("revoked") if row.revoked_at else _("valid")
        made = datetime.fromtimestamp(row.created_at).astimezone().isoformat(timespec="seconds")
        print(f"{row.id:>4}  {row.scope:<8} {state:<12} {made}  {row.label}")
    return 0
