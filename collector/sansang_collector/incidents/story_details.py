"""What a step of an incident's story says beside its name: what was thought before, or why nobody is told. Pure.

Machines write details as ``aspect=before`` (:class:`~sansang_collector.diagnosis.incident.Step`); people write
sentences, which stay as they are.
"""

import re
from collections.abc import Callable

from sansang_collector.diagnosis.incident import Happening
from sansang_collector.diagnosis.verdict import Level

from .incident_view import EventView
from .naming import Naming
from .rows import OF_ANOTHER
from .speech import Speech, mark

_LEVELS = {
    Level.DOWN: mark("it was thought to be down altogether"),
    Level.LOSSY: mark("it was thought to lose only some"),
    Level.SLOW: mark("it was thought to be only slow"),
}
_HOLDERS = {
    "maintenance": mark("announced work explains it"),
    "situation": mark("it is told as part of a situation"),
    "incident": mark("it is told with another incident"),
    "hours": mark("the centre is closed"),
}
_WORDS = {
    "expected_off": mark("off as expected"),
    "did_not_come_back": mark("it did not come back when the centre opened"),
}


def said(event: EventView, naming: Naming, speech: Speech) -> str:
    """The detail in words; empty where the step's name says it all, or another incident is what it speaks of."""
    if event.happened in OF_ANOTHER:
        return ""
    if event.who or not event.detail:
        return event.detail
    if event.happened == Happening.REVISED:
        return naming.title(event.detail, speech)
    if event.happened == Happening.OVERRUN:
        return ""
    if event.happened == Happening.HELD_BACK:
        return speech.say(_HOLDERS.get(event.detail.partition(":")[0], event.detail))
    return "; ".join(filter(None, (_one(each, naming, speech) for each in _BETWEEN.split(event.detail))))


def _one(text: str, naming: Naming, speech: Speech) -> str:
    aspect, _, before = text.partition("=")
    if aspect in _ASPECTS:
        return _ASPECTS[aspect](before, naming, speech)
    return speech.say(_WORDS[text]) if text in _WORDS else text


def _cause(before: str, naming: Naming, speech: Speech) -> str:
    return speech.say("before, {part} was thought to be the cause").format(part=naming.title(before, speech))


def _level(before: str, _naming: Naming, speech: Speech) -> str:
    return speech.say(_LEVELS[Level(before)]) if before in set(Level) else ""


def _class(before: str, naming: Naming, speech: Speech) -> str:
    parts = [naming.title(part, speech) for part in before.split(",") if part]
    return speech.say("possible causes before: {parts}").format(parts=speech.any_of(parts)) if parts else ""


def _communes(before: str, _naming: Naming, speech: Speech) -> str:
    count = int(before) if before.isdecimal() else 0
    return speech.plural("{count} commune before", "{count} communes before", count).format(count=count)


def _services(before: str, naming: Naming, speech: Speech) -> str:
    names = [naming.service(one) for one in before.split(",") if one]
    return speech.say("services before: {names}").format(names=speech.all_of(names)) if names else ""


def _owner(before: str, _naming: Naming, speech: Speech) -> str:
    return speech.say("before, it was for {owner}").format(owner=speech.word("owner", before))


def _severity(before: str, _naming: Naming, speech: Speech) -> str:
    return speech.say("severity before: {severity}").format(severity=speech.word("severity", before))


def _held_back(_before: str, _naming: Naming, speech: Speech) -> str:
    return speech.say("people are told from now on")


def _part_gone(before: str, naming: Naming, speech: Speech) -> str:
    return speech.say("{part} is no longer in the inventory").format(part=naming.title(before, speech))


def _ended(_before: str, _naming: Naming, speech: Speech) -> str:
    return speech.say("it seemed to be over and was not")


_ASPECTS: dict[str, Callable[[str, Naming, Speech], str]] = {
    "cause": _cause,
    "level": _level,
    "class": _class,
    "communes": _communes,
    "services": _services,
    "owner": _owner,
    "severity": _severity,
    "held_back": _held_back,
    "part_gone": _part_gone,
    "ended": _ended,
}
_BETWEEN = re.compile(rf" (?=(?:{'|'.join(_ASPECTS)})=)")
"""Names of machines may hold blanks themselves."""
