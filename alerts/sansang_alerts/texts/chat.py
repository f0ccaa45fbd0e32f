"""A message for a chat on a telephone: the tag and the sentence first, then what is needed to act. Pure."""

from sansang_alerts.fault import Fault, Wording
from sansang_alerts.notice import Kind

from .answering import code_of, how_to
from .phrases import Phrases, listed
from .plain import address, plain, units
from .sections import ALWAYS, Section, fitting
from .telling import ENDS, Telling
from .words import Extra

MOST = 1_980
"""Zalo takes 2,000, less what is put in front of one that is sent again, or late."""


def chat(kind: Kind, fault: Fault, told: Telling, extra: Extra, phrases: Phrases, *, asks: bool = True) -> str:
    """The text; ``asks``: with how somebody acknowledges it."""
    code = code_of(fault, extra)
    sections = [
        Section(f"[{told.tag.upper()}] {told.headline}", ALWAYS),
        *(Section(one, ALWAYS) for one in told.remarks),
        *(() if kind in ENDS else _to_act(phrases.said(fault), phrases)),
        Section(phrases.say("Incident: {code}").format(code=code) if code else "", ALWAYS, 2),
        *(Section(one, ALWAYS, 2) for one in how_to(kind, fault, extra, phrases) if asks),
        Section(page(fault, extra, phrases), 4, 2 if kind in ENDS else 3),
        Section("" if kind in ENDS else runbook(fault, extra, phrases), 3, 3),
    ]
    return fitting(sections, MOST, units)


def _to_act(said: Wording, phrases: Phrases) -> tuple[Section, ...]:
    where = plain(said.where, 300)
    if where and where.casefold() in plain(said.headline).casefold():
        where = ""
    evidence = listed([plain(one, 200) for one in said.evidence[:3]])
    steps = " ".join(plain(one, 400) for one in said.next_steps[:2])
    return (
        Section(phrases.say("Where: {where}").format(where=where) if where else "", 5, 1),
        Section(phrases.say("Evidence: {evidence}").format(evidence=evidence) if evidence else "", 2, 1),
        Section(phrases.say("Next step: {step}").format(step=steps) if steps else "", 6, 1),
        Section(plain(said.call, 200), 7, 1),
    )


def page(fault: Fault, extra: Extra, phrases: Phrases) -> str:
    """Where more stands."""
    found = address(fault.page, extra.public_url)
    return phrases.say("Page: {page}").format(page=found) if found else ""


def runbook(fault: Fault, extra: Extra, phrases: Phrases) -> str:
    """What to do, written down beforehand."""
    found = address(fault.runbook, extra.public_url)
    return phrases.say("Instructions: {page}").format(page=found) if found else ""
