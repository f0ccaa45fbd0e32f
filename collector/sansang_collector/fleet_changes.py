"""What people at the centre change of machines: that they are, their role, whether they are in use. All is audited.

A retired machine's token stays valid and its reports are kept; only lists, counts and alarms leave it out. A revoked
one stays listed, and nothing it sends is taken until it is enrolled again.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Row, bindparam, select

from sansang_agent.contract.assignment import Role

from . import agents, audit, shut_out, tokens
from .agents import AGENT
from .audit import Deed, What
from .commune import NOWHERE
from .rights import ALL, Communes
from .tokens import End

_Machine = Row[tuple[int, str, str, str, float | None]]
MOST = 1_000
"""Machines changed at once."""
LAST_ID = 2**31 - 1
"""The largest number a machine can have in every database."""


class RefusedError(Exception):
    """Nothing was changed; its text says why."""


class UnknownAgentsError(RefusedError):
    """Some of the machines do not exist; nothing was changed."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(f"no such agents: {', '.join(str(one) for one in ids[:10])}")


class ElsewhereError(RefusedError):
    """Some of the machines are in communes of others, or are none; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("not all of these are machines of your communes")


class MisplacedVantageError(RefusedError):
    """A machine of a commune was to be the vantage point; nothing was changed."""

    def __init__(self) -> None:
        super().__init__(f"the vantage point stands in no commune: its commune is {NOWHERE}")


class Change(NamedTuple):
    """What is to become of machines; what is None or False stays as it is."""

    role: Role | None = None
    retired: bool | None = None
    revoked: bool = False
    """Whether their tokens end; they are in use again when they are enrolled again."""
    renewed: bool = False
    """Whether they get new tokens when they next report: only those whose token is renewed by itself."""


class Changed(NamedTuple):
    """A machine that is not as it was."""

    id: int
    commune: str
    name: str


class Enrolled(NamedTuple):
    """A machine's number, and the number and secret of its new token."""

    agent: int
    token: int
    secret: str

    def __repr__(self) -> str:
        return f"Enrolled(agent={self.agent}, …)"


def apply(
    connection: Connection, ids: Iterable[int], change: Change, who: str, now: float, *, of: Communes = ALL
) -> list[Changed]:
    """Change these machines, one row in the audit for each thing changed; ``of``: where ``who`` may.

    Raises :class:`UnknownAgentsError`, :class:`ElsewhereError`, :class:`MisplacedVantageError`.
    """
    asked = sorted(set(ids))
    found = _machines(connection, asked)
    missing = sorted(set(asked) - {row.id for row in found})
    if not of.everywhere and (missing or not all(of.has(row.commune) for row in found)):
        raise ElsewhereError
    if missing:
        raise UnknownAgentsError(missing)
    if change.role is Role.VANTAGE and any(row.commune != NOWHERE for row in found):
        raise MisplacedVantageError
    changed_at = agents.change_time(connection, now)
    changed: list[Changed] = []
    for row in found:
        deeds = [*_place(connection, row, change, now, changed_at), *_credentials(connection, row.id, change, now)]
        for what, detail in deeds:
            audit.note(connection, Deed(now, who, what, row.commune, row.id, detail))
        if deeds:
            changed.append(Changed(row.id, row.commune, row.name))
    return changed


def _place(
    connection: Connection, row: _Machine, change: Change, now: float, changed_at: float
) -> list[tuple[What, str]]:
    """Give it another role, retire it or take it back into use; what was done, for the audit."""
    role = row.role if change.role is None else change.role.value
    retired_at = row.retired_at
    if change.retired is not None and change.retired is (retired_at is None):
        retired_at = now if change.retired else None
    if (role, retired_at) == (row.role, row.retired_at):
        return []
    connection.execute(_SET, {"of": row.id, "role": role, "retired_at": retired_at, "changed_at": changed_at})
    return list(_deeds(row.role, role, row.retired_at, retired_at))


def _credentials(connection: Connection, agent: int, change: Change, now: float) -> Iterable[tuple[What, str]]:
    """End its tokens, or have them renewed; what was done, for the audit."""
    if change.revoked and (ended := shut_out.shut_out(connection, agent, End.REVOKED, now)):
        yield "revoke", f"{ended} tokens"
    if change.renewed and (asked := tokens.ask_to_renew(connection, [agent], now)):
        yield "renew", f"{asked} tokens"


def enrol(connection: Connection, place: tuple[str, str], role: Role | None, who: str, now: float) -> Enrolled:
    """The machine of this commune and name, made if it is new and in use again if it was retired, and a token of it.

    Without ``role`` a new one is a counter's PC and a known one stays what it is.
    Raises :class:`MisplacedVantageError`.
    """
    commune, name = place
    if role is Role.VANTAGE and commune != NOWHERE:
        raise MisplacedVantageError
    agent = agents.register(connection, commune, name, now, role)
    apply(connection, [agent], Change(role, retired=False), who, now)
    shut_out.let_in(connection, agent, now)
    number, secret = tokens.issue(connection, "agent", f"{commune}/{name}", now, agent)
    audit.note(connection, Deed(now, who, "enrol", commune, agent, f"{name}, token {number}"))
    return Enrolled(agent, number, secret)


def remove(connection: Connection, agent: int, who: str, now: float, *, of: Communes = ALL) -> None:
    """Retire it and end its tokens. Done again, it changes and notes nothing.

    Raises :class:`UnknownAgentsError`, :class:`ElsewhereError` where it is not ``of`` the communes where ``who`` may.
    """
    apply(connection, [agent], Change(retired=True, revoked=True), who, now, of=of)


def _machines(connection: Connection, ids: Sequence[int]) -> Sequence[_Machine]:
    query = select(AGENT.c.id, AGENT.c.commune, AGENT.c.name, AGENT.c.role, AGENT.c.retired_at)
    possible = [one for one in ids if 0 < one <= LAST_ID]
    return connection.execute(query.where(AGENT.c.id.in_(possible)).order_by(AGENT.c.id)).all()


def _deeds(old_role: str, role: str, old_retired: float | None, retired: float | None) -> Iterable[tuple[What, str]]:
    if role != old_role:
        yield "role", f"{old_role} -> {role}"
    if retired != old_retired:
        yield ("unretire" if retired is None else "retire"), ""


_SET = (
    AGENT.update()
    .where(AGENT.c.id == bindparam("of"))
    .values(role=bindparam("role"), retired_at=bindparam("retired_at"), changed_at=bindparam("changed_at"))
)
