"""Why somebody is told, in a tag and a sentence or two; the same in every medium. Pure.

The tag stands in front of the fault's own sentence, the remarks behind it.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from sansang_agent.contract.severity import Severity
from sansang_alerts.fault import Fault
from sansang_alerts.notice import Kind

from .phrases import Phrases, mark, sentence
from .plain import plain
from .words import Extra

_TAGS = {
    Kind.UPDATED: mark("updated"),
    Kind.UNSTABLE: mark("unstable"),
    Kind.REMINDER: mark("still there"),
    Kind.ACKNOWLEDGED: mark("acknowledged"),
    Kind.HANDED_OVER: mark("handed over"),
    Kind.RECOVERED: mark("recovered"),
    Kind.WITHDRAWN: mark("no longer told"),
    Kind.DIGEST: mark("daily digest"),
    Kind.TEST: mark("test message"),
}
"""Of all others the severity is the tag; of an escalation how long nobody has acknowledged."""
ASKS = frozenset({Kind.OPENED, Kind.UPDATED, Kind.UNSTABLE, Kind.ESCALATED, Kind.SILENT})
"""What somebody is to acknowledge."""
ENDS = frozenset({Kind.ACKNOWLEDGED, Kind.HANDED_OVER, Kind.RECOVERED, Kind.WITHDRAWN})
"""After these nothing is left to do for whoever is told."""
_CODE = re.compile(r"(merged|situation):([0-9A-Z]{6})\Z")
_MERGED = {
    "merged": (mark("It was merged into incident {code} and is told with that one."), mark("merged into {code}")),
    "situation": (mark("It belongs to situation {code} and is told with that one."), mark("told with {code}")),
}


class Telling(NamedTuple):
    """The parts of a message that its kind makes."""

    tag: str
    headline: str
    remarks: tuple[str, ...]
    brief: str
    """The remarks in a few words, for the shortest messages."""


def telling(kind: Kind, fault: Fault, extra: Extra, phrases: Phrases) -> Telling:
    """What is said of a fault."""
    headline = plain(phrases.said(fault).headline)
    remarks, brief = _remarks(kind, fault, extra, phrases)
    return Telling(tag(kind, fault.severity, extra, phrases), headline, remarks, brief)


def tag(kind: Kind, severity: Severity | None, extra: Extra, phrases: Phrases) -> str:
    """``critical``, ``recovered``; played ones say so."""
    if kind is Kind.ESCALATED:
        said = phrases.say("unacknowledged for {time}").format(time=phrases.duration(extra.waited_s))
    else:
        said = phrases.say(_TAGS[kind]) if kind in _TAGS else phrases.word("severity", severity or Severity.INFO)
    return phrases.say("simulated, {tag}").format(tag=said) if extra.simulated else said


def _remarks(kind: Kind, fault: Fault, extra: Extra, phrases: Phrases) -> tuple[tuple[str, ...], str]:
    """In sentences, and in a few words."""
    find = _REMARKS.get(kind)
    return find(fault, extra, phrases) if find else ((), "")


def _updated(fault: Fault, extra: Extra, phrases: Phrases) -> tuple[tuple[str, ...], str]:
    changes = _changes(fault, extra, phrases)
    now = phrases.say("now {severity}, to be repaired by {owner}") if changes else ""
    terms = {"severity": phrases.word("severity", fault.severity), "owner": phrases.word("owner", fault.owner)}
    return changes, now.format(**terms)


def _unstable(_fault: Fault, _extra: Extra, phrases: Phrases) -> tuple[tuple[str, ...], str]:
    remark = phrases.say("It comes and goes. It is told once more, when it is over for good.")
    return (remark,), phrases.say("told again only when it is over for good")


def _reminder(_fault: Fault, extra: Extra, phrases: Phrases) -> tuple[tuple[str, ...], str]:
    taken = _taken(extra, phrases)
    return (sentence(taken), phrases.say("It is still there.")), taken


def _escalated(_fault: Fault, _extra: Extra, phrases: Phrases) -> tuple[tuple[str, ...], str]:
    return (phrases.say("Those who were told before have not acknowledged it."),), ""


def _acknowledged(_fault: Fault, extra: Extra, phrases: Phrases) -> tuple[tuple[str, ...], str]:
    taken = _taken(extra, phrases)
    return (sentence(taken),), taken


def _handed(_fault: Fault, extra: Extra, phrases: Phrases) -> tuple[tuple[str, ...], str]:
    now = _handed_over(extra, phrases)
    return (now, phrases.say("You need do nothing more.")), now


def _recovered(fault: Fault, _extra: Extra, phrases: Phrases) -> tuple[tuple[str, ...], str]:
    """The source's own sentence may have said so already."""
    if fault.ended_at is None:
        return (), ""
    said, lasted = phrases.said(fault), phrases.duration(fault.ended_at - fault.began_at)
    form = phrases.say("over at {time}, after {lasted}")
    ended = form.format(time=phrases.clock(fault.ended_at), lasted=lasted)
    remarks = () if lasted in said.headline else (sentence(ended),)
    return remarks, "" if lasted in (said.short or said.headline) else ended


def _gone(fault: Fault, _extra: Extra, phrases: Phrases) -> tuple[tuple[str, ...], str]:
    found = _CODE.match(fault.withdrawn)
    if found:
        why, brief = (phrases.say(one).format(code=found[2]) for one in _MERGED[found[1]])
        return (why,), brief
    nothing = fault.withdrawn in ("", "nothing")
    said = phrases.say("It came to nothing.") if nothing else sentence(plain(fault.withdrawn, 200))
    return (said,), said


_REMARKS: dict[Kind, Callable[[Fault, Extra, Phrases], tuple[tuple[str, ...], str]]] = {
    Kind.UPDATED: _updated,
    Kind.UNSTABLE: _unstable,
    Kind.REMINDER: _reminder,
    Kind.ESCALATED: _escalated,
    Kind.ACKNOWLEDGED: _acknowledged,
    Kind.HANDED_OVER: _handed,
    Kind.RECOVERED: _recovered,
    Kind.WITHDRAWN: _gone,
}


def _changes(fault: Fault, extra: Extra, phrases: Phrases) -> tuple[str, ...]:
    changes = []
    if extra.before_severity not in (None, fault.severity):
        now, before = (phrases.word("severity", one) for one in (fault.severity, str(extra.before_severity)))
        changes.append(phrases.say("Now {now} (before: {before}).").format(now=now, before=before))
    if extra.before_owner not in (None, fault.owner):
        now, before = (phrases.word("owner", one) for one in (fault.owner, str(extra.before_owner)))
        changes.append(phrases.say("Now to be repaired by {now} (before: {before}).").format(now=now, before=before))
    return tuple(changes)


def _taken(extra: Extra, phrases: Phrases) -> str:
    """``Trực ca 1 acknowledged it at 08:20``."""
    who = plain(extra.by, 80) or phrases.say("somebody")
    if extra.at is None:
        return phrases.say("{who} has taken it on").format(who=who)
    return phrases.say("{who} took it on at {time}").format(who=who, time=phrases.clock(extra.at))


def _handed_over(extra: Extra, phrases: Phrases) -> str:
    if not extra.team:
        return phrases.say("Another team sees to it now.")
    return phrases.say("{team} sees to it now.").format(team=plain(extra.team, 80))
