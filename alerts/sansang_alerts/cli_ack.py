"""``sansang-alerts ack``: take an incident on by its code, for oneself or for somebody at the telephone.

Whoever sends messages from the same ledger tells the others within a second.
"""

import argparse
import sys
import time

from . import loading, opening
from .desk import Desk, UnknownCodeError
from .hearing import acknowledged
from .operator import operator
from .reach import person_of
from .texts.phrases import Phrases


def ack(options: argparse.Namespace) -> int:
    """0 where it is theirs, 1 where it is not."""
    phrases = Phrases(options.lang, time.time())
    settings = loading.load(options.config)
    if options.by and person_of(settings.people, options.by) is None:
        known = ", ".join(one.id for one in settings.people)
        return _no(phrases.say("There is no person '{id}'; known are: {known}").format(id=options.by, known=known))
    unknown = phrases.say("Nothing has the code {code}.").format(code=options.code)
    try:
        place = opening.place_of(settings, options.ledger)
    except ValueError as error:
        return _no(str(error))
    if not opening.is_there(place):
        return _no(unknown)
    by, how = options.by or operator(), "phone" if options.phone else "cli"
    ledger = opening.Opened(place)
    try:
        desk = Desk(settings)
        done = ledger.write_sync(lambda c: desk.acknowledge(c, options.code, by, phrases.now, how))
    except UnknownCodeError:
        return _no(unknown)
    finally:
        ledger.close()
    said = acknowledged(done, done.alert.code, phrases)
    if done.won and options.by:
        said = phrases.say("{code} was taken on by {name} at {time}.").format(
            code=done.alert.code, name=done.by, time=phrases.clock(phrases.now)
        )
    print(said, file=sys.stdout if done.won else sys.stderr)
    return 0 if done.won else 1


def _no(said: str) -> int:
    print(said, file=sys.stderr)
    return 1
