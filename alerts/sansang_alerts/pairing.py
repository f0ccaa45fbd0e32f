"""Which chat of a bot is whose: a person gets six digits here, and sends them to the bot from the chat to be used.

The digits are kept as an HMAC under the bot's token, so that whoever has the database alone has no code.
"""

import hmac
import secrets
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, text

from .incoming import Heard
from .tables import PAIRING, PAIRING_CODE

LIFE_S = 900.0
DIGITS = 6
MOST_WRONG = 10
"""Wrong tries, by whomever, that a code outlives; 20 people pairing at once are guessed once in 5,000 such rounds."""


class Pairing(NamedTuple):
    """One that stands."""

    channel: str
    person: str
    chat: str
    paired_at: float
    is_group: bool


class Taken(NamedTuple):
    """A code was right."""

    person: str
    before: str
    """The chat that was theirs until now, if it was another one; else empty."""


def offer(connection: Connection, channel: str, person: str, key: bytes, now: float) -> str:
    """A new code for somebody, instead of any before; no other of the channel is the same."""
    connection.execute(delete(PAIRING_CODE).where(PAIRING_CODE.c.expires_at <= now))
    others = [row for row in _waiting(connection, channel, now) if row.person != person]
    while True:
        code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        if not any(hmac.compare_digest(row.digest, _digest(key, channel, row.person, code)) for row in others):
            break
    row = {"c": channel, "p": person, "d": _digest(key, channel, person, code), "e": now + LIFE_S}
    connection.execute(_OFFER, row)
    return code


_OFFER = text(
    "INSERT INTO alert_pairing_code (channel, person, digest, expires_at, wrong) VALUES (:c, :p, :d, :e, 0)"
    " ON CONFLICT (channel, person) DO UPDATE SET digest = :d, expires_at = :e, wrong = 0"
)


class _Waiting(NamedTuple):
    person: str
    digest: bytes


def _waiting(connection: Connection, channel: str, now: float) -> list[_Waiting]:
    query = select(PAIRING_CODE.c.person, PAIRING_CODE.c.digest).where(
        PAIRING_CODE.c.channel == channel, PAIRING_CODE.c.expires_at > now, PAIRING_CODE.c.wrong < MOST_WRONG
    )
    return [
        _Waiting(row.person, bytes(row.digest)) for row in connection.execute(query.order_by(PAIRING_CODE.c.person))
    ]


def is_waiting(connection: Connection, channel: str, now: float) -> bool:
    """Whether any code of the channel waits: else six digits are about something else."""
    return bool(_waiting(connection, channel, now))


def take(connection: Connection, heard: Heard, code: str, key: bytes, now: float) -> Taken | None:
    """Pair the chat with whoever the code was made for. None where nobody's is the same: all that wait count it."""
    for row in _waiting(connection, heard.channel, now):
        if hmac.compare_digest(row.digest, _digest(key, heard.channel, row.person, code)):
            return _pair(connection, heard, row.person, now)
    connection.execute(
        PAIRING_CODE.update().where(PAIRING_CODE.c.channel == heard.channel).values(wrong=PAIRING_CODE.c.wrong + 1)
    )
    return None


def _pair(connection: Connection, heard: Heard, person: str, now: float) -> Taken:
    before = chats(connection).get((heard.channel, person), "")
    row = {"c": heard.channel, "p": person, "chat": heard.chat, "at": now, "g": int(heard.is_group)}
    connection.execute(_PAIR, row)
    mine = (PAIRING_CODE.c.channel == heard.channel, PAIRING_CODE.c.person == person)
    connection.execute(delete(PAIRING_CODE).where(*mine))
    return Taken(person, before if before != heard.chat else "")


_PAIR = text(
    "INSERT INTO alert_pairing (channel, person, chat, paired_at, is_group) VALUES (:c, :p, :chat, :at, :g)"
    " ON CONFLICT (channel, person) DO UPDATE SET chat = :chat, paired_at = :at, is_group = :g"
)


def forget(connection: Connection, channel: str, person: str) -> bool:
    """Let nobody's chat be theirs any more, and no code wait for them; whether one was."""
    mine = (PAIRING_CODE.c.channel == channel, PAIRING_CODE.c.person == person)
    connection.execute(delete(PAIRING_CODE).where(*mine))
    theirs = (PAIRING.c.channel == channel, PAIRING.c.person == person)
    return connection.execute(delete(PAIRING).where(*theirs)).rowcount > 0


def standing(connection: Connection) -> list[Pairing]:
    """All that stand, by channel and person."""
    rows = connection.execute(select(PAIRING).order_by(PAIRING.c.channel, PAIRING.c.person))
    return [Pairing(row.channel, row.person, row.chat, row.paired_at, bool(row.is_group)) for row in rows]


def chats(connection: Connection) -> dict[tuple[str, str], str]:
    """The chat of each channel and person."""
    return {(one.channel, one.person): one.chat for one in standing(connection)}


def person_of(connection: Connection, channel: str, chat: str, known: Iterable[str]) -> str | None:
    """Whose chat it is, among those that the settings still know; the first by id where several share it."""
    theirs = {one.person for one in standing(connection) if (one.channel, one.chat) == (channel, chat)}
    return next((person for person in sorted(theirs) if person in set(known)), None)


def _digest(key: bytes, channel: str, person: str, code: str) -> bytes:
    return hmac.digest(key, f"{channel}\0{person}\0{code}".encode(), "sha256")
