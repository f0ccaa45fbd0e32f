"""Lets machines in: what becomes of the ledger when one has proved a join code, or when somebody approved it.

A host name is never an identity: a machine that calls itself like another one gets a name and a number of its own.
"""

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.joining import Join

from . import audit, fleet_changes, join_codes, machine_names, shut_out, tokens
from .agents import AGENT
from .audit import Deed
from .fleet_changes import Change
from .join_codes import NotLeftError

REPORT_KEY_BYTES = 32


class Newcomer(NamedTuple):
    """A machine that is to be made."""

    commune: str
    role: Role
    host: str
    name: str = ""
    """What it is to be called; empty: by its host name."""


class Made(NamedTuple):
    """A machine in the ledger."""

    agent: int
    commune: str
    name: str


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


def all_by_code(connection: Connection, joins: Sequence[Join], now: float) -> list[Admitted | NotLeftError]:
    """Let machines in one after the other, each of which has proved its code; those for whom no use is left are told.

    Together, because a commit takes longer than letting one in, and a province may come in the same minute.
    """
    done: list[Admitted | NotLeftError] = []
    for join in joins:
        try:
            done.append(by_code(connection, join, now))
        except NotLeftError as error:  # which has changed nothing
            done.append(error)
    return done


def by_code(connection: Connection, join: Join, now: float) -> Admitted:
    """Count a use of the code and let the machine in; raises join_codes.NotLeftError."""
    used = join_codes.use(connection, join.id, now)
    host, who = machine_names.plain_text(join.host), f"join code {join.id}"
    if used.agent is None:
        key = _new_key()
        made = add(connection, Newcomer(used.commune, Role(used.role), host), now, key)
        admitted = _with_token(connection, made, key, now)
    else:
        _renew(connection, used.agent, who, now)
        admitted = admit(connection, used.agent, host, now)
    told = f"{admitted.name}, host {host!r}"
    audit.note(connection, Deed(now, who, "enrol", admitted.commune, admitted.agent, told))
    return admitted


def add(connection: Connection, new: Newcomer, now: float, key: bytes | None = None) -> Made:
    """A new machine without a token, and without ``key``, its report key, not in yet.

    Raises :class:`NameTakenError` where its name was said.
    """
    wanted = new.name or machine_names.name_of(new.host)
    asked = {"commune": new.commune, "start": wanted.lower(), "length": len(wanted)}
    taken = connection.scalars(_BEGINNING, asked).all()
    if new.name and new.name in taken:
        raise NameTakenError(new.commune, new.name)
    name = new.name or machine_names.free_name(wanted, taken)
    row = {"commune": new.commune, "name": name, "created_at": now, "role": new.role.value, "host": new.host}
    secret = {"report_key": key, "enrolled_at": None if key is None else now}
    return Made(int(connection.scalars(_ADD, row | secret).one()), new.commune, name)


def admit(connection: Connection, agent: int, host: str, now: float) -> Admitted:
    """Give a known machine its first secrets, or new ones."""
    key = _new_key()
    row = connection.execute(_ADMIT, {"of": agent, "its_host": host, "key": key, "now": now}).one()
    return _with_token(connection, Made(agent, row.commune, row.name), key, now)


def _new_key() -> bytes:
    return secrets.token_bytes(REPORT_KEY_BYTES)


def _with_token(connection: Connection, made: Made, key: bytes, now: float) -> Admitted:
    _, secret = tokens.issue(connection, "agent", f"{made.commune}/{made.name}", now, made.agent, rotates=True)
    return Admitted(made.agent, made.commune, made.name, secret, key)


_BEGINNING = select(AGENT.c.name).where(
    AGENT.c.commune == bindparam("commune"),
    func.substr(func.lower(AGENT.c.name), 1, bindparam("length")) == bindparam("start"),
)
"""Names that begin like one: those a number is to tell it from."""
_ADD = AGENT.insert().returning(AGENT.c.id)
_ADMIT = (
    AGENT.update()
    .where(AGENT.c.id == bindparam("of"))
    .values(host=bindparam("its_host"), report_key=bindparam("key"), enrolled_at=bindparam("now"))
    .returning(AGENT.c.commune, AGENT.c.name)
)


def end_tokens(connection: Connection, agent: int, now: float) -> None:
    """End every token of a machine that gets another one."""
    tokens.revoke_all_of(connection, agent, now, tokens.End.REPLACED)


def _renew(connection: Connection, agent: int, who: str, now: float) -> None:
    end_tokens(connection, agent, now)
    shut_out.let_in(connection, agent, now)
    fleet_changes.apply(connection, [agent], Change(retired=False), who, now)
