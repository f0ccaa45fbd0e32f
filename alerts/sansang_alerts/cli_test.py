"""``sansang-alerts test``: one message through one channel, and what the other side made of it.

Sent at once and by itself: no row is written, and nothing is tried again.
"""

import argparse
import asyncio
import secrets
import sys
import time
from contextlib import closing

from sansang_agent.contract.words import mistakes_in

from . import loading, opening, pairing, people_rules, reach
from .channels import building
from .notice import Answer, Kind, Message, Outcome
from .settings import AlertSettings, AnyChannel, EmailChannel, Person, SmsChannel, WebhookChannel, ZaloChannel
from .texts import Extra, medium_of, render
from .texts.phrases import Phrases, mark

_SAID = {
    Outcome.SENT: mark("{channel}: sent to {to}."),
    Outcome.AGAIN: mark("{channel}: could not be sent to {to} just now: {said}"),
    Outcome.REFUSED: mark("{channel}: refused for {to}: {said}"),
    Outcome.UNKNOWN: mark("{channel}: sent to {to}, and whether it arrived is not known: {said}"),
}


def test(options: argparse.Namespace) -> int:
    """0 where the other side took it."""
    phrases = Phrases(options.lang, time.time())
    settings = loading.load(options.config)
    channel = next((one for one in settings.channels if one.id == options.channel), None)
    if channel is None:
        return _no(phrases.say("There is no channel '{id}'; known are: {known}"), options.channel, settings)
    to = _address(options, settings, channel)
    if to is None:
        form = phrases.say("Who is to be told by '{id}'? Say --to with a person who can be: {known}")
        return _no(form, options.channel, settings, _reachable(options, settings, channel))
    try:
        answer = asyncio.run(_sent(channel, _message(channel, to, _reader(settings, options.to), phrases)))
    except building.BuildError as error:
        print(error.said(mistakes_in(options.lang, "sansang_alerts")), file=sys.stderr)
        return 1
    print("\n".join(_lines(channel, to, answer, phrases)))
    return 0 if answer.outcome is Outcome.SENT else 1


def _no(form: str, id_: str, settings: AlertSettings, known: list[str] | None = None) -> int:
    ids = [one.id for one in settings.channels] if known is None else known
    print(form.format(id=id_, known=", ".join(ids) or "–"), file=sys.stderr)
    return 1


def _address(options: argparse.Namespace, settings: AlertSettings, channel: AnyChannel) -> str | None:
    """None: nobody was named, or somebody whom it does not reach."""
    if isinstance(channel, WebhookChannel):
        return ""
    person = reach.person_of(settings.people, options.to) if options.to else None
    if person is not None:
        return reach.address_of(channel, person, _chats(options, settings, channel))
    return options.to if options.to and _may_be(channel, options.to) else None


def _may_be(channel: AnyChannel, address: str) -> bool:
    """Or else it is somebody's id with a letter wrong, which is better said than sent."""
    if isinstance(channel, EmailChannel):
        return people_rules.is_email(address)
    return not (isinstance(channel, SmsChannel) and any(one.isalpha() for one in address))


def _chats(options: argparse.Namespace, settings: AlertSettings, channel: AnyChannel) -> reach.Chats:
    place = opening.place_of(settings, options.ledger)
    if not isinstance(channel, ZaloChannel) or not opening.is_there(place):
        return {}
    with closing(opening.Opened(place)) as ledger, ledger.read() as connection:
        return pairing.chats(connection)


def _reachable(options: argparse.Namespace, settings: AlertSettings, channel: AnyChannel) -> list[str]:
    chats = _chats(options, settings, channel)
    return [one.id for one in settings.people if reach.address_of(channel, one, chats) is not None]


def _reader(settings: AlertSettings, to: str | None) -> Person | None:
    return reach.person_of(settings.people, to) if to else None


def _message(channel: AnyChannel, to: str, reader: Person | None, phrases: Phrases) -> Message:
    language = reader.language if reader else phrases.language
    words = render(Kind.TEST, None, medium_of(channel), language, Extra(now=phrases.now, channel=channel.id))
    return Message(to, words.subject, words.body, f"test-{secrets.token_hex(8)}")


async def _sent(channel: AnyChannel, message: Message) -> Answer:
    channels = building.build([channel])
    try:
        return await channels[channel.id].send(message)
    finally:
        await channels.close()


def _lines(channel: AnyChannel, to: str, answer: Answer, phrases: Phrases) -> list[str]:
    form = phrases.say(_SAID[answer.outcome])
    lines = [form.format(channel=channel.id, to=to or channel.id, said=answer.said)]
    if isinstance(channel, SmsChannel) and answer.outcome is Outcome.SENT:
        count = phrases.plural("Charged as {count} message", "Charged as {count} messages", answer.parts)
        price = f" ({answer.parts * channel.price:g} VND)" if channel.price else ""
        lines.append(f"{count.format(count=answer.parts)}{price}.")
    return lines
