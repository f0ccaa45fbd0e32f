"""From an incident to its explanation: what it is, where, since when, whose, on what grounds, and what to do. Pure.

Each part of it has a module of its own; here they are put together, and nothing is looked up.
"""

from collections.abc import Sequence

from sansang_agent.contract.rung import Owner
from sansang_collector.diagnosis.incident import Incident
from sansang_collector.diagnosis.verdict import Level
from sansang_collector.inventory.crossing import called
from sansang_collector.inventory.model import Contact

from . import aside, contrast, ground_words, ruled_out
from .case import NOTHING_AROUND, Around, Case, case_of
from .chances import chances
from .explanation import Call, CauseSaid, Explanation, PlaceSaid
from .headline import communes_counted, headline
from .naming import OF_A_SERVICE, Naming
from .speech import Says, Speech
from .steps import next_steps

MOST_COMMUNES = 10
"""So many are named; the rest is counted."""
_MINUTE_S = 60.0


def explain(incident: Incident, naming: Naming, says: Says, now: float, around: Around = NOTHING_AROUND) -> Explanation:
    """The explanation at ``now`` (Unix seconds) in the language of ``says``."""
    speech = Speech(says, now)
    case = case_of(incident, naming, around)
    over = case.ended_at is not None
    return Explanation(
        incident=incident.id,
        code=incident.code,
        language=speech.language,
        phase=incident.phase,
        phase_term=speech.word("phase", incident.phase),
        severity=incident.severity,
        severity_term=speech.word("severity", incident.severity),
        headline=headline(case, speech),
        causes=causes_said(case, speech),
        where=where(case, speech),
        communes=tuple(PlaceSaid(code, speech.commune(code)) for code in case.communes),
        since=since(case, speech),
        onset=case.onset,
        ended_at=case.ended_at,
        lasted=speech.duration(case.ended_at - case.onset) if case.ended_at is not None else "",
        calls=calls(case, speech),
        speaks_for=(*_loss(case, speech), *ground_words.speaks_for(case, speech)),
        speaks_against=ground_words.speaks_against(case, speech),
        is_not=ruled_out.is_not(case, speech),
        would_split=contrast.would_split(case, speech),
        still_works=() if over else contrast.still_works(case, speech),
        next_steps=next_steps(case, speech),
        held_back=aside.held_back(case, speech),
        planned=aside.planned(case, speech),
        handling=aside.handling(case, speech),
        revised=aside.revised(case, speech),
        unstable=aside.unstable(case, speech),
    )


def causes_said(case: Case, speech: Speech) -> tuple[CauseSaid, ...]:
    """The class of causes, most probable first."""
    said = []
    for cause, (chance, probability) in zip(case.causes, chances(case, speech), strict=True):
        part = case.naming.part(cause.part)
        said.append(
            CauseSaid(
                part=part.id,
                component=part.kind,
                term=speech.word("component", part.kind),
                title=case.naming.title(part.id, speech),
                rung=part.rung,
                rung_term=speech.word("rung", part.rung) if part.rung else "",
                owner=part.owner,
                chance=chance,
                probability=probability,
            )
        )
    return tuple(said)


def where(case: Case, speech: Speech) -> str:
    """``7 communes: …``; of one its name."""
    return named(case.communes, speech)


def named(communes: Sequence[str], speech: Speech) -> str:
    """The same of these, by code."""
    names = [speech.commune(code) for code in communes]
    if len(names) < 2:
        return "".join(names)
    shown = ", ".join(names[:MOST_COMMUNES])
    rest = len(names) - MOST_COMMUNES
    if rest > 0:
        more = speech.plural("and {count} more commune", "and {count} more communes", rest).format(count=rest)
        shown = f"{shown} {more}"
    return speech.say("{count}: {names}").format(count=communes_counted(len(names), speech), names=shown)


def since(case: Case, speech: Speech) -> str:
    """``08:14:05 (± 15 seconds)``, and until when; to the minute where it is not known to the second."""
    within = case.verdict.onset_within_s
    told = speech.second if within < _MINUTE_S else speech.clock
    sure = speech.duration(within if within < _MINUTE_S else round(within / _MINUTE_S) * _MINUTE_S)
    began = speech.say("{time} (± {within})").format(time=told(case.onset), within=sure)
    if case.ended_at is None:
        return began
    return speech.say("{began} until {ended}").format(began=began, ended=told(case.ended_at))


def calls(case: Case, speech: Speech) -> tuple[Call, ...]:
    """The incident's owner first, then those of the other causes."""
    owners = dict.fromkeys([case.incident.owner, *(case.naming.part(cause.part).owner for cause in case.causes)])
    return tuple(_call(owner, case, speech) for owner in owners)


def _call(owner: Owner, case: Case, speech: Speech) -> Call:
    found = case.naming.desks.find(owner, case.commune, _service(case))
    term, contact = speech.word("owner", owner), called(found) if found else ""
    return Call(owner=owner, term=term, contact=contact, sentence=said_call(owner, found, speech))


def said_call(owner: Owner, found: Contact | None, speech: Speech) -> str:
    """Whom to call, where that is entered; as a clerk's own computer says it."""
    return _sentence(owner, speech.word("owner", owner), called(found) if found else "", speech)


def _sentence(owner: Owner, term: str, contact: str, speech: Speech) -> str:
    if contact:
        return speech.say("Call {whom}.").format(whom=f"{term}: {contact}")
    who = speech.say("the province's VNPT duty desk") if owner is Owner.TELECOM else term
    whom = speech.say("{who} (telephone number not configured)").format(who=who)
    return speech.say("Call {whom}.").format(whom=whom)


def _service(case: Case) -> str:
    """The service that it is about, where it is about one."""
    part = case.naming.part(case.causes[0].part)
    return part.id.partition(":")[2] if part.kind in OF_A_SERVICE else ""


def _loss(case: Case, speech: Speech) -> tuple[str, ...]:
    loss = case.verdict.loss
    if loss is None or case.verdict.felt is Level.DOWN:
        return ()
    low, best, high = (speech.share(figure) for figure in loss)
    form = speech.say("the share is about {best}, with 90 % certainty between {low} and {high}")
    return (form.format(best=best, low=low, high=high),)
