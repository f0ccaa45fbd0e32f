"""Answers what people write back: six digits pair their chat, a fault's code takes it on. Zalo and SMS alike.

Who cannot be told from a stranger learns nothing; who guesses is soon not listened to any more.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from . import pairing, reach
from .desk import Acknowledgement, UnknownCodeError
from .incoming import Found, Heard, Word, codes
from .ledger import Ledger
from .settings import AlertSettings, Person, SmsChannel
from .texts.phrases import Phrases
from .wrong_tries import WrongTries

WRONG_TRIES = 5
WINDOW_S = 900.0
"""So many wrong codes of one chat within this time; what it writes then is not looked at."""


class Reply(NamedTuple):
    """Something to be said to a chat."""

    chat: str
    text: str


Hear = Callable[[Heard], Awaitable[list[Reply]]]


class Acknowledging(Protocol):
    """The desk's part of it."""

    def acknowledge(self, connection: Connection, code: str, by: str, at: float, how: str) -> Acknowledgement:
        """Raises :class:`desk.UnknownCodeError`."""
        ...


class Hearing:
    """One for all channels. ``keys`` are of pairing: each bot's token by its channel."""

    def __init__(
        self,
        settings: AlertSettings,
        ledger: Ledger,
        desk: Acknowledging,
        keys: Mapping[str, bytes],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._ledger = ledger
        self._desk = desk
        self._keys = keys
        self._clock = clock
        self._wrong = WrongTries(WRONG_TRIES, WINDOW_S)

    async def hear(self, heard: Heard) -> list[Reply]:
        """What is to be answered, and to whom."""
        found = codes(heard.text)
        now = self._clock()
        if not found or self._wrong.are_too_many(_whose(heard), now):
            return []
        replies, was_right = await self._ledger.write(lambda connection: self._heard(connection, heard, found, now))
        if not was_right and any(one.is_sure for one in found):
            self._wrong.count(_whose(heard), now)
        return replies

    def _heard(self, connection: Connection, heard: Heard, found: list[Found], now: float) -> tuple[list[Reply], bool]:
        """The answers, and whether any code was right."""
        person = self._person(connection, heard)
        for one in found:
            replies = (
                self._paired(connection, heard, one.code, now)
                if one.word is Word.PAIRING
                else self._acknowledged(connection, heard, person, one.code, now)
            )
            if replies:
                return replies, True
        if not any(one.is_sure for one in found):
            return [], False  # it was a word like any other
        phrases = Phrases(person.language if person else "", now)
        return [Reply(heard.chat, _nothing(person, found, phrases))], False

    def _paired(self, connection: Connection, heard: Heard, code: str, now: float) -> list[Reply]:
        key = self._keys.get(heard.channel)
        if key is None or not pairing.is_waiting(connection, heard.channel, now):
            return []
        taken = pairing.take(connection, heard, code, key, now)
        person = taken and reach.person_of(self.settings.people, taken.person)
        if taken is None or person is None:
            return []
        phrases = Phrases(person.language, now)
        said = phrases.say("Paired: what breaks is told to {name} here from now on.").format(name=person.name)
        if heard.is_group:
            said += " " + phrases.say("This is a group: Zalo does not promise that bots can write to groups. Try it.")
        replies = [Reply(heard.chat, said)]
        if taken.before:
            elsewhere = phrases.say("{name} is told in another chat from now on, and no longer here.")
            replies.append(Reply(taken.before, elsewhere.format(name=person.name)))
        return replies

    def _acknowledged(
        self, connection: Connection, heard: Heard, person: Person | None, code: str, now: float
    ) -> list[Reply]:
        if person is None:
            return []
        try:
            done = self._desk.acknowledge(connection, code, person.id, now, self._how(heard.channel))
        except UnknownCodeError:
            return []
        return [Reply(heard.chat, acknowledged(done, code, Phrases(person.language, now)))]

    def _how(self, channel: str) -> str:
        return (
            "sms"
            if any(isinstance(one, SmsChannel) and one.id == channel for one in self.settings.channels)
            else "zalo"
        )

    def _person(self, connection: Connection, heard: Heard) -> Person | None:
        if self._how(heard.channel) == "sms":
            return next((one for one in self.settings.people if reach.same_number(one.phone, heard.chat)), None)
        known = [one.id for one in self.settings.people]
        id_ = pairing.person_of(connection, heard.channel, heard.chat, known)
        return reach.person_of(self.settings.people, id_) if id_ else None


def acknowledged(done: Acknowledgement, code: str, phrases: Phrases) -> str:
    """What somebody is told who takes a fault on."""
    if done.is_over:
        return phrases.say("{code} is over; there is nothing to take on.").format(code=code)
    if done.won:
        return phrases.say("You have taken {code} on. Nobody else is called any more.").format(code=code)
    at = phrases.clock(done.at) if done.at is not None else ""
    return phrases.say("{code} was taken on by {name} at {time}.").format(code=code, name=done.by, time=at)


def _nothing(person: Person | None, found: list[Found], phrases: Phrases) -> str:
    if person is None and found[0].word is Word.CODE:
        return phrases.say("Nobody is paired with this chat, so nothing can be taken on from it.")
    return phrases.say("Nothing has this code, or it is too old.")


def _whose(heard: Heard) -> str:
    return f"{heard.channel}\0{heard.chat}"
