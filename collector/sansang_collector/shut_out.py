"""Ends the credentials of machines, and writes down on the machine that it has none any more, since when and why.

Whoever is shut out keeps its history, its name and its place; enrolling it again lets it in. Callers note the audit.
"""

from sqlalchemy import Connection, func, select

from . import agents, tokens
from .agents import AGENT
from .tokens import TOKEN, End


def shut_out(connection: Connection, agent: int, why: End, now: float) -> int:
    """End all its tokens; how many were valid. Of one that had none nothing changes."""
    ended = tokens.revoke_all_of(connection, agent, now, why)
    if ended:
        _mark(connection, agent, why, now)
    return ended


def quarantine(connection: Connection, agent: int, now: float) -> int:
    """The same, because two machines used its token."""
    ended = shut_out(connection, agent, End.CLONE, now)
    if ended:
        connection.execute(AGENT.update().where(AGENT.c.id == agent).values(quarantined_at=now))
    return ended


def end_token(connection: Connection, token: int, now: float) -> bool:
    """End one token; a machine whose last it was is shut out. False if there is no valid one with this id."""
    if not tokens.revoke(connection, token, now):
        return False
    agent = connection.scalar(select(TOKEN.c.agent).where(TOKEN.c.id == token))
    if agent is not None and not _valid_tokens(connection, agent):
        _mark(connection, agent, End.REVOKED, now)
    return True


def let_in(connection: Connection, agent: int, now: float) -> None:
    """It has been enrolled again: nothing holds it back."""
    barred = AGENT.c.revoked_at.is_not(None) | AGENT.c.quarantined_at.is_not(None)
    free = {"revoked_at": None, "revoked_why": None, "quarantined_at": None}
    changed_at = agents.change_time(connection, now)
    connection.execute(AGENT.update().where(AGENT.c.id == agent, barred).values(free | {"changed_at": changed_at}))


def _mark(connection: Connection, agent: int, why: End, now: float) -> None:
    marked = {"revoked_at": now, "revoked_why": why, "changed_at": agents.change_time(connection, now)}
    connection.execute(AGENT.update().where(AGENT.c.id == agent).values(marked))


def _valid_tokens(connection: Connection, agent: int) -> int:
    valid = TOKEN.c.agent == agent, TOKEN.c.revoked_at.is_(None)
    return connection.scalar(select(func.count()).select_from(TOKEN).where(*valid)) or 0
