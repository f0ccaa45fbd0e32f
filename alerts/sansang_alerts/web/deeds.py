"""What the forms of the desk's page do in one transaction: take an alert on, let somebody stand in, pair a chat.

Each answers with a sentence for the page; a form that says nothing sensible changes nothing.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_alerts import oncall_words, overrides
from sansang_alerts.at_work import AtWork
from sansang_alerts.desk import UnknownCodeError
from sansang_alerts.moments import NoMomentError, moment_of
from sansang_alerts.overrides import OverrideError, Wish
from sansang_alerts.reach import person_of
from sansang_alerts.settings import Person
from sansang_alerts.texts.phrases import Phrases
from sansang_alerts.wrong_tries import WrongTries

from . import pairing_form

WRONG_CODES = WrongTries(20, 900.0)
"""Of the whole desk: whoever types codes there sees those that are right."""
_DESK = "desk"


class Deed(StrEnum):
    """The forms there are."""

    TAKE = "take"
    STAND_IN = "stand-in"
    CANCEL = "cancel"
    PAIR = "pair"


class Said(NamedTuple):
    """What became of it."""

    is_good: bool
    text: str


Form = Mapping[str, str]


def do(deed: Deed, connection: Connection, work: AtWork, form: Form, phrases: Phrases) -> Said:
    """One of them."""
    try:
        return _DEEDS[deed](connection, work, form, phrases)
    except OverrideError as error:
        return Said(False, oncall_words.refused(error, phrases))
    except NoMomentError as error:
        form_of = phrases.say("'{text}' is no moment such as '2026-11-26 08:00', '26/11/2026 08:00' or '08:00'")
        return Said(False, form_of.format(text=str(error)[:40]))


def _take(connection: Connection, work: AtWork, form: Form, phrases: Phrases) -> Said:
    person = _person(work, form, phrases)
    if isinstance(person, Said):
        return person
    if WRONG_CODES.are_too_many(_DESK, phrases.now):
        return Said(False, phrases.say("Too many wrong codes. Try again in a quarter of an hour."))
    code, how = form.get("code", "")[:20], "phone" if form.get("phone") else "page"
    try:
        done = work.desk.acknowledge(connection, code, person.id, phrases.now, how)
    except UnknownCodeError:
        WRONG_CODES.count(_DESK, phrases.now)
        return Said(False, phrases.say("Nothing has the code {code}.").format(code=code))
    if done.is_over:
        return Said(False, phrases.say("{code} is over; there is nothing to take on.").format(code=done.alert.code))
    taken = phrases.say("{code} was taken on by {name} at {time}.")
    at = phrases.clock(done.at or phrases.now)
    return Said(done.won, taken.format(code=done.alert.code, name=done.by, time=at))


def _stand_in(connection: Connection, work: AtWork, form: Form, phrases: Phrases) -> Said:
    by = _person(work, form, phrases, "by")
    if isinstance(by, Said):
        return by
    now = phrases.now
    begins = moment_of(form["begins"], now) if form.get("begins", "").strip() else now
    until = moment_of(form.get("until", ""), now, begins)
    wish = Wish(form.get("team", ""), form.get("person", ""), begins, until, form.get("why", ""))
    made = overrides.add(connection, work.settings, wish, by.name, now)
    return Said(True, oncall_words.override_line(made, work.settings, phrases))


def _cancel(connection: Connection, work: AtWork, form: Form, phrases: Phrases) -> Said:
    by = _person(work, form, phrases, "by")
    if isinstance(by, Said):
        return by
    number = form.get("number", "")
    plain = number.isascii() and number.isdigit() and len(number) < 10
    gone = overrides.cancel(connection, int(number) if plain else 0, by.name, phrases.now)
    return Said(True, oncall_words.override_line(gone, work.settings, phrases))


def _pair(connection: Connection, work: AtWork, form: Form, phrases: Phrases) -> Said:
    made = pairing_form.offer(connection, work.settings, form, phrases)
    return Said(made.is_good, made.text)


_DEEDS: dict[Deed, Callable[[Connection, AtWork, Form, Phrases], Said]] = {
    Deed.TAKE: _take,
    Deed.STAND_IN: _stand_in,
    Deed.CANCEL: _cancel,
    Deed.PAIR: _pair,
}


def _person(work: AtWork, form: Form, phrases: Phrases, field: str = "person") -> Person | Said:
    found = person_of(work.settings.people, form.get(field, ""))
    return found or Said(False, phrases.say("Say who it is."))
