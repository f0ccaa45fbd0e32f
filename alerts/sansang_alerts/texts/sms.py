"""The shortest message: tag, code, what and where, and why it is told. Code and place are never cut. Pure."""

import re
from collections.abc import Callable, Sequence

from sansang_alerts.fault import Fault
from sansang_alerts.notice import Kind
from sansang_alerts.sms_text import septets, unaccented

from .answering import code_of
from .phrases import MONTHS, Phrases, sentence
from .plain import cut, plain, units
from .telling import ASKS, Telling
from .words import Extra, Medium

MOST = {Medium.SMS: 147, Medium.SMS_ACCENTS: 188}
"""One part of 160 septets, or three of 67 characters, less what is put in front of one that is sent again, or late."""
_MOST_OF_A_PLACE, _MOST_OF_A_REMARK = 60, 60
_ENOUGH = 64
"""The fault's sentence has at least so much room, which holds its place; or what comes behind it is left out."""
MOST_OF_A_NAME = 40
"""Vietnam's longest has fewer."""
_DOTS = "..."
_MONTH = "|".join(MONTHS)
_BETWEEN_WORDS = re.compile(rf" (?!\d\d?(?:/\d| (?:{_MONTH}))|(?:{_MONTH})\b)")
"""A time is not parted from its day, nor a day from its month."""


def sms(kind: Kind, fault: Fault, told: Telling, extra: Extra, phrases: Phrases, medium: Medium) -> str:
    """``CRITICAL (M4T7QX): Ring …``; without diacritics for :attr:`Medium.SMS`."""
    short = phrases.said(fault).short or told.headline
    what, place = plain(short, 300), place_of(fault, phrases)
    behind = (sentence(cut(told.brief, _MOST_OF_A_REMARK)), _asked(kind, fault, extra, phrases))
    return composed(headed(told.tag, code_of(fault, extra)), what, place, behind, medium)


def headed(tag: str, code: str) -> str:
    """``CRITICAL (M4T7QX)``."""
    return f"{tag.upper()} ({code})" if code else tag.upper()


def composed(head: str, what: str, place: str, behind: Sequence[str], medium: Medium) -> str:
    """All of it where it fits; else ``behind`` gives way from its end, and ``what``, but never ``place``."""
    write, size = writing(medium)
    head, what, place = write(f"{head}: "), write(what), shortened(write(place), _MOST_OF_A_PLACE, size)
    if place.casefold() not in what.casefold():
        what = f"{place}: {what}"
    room = MOST[medium] - size(head)
    tails = [write("".join(f" {one}" for one in behind[:count] if one)) for count in range(len(behind), -1, -1)]
    tail = next((one for one in tails if room - size(one) >= min(size(what), _ENOUGH)), "")
    return f"{head}{_fitted(what, place, room - size(tail), size)}{tail}"


def writing(medium: Medium) -> tuple[Callable[[str], str], Callable[[str], int]]:
    """How a medium's letters are written, and counted."""
    return (unaccented, septets) if medium is Medium.SMS else (str, units)


def place_of(fault: Fault, phrases: Phrases) -> str:
    """The commune by name, several by their number; empty where a fault has no place."""
    count = len(fault.communes)
    if count > 1:
        return phrases.plural("{count} commune", "{count} communes", count).format(count=count)
    return "".join(plain(one.name, MOST_OF_A_NAME) for one in fault.communes)


def _asked(kind: Kind, fault: Fault, extra: Extra, phrases: Phrases) -> str:
    if kind not in ASKS or not extra.reply or extra.by:
        return ""
    return phrases.say("Take it on: answer {code}").format(code=code_of(fault, extra))


def _fitted(what: str, place: str, room: int, size: Callable[[str], int]) -> str:
    found = shortened(what, room, size)
    if place.casefold() in found.casefold():
        return found
    return f"{place}: {shortened(what, room - size(place) - 2, size)}"


def shortened(text: str, room: int, size: Callable[[str], int]) -> str:
    """As much of it as fits, ended at a word and with dots for the rest."""
    if size(text) <= room:
        return text
    words = _BETWEEN_WORDS.split(text)
    while len(words) > 1 and size(" ".join(words) + _DOTS) > room:
        words.pop()
    if len(words) > 1 and words[-1].isdigit():
        words.pop()  # "21..." would be a number of nothing
    found = " ".join(words).rstrip(" ,;:-(")
    while found and size(found + _DOTS) > room:
        found = found[:-1]
    return f"{found}{_DOTS}" if room > len(_DOTS) else ""
