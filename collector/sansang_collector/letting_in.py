"""Lets machines in: what becomes of the ledger when one has proved a join code, or when somebody approved it.

A host name is never an identity: a machine that calls itself like another one gets a name and a number of its own.
"""

import secrets
from typing import NamedTuple

from sqlalchemy import Connection, select

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.joining import Join

from . import audit, fleet_changes, join_codes, machine_names, tokens
from .agents import AGENT
from .audit import Deed
from .fleet_changes import Change

REPORT_KEY_BYTES = 32
REPLACED = "enrolled again"
"""Why a token ended."""


class Newcomer(NamedTuple):
    """A machine that is to be made."""

    commune: str
    role: Role
    host: str
    name: str = ""
    """What it is to be called; empty: by its host name."""


class Admitted(NamedTuple):
    """A machine that has just been let in; both secrets are nowhere else in full."""

    agent: int
    commune: str
    name: str
    token: str
    report_key: bytes

    def __repr__(self) -> str:
        return f"Admitted(agent={self.agent}, commune={self.commune!r}, name={self.name!r}, …)"


class NameTakenError(fleet_changes.RefusedError):
    """The commune has a machine of this name; nothing was changed."""

    def __init__(self, commune: str, name: str) -> None:
        super().__init__(f"{commune} has a machine {name!r} already")


def by_code(connection: Connection, join: Join, now: float) -> Admitted:
    """Count a use of the code and let the machine in; raises join_codes.ExpiredError and UsedError."""
    used = join_codes.use(connection, join.id, now)
    host, who = machine_names.plain_text(join.host), f"join code {join.id}"
    if used.agent is None:
        agent = add(connection, Newcomer(used.commune, Role(used.role), host), now)
    else:
        agent = used.agent
        _renew(connection, agent, who, now)
    admitted = admit(connection, agent, host, now)
    audit.note(connection, Deed(now, who, "enrol", admitted.commune, agent, f"{admitted.name}, host {host!r}"))
    return admitted


def add(connection: Connection, new: Newcomer, now: float) -> int:
    """A new machine, without a token yet; its number. Raises :class:`NameTakenError` where its name was said."""
    taken = connection.scalars(select(AGENT.c.name).where(AGENT.c.commune == new.commune)).all()
    if new.name in taken:
        raise NameTakenError(new.commune, new.name)
    name = new.name or machine_names.free_name(new.host, taken)
    row = {"commune": new.commune, "name": name, "created_at": now, "role": new.role.value, "host": new.host}
    return int(connection.scalars(AGENT.insert().values(row).returning(AGENT.c.id)).one())


def admit(connection: Connection, agent: int, host: str, now: float) -> Admitted:
    """Give a machine its first secrets, or new ones."""
    key = secrets.token_bytes(REPORT_KEY_BYTES)
    known = {"host": host, "report_key": key, "enrolled_at": now, "quarantined_at": None}
    query = AGENT.update().where(AGENT.c.id == agent).values(known).returning(AGENT.c.commune, AGENT.c.name)
    row = connection.execute(query).one()
    _, secret = tokens.issue(connection, "agent", f"{row.commune}/{row.name}", now, agent, rotates=True)
    return Admitted(agent, row.commune, row.name, secret, key)


def end_tokens(connection: Connection, agent: int, now: float) -> None:
    """End every token of a machine that gets another one."""
    mine = tokens.TOKEN.c.agent == agent, tokens.TOKEN.c.revoked_at.is_(None)
    connection.execute(tokens.TOKEN.update().where(*mine).values(revoked_at=now, why=REPLACED))


def _renew(connection: Connection, agent: int, who: str, now: float) -> None:
    end_tokens(connection, agent, now)
    fleet_changes.apply(connection, [agent], Change(retired=False), who, now)
