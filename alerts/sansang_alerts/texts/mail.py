"""A message by e-mail: the sentence, then everything that is known, in labelled lines. Pure."""

from collections.abc import Iterator, Sequence

from sansang_alerts.fault import Fault, Wording
from sansang_alerts.notice import Kind

from .answering import code_of, how_to
from .chat import page, runbook
from .phrases import Phrases, joined
from .plain import cut, plain
from .telling import ENDS, Telling
from .words import Extra

MOST_OF_A_SUBJECT = 160
_MOST_LINES = 12


def subject(fault: Fault, told: Telling, extra: Extra, phrases: Phrases) -> str:
    """``[Critical] Ring … (M4T7QX)``; the code is never cut."""
    code = code_of(fault, extra)
    end = f" ({code})" if code else ""
    short = plain(phrases.said(fault).short) or told.headline
    said = f"[{told.tag[:1].upper()}{told.tag[1:]}] {short.rstrip('.')}"
    return f"{cut(said, MOST_OF_A_SUBJECT - len(end))}{end}"


def mail(kind: Kind, fault: Fault, told: Telling, extra: Extra, phrases: Phrases) -> str:
    """The body."""
    said = phrases.said(fault)
    to_act = (
        _list(phrases.say("What speaks for it:"), said.evidence),
        _list(phrases.say("Next step:"), said.next_steps),
        joined(*how_to(kind, fault, extra, phrases)),
    )
    ends = kind in ENDS
    blocks = (
        joined(told.headline, *told.remarks),
        joined(*_facts(fault, said, extra, phrases), "" if ends else _repaired(fault, said, phrases)),
        *(() if ends else to_act),
        joined(page(fault, extra, phrases), "" if ends else runbook(fault, extra, phrases)),
        phrases.say("Told by sansang at {time}.").format(time=phrases.moment(extra.now)),
    )
    return "\n\n".join(block for block in blocks if block)


def _facts(fault: Fault, said: Wording, extra: Extra, phrases: Phrases) -> Iterator[str]:
    severity = phrases.word("severity", fault.severity)
    code = code_of(fault, extra)
    if code:
        yield phrases.say("Incident: {code} ({severity})").format(code=code, severity=severity)
    else:
        yield phrases.say("Severity: {severity}").format(severity=severity)
    for form, text in (
        (phrases.say("Where: {where}"), said.where),
        (phrases.say("Since: {where}"), said.since),
        (phrases.say("Lasted: {where}"), said.lasted),
        (phrases.say("Impact: {where}"), said.impact),
    ):
        if text:
            yield form.format(where=plain(text, 600))


def _repaired(fault: Fault, said: Wording, phrases: Phrases) -> str:
    owner = phrases.word("owner", fault.owner)
    return phrases.say("Repaired by: {owner}. {call}").format(owner=owner, call=plain(said.call, 300)).rstrip()


def _list(title: str, lines: Sequence[str]) -> str:
    told = [f"  - {plain(line, 500)}" for line in lines[:_MOST_LINES] if line]
    return joined(title, *told) if told else ""
