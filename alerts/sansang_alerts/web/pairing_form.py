"""The form that pairs somebody's Zalo chat, of the desk's page and of the collector's: makes a code or says why not.

Answers with a sentence for the page; a form that says nothing sensible changes nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_agent.contract import secret_file
from sansang_agent.contract.words import mistakes_in
from sansang_alerts import pairing
from sansang_alerts.reach import person_of
from sansang_alerts.settings import AlertSettings, ZaloChannel
from sansang_alerts.texts.phrases import Phrases


class Offered(NamedTuple):
    """What became of it. ``person`` and ``channel`` by id, empty where no code was made."""

    text: str
    person: str = ""
    channel: str = ""

    @property
    def is_good(self) -> bool:
        """Whether a code was made."""
        return bool(self.person)


def bots(settings: AlertSettings) -> list[str]:
    """Channels whose chats are paired, by id."""
    return [one.id for one in settings.channels if isinstance(one, ZaloChannel)]


def offer(connection: Connection, settings: AlertSettings, form: Mapping[str, str], phrases: Phrases) -> Offered:
    """A new code for the ``person`` of the form to send the bot of its ``channel``, instead of any before."""
    person = person_of(settings.people, form.get("person", ""))
    if person is None:
        return Offered(phrases.say("Say who it is."))
    named = (one for one in settings.channels if isinstance(one, ZaloChannel) and one.id == form.get("channel", ""))
    bot = next(named, None)
    if bot is None:
        return Offered(phrases.say("There is no Zalo channel of this name."))
    try:
        key = secret_file.read(Path(bot.token_file)).encode()
    except secret_file.SecretError as error:
        return Offered(error.said(mistakes_in(phrases.language, "sansang_alerts")))
    code = pairing.offer(connection, bot.id, person.id, key, phrases.now)
    told = phrases.say("From the Zalo account of {name}, send the bot of '{id}' these digits by {time}:")
    until = phrases.clock(phrases.now + pairing.LIFE_S)
    said = f"{told.format(name=person.name, id=bot.id, time=until)} {code[:3]} {code[3:]}"
    return Offered(said, person.id, bot.id)
