"""Sessions of people: opened by a right password with a secret that nobody had before, and ended.

A session ends after twelve hours, a working day with what comes before and after it; there is no shorter end of an idle
one, as pages of this site follow what happens by themselves and so are never idle.
"""

from sqlalchemy import Connection, select

from .links import SESSION, SESSION_SECONDS
from .people import Account
from .tokens import digest, new_secret

MOST_EACH = 20
"""Sessions of one person at the same time; one more ends the oldest."""


def open_for(connection: Connection, account: Account, now: float) -> str:
    """The secret of a new session, which is nowhere else."""
    secret = new_secret()
    connection.execute(SESSION.delete().where(SESSION.c.expires_at <= now))
    newest = select(SESSION.c.digest).where(SESSION.c.person == account.id)
    kept = newest.order_by(SESSION.c.created_at.desc(), SESSION.c.digest).limit(MOST_EACH - 1)
    too_many = SESSION.c.person == account.id, SESSION.c.digest.not_in(kept.scalar_subquery())
    connection.execute(SESSION.delete().where(*too_many))
    row = {
        "digest": digest(secret),
        "scope": "",
        # Not before the account changed last, which ends sessions, though the clock was set back since.
        "created_at": max(now, account.changed_at),
        "expires_at": now + SESSION_SECONDS,
        "person": account.id,
    }
    connection.execute(SESSION.insert().values(row))
    return secret


def end(connection: Connection, secret: str) -> int | None:
    """End one; whose it was, if it was a person's and there was one."""
    mine = SESSION.c.digest == digest(secret)
    person = connection.scalar(select(SESSION.c.person).where(mine))
    connection.execute(SESSION.delete().where(mine))
    return person


def end_all_of(connection: Connection, person: int) -> None:
    """End every session of a person."""
    connection.execute(SESSION.delete().where(SESSION.c.person == person))
