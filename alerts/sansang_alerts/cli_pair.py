"""``sansang-alerts pair``: six digits for somebody to send to the bot, who is paired, and who is to be no more."""

import argparse
import asyncio
import sys
import time
from pathlib import Path

from sansang_agent.contract import secret_file
from sansang_agent.contract.words import mistakes_in

from . import loading, opening, pairing, reach
from .channels import building
from .desk import Desk
from .hearing import Hearing
from .listening import Listener
from .settings import AlertSettings, Person, ZaloChannel
from .texts.phrases import Phrases


def pair(options: argparse.Namespace) -> int:
    """Do one of them; the exit status."""
    phrases = Phrases(options.lang, time.time())
    settings = loading.load(options.config)
    if options.person is None:
        return _list(options, settings, phrases)
    person, bot = reach.person_of(settings.people, options.person), _bot(options.channel, settings)
    if person is None:
        known = ", ".join(one.id for one in settings.people)
        return _no(phrases.say("There is no person '{id}'; known are: {known}").format(id=options.person, known=known))
    if bot is None:
        known = ", ".join(one.id for one in settings.channels if isinstance(one, ZaloChannel))
        which = phrases.say("Which Zalo channel? Say --channel with one of: {known}").format(known=known)
        return _no(which if known else phrases.say("The settings have no Zalo channel."))
    return _done(options, settings, bot, person, phrases)


def _done(
    options: argparse.Namespace, settings: AlertSettings, bot: ZaloChannel, person: Person, phrases: Phrases
) -> int:
    if options.listen and bot.webhook_secret_file:
        return _no(phrases.say("Zalo hands over what is written to this bot, so it cannot be fetched here."))
    with opening.to_be_changed(settings, options.ledger) as ledger:
        if options.forget:
            return _forgotten(ledger, bot, person, phrases)
        try:
            return _offered(ledger, settings, bot, person, phrases, listen=options.listen)
        except (secret_file.SecretError, building.BuildError) as error:
            return _no(error.said(mistakes_in(options.lang, "sansang_alerts")))


def _no(said: str) -> int:
    print(said, file=sys.stderr)
    return 1


def _bot(named: str, settings: AlertSettings) -> ZaloChannel | None:
    bots = [one for one in settings.channels if isinstance(one, ZaloChannel) and named in ("", one.id)]
    return bots[0] if len(bots) == 1 else None


def _list(options: argparse.Namespace, settings: AlertSettings, phrases: Phrases) -> int:
    if not opening.is_there(opening.place_of(settings, options.ledger)):
        print(phrases.say("Nobody is paired."))
        return 0
    with opening.to_be_changed(settings, options.ledger) as ledger, ledger.read() as connection:
        found = pairing.standing(connection)
    for one in found:
        where = phrases.say("a group") if one.is_group else phrases.say("a chat")
        since = phrases.say("since {time}").format(time=phrases.moment(one.paired_at))
        print(f"{one.person}  {one.channel}  {where}  {since}")
    if not found:
        print(phrases.say("Nobody is paired."))
    return 0


def _forgotten(ledger: opening.Opened, bot: ZaloChannel, person: Person, phrases: Phrases) -> int:
    was = ledger.write_sync(lambda connection: pairing.forget(connection, bot.id, person.id))
    form = phrases.say("{name} is told nothing by '{id}' any more.") if was else phrases.say("{name} was not paired.")
    print(form.format(name=person.name, id=bot.id))
    return 0


def _offered(
    ledger: opening.Opened, settings: AlertSettings, bot: ZaloChannel, person: Person, phrases: Phrases, *, listen: bool
) -> int:
    key = secret_file.read(Path(bot.token_file)).encode()
    code = ledger.write_sync(lambda c: pairing.offer(c, bot.id, person.id, key, phrases.now))
    form = phrases.say("From the Zalo account of {name}, send the bot of '{id}' these digits by {time}:")
    print(form.format(name=person.name, id=bot.id, time=phrases.clock(phrases.now + pairing.LIFE_S)))
    print(f"  {code[:3]} {code[3:]}", flush=True)
    if not listen:
        return 0
    hearing = Hearing(settings, ledger, Desk(settings), {bot.id: key})
    paired = asyncio.run(_listened(ledger, bot, person, hearing, phrases.now))
    print(phrases.say("Paired.") if paired else phrases.say("Nobody sent the digits in time."))
    return 0 if paired else 1


async def _listened(ledger: opening.Opened, bot: ZaloChannel, person: Person, hearing: Hearing, since: float) -> bool:
    channels = building.Channels()
    listener = Listener(bot.id, building.zalo_api(bot, channels), hearing.hear)
    task = asyncio.create_task(listener.run())
    try:
        async with asyncio.timeout(pairing.LIFE_S):
            while not _is_paired(ledger, bot.id, person.id, since):
                await asyncio.wait([task], timeout=0.5)
        return True
    except TimeoutError:
        return False
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await channels.close()


def _is_paired(ledger: opening.Opened, channel: str, person: str, since: float) -> bool:
    with ledger.read() as connection:
        found = pairing.standing(connection)
    return any((one.channel, one.person) == (channel, person) and one.paired_at >= since for one in found)
