"""An incident or a situation as people are told of it: its facts, and its sentences in every language. Pure.

Sentences are those of the explanation, their moments marked, as nobody knows yet when they are told; what comes after
(who is told, through what, how long) is alerts'.
"""

from collections import Counter
from collections.abc import Sequence

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts import runbooks
from sansang_alerts.fault import Fault, Place, Source, Wording
from sansang_collector.diagnosis.incident import Phase

from . import headline
from .aside import SITUATIONS
from .case import Around, Case, case_of
from .explain import explain, named, said_call
from .naming import OF_A_SERVICE, Naming
from .rows import Kept
from .situations import Battery, Kind, Situation
from .speech import Says, Speech
from .timeless import Timeless

MERGED, SITUATION = "incident:", "situation:"
"""In front of what an incident is held back for, where it is told with something else."""
NOTHING = "nothing"
MOST_NAMED = 10
_ORDER = list(Severity)


def fault_of(kept: Kept, around: Around, naming: Naming, says: Sequence[Says], now: float) -> Fault:
    """An incident at ``now`` (Unix seconds)."""
    incident = kept.incident
    case = case_of(incident, naming, around)
    why = withdrawn(kept, around)
    return Fault(
        source=Source.INCIDENT,
        key=str(incident.id),
        code=incident.code,
        owner=incident.owner,
        severity=incident.severity,
        began_at=case.onset,
        opened_at=incident.detected_at if incident.opened_at is None else incident.opened_at,
        ended_at=case.ended_at,
        communes=_places(case.communes, says[0]),
        systems=_systems(case),
        parts=tuple(cause.part for cause in case.causes),
        counters=incident.counters,
        held_back="" if why else incident.held_back,
        withdrawn=why,
        acknowledged_by=kept.acknowledged_by or "",
        acknowledged_at=kept.acknowledged_at,
        page=f"/incidents/{incident.id}",
        runbook=runbooks.path_of(incident.owner, case.kinds[0]),
        wordings={one.language: _wording(kept, around, naming, Timeless(one), now) for one in says},
    )


def withdrawn(kept: Kept, around: Around) -> str:
    """Why nobody is told of it by itself any more; empty where it stands alone."""
    incident = kept.incident
    if incident.held_back.startswith(MERGED) and around.other:
        return f"merged:{around.other}"
    if incident.held_back.startswith(SITUATION) and around.situation is not None:
        return f"situation:{around.situation.code}"
    return NOTHING if incident.phase is Phase.DROPPED else ""


def situation_of(
    situation: Situation, members: Sequence[Kept], naming: Naming, says: Sequence[Says], now: float
) -> Fault:
    """A situation with the incidents that it tells of."""
    owner = _owner(situation, members)
    severity = min((one.incident.severity for one in members), key=_ORDER.index, default=Severity.CRITICAL)
    return Fault(
        source=Source.SITUATION,
        key=str(situation.id),
        code=situation.code,
        owner=owner,
        severity=severity,
        began_at=situation.began,
        opened_at=situation.opened_at,
        ended_at=None if situation.resolved_at is None else situation.ended_at or situation.resolved_at,
        communes=_places(situation.communes, says[0]),
        parts=(situation.area,) if situation.area else (),
        counters=_counters(members),
        page="/incidents",
        runbook=runbooks.path_of(owner),
        wordings={
            one.language: _situation_wording(situation, members, owner, naming, Speech(Timeless(one), now))
            for one in says
        },
    )


def _wording(kept: Kept, around: Around, naming: Naming, says: Says, now: float) -> Wording:
    told = explain(kept.incident, naming, says, now, around)
    speech = Speech(says, now)
    case = case_of(kept.incident, naming, around)
    effect = headline.effect(case, speech)
    return Wording(
        headline=told.headline,
        short=speech.sentence(headline.broken(case, speech)),
        where=told.where,
        since=told.since,
        lasted=told.lasted,
        impact=speech.sentence(effect) if effect else "",
        evidence=told.speaks_for,
        next_steps=told.next_steps,
        call=told.calls[0].sentence,
    )


def _systems(case: Case) -> tuple[str, ...]:
    """Services that it is about, by id."""
    parts = [case.naming.part(cause.part) for cause in case.causes]
    own = [part.id.partition(":")[2] for part in parts if part.kind in OF_A_SERVICE]
    return tuple(dict.fromkeys((*own, *case.verdict.services)))


def _places(communes: Sequence[str], says: Says) -> tuple[Place, ...]:
    return tuple(Place(code, says.commune(code)) for code in communes)


def _owner(situation: Situation, members: Sequence[Kept]) -> Owner:
    """Power is the first thing thought of; communes side by side are whose most of their incidents are."""
    if situation.kind is Kind.POWER_AREA or not members:
        return Owner.POWER
    return Counter(one.incident.owner for one in members).most_common(1)[0][0]


def _counters(members: Sequence[Kept]) -> int:
    return sum(one.incident.counters for one in members)


def _situation_wording(
    situation: Situation, members: Sequence[Kept], owner: Owner, naming: Naming, speech: Speech
) -> Wording:
    ended = None if situation.resolved_at is None else situation.ended_at or situation.resolved_at
    lasted = "" if ended is None else speech.duration(ended - situation.began)
    what = _what(situation, naming, speech)
    broke = speech.say("{what} {when}").format(what=what, when=headline.lasting(situation.began, ended, speech))
    hit = headline.affected(len(situation.communes), _counters(members), ended is not None, speech)
    return Wording(
        headline=speech.sentence(speech.say("{broke}: {hit}").format(broke=broke, hit=hit)),
        short=speech.sentence(broke),
        where=named(situation.communes, speech),
        since=headline.lasting(situation.began, ended, speech),
        lasted=lasted,
        impact=speech.sentence(hit),
        evidence=last_batteries(situation.batteries, speech),
        call=said_call(owner, naming.desks.find(owner, "".join(situation.communes[:1]), ""), speech),
    )


def last_batteries(batteries: Sequence[Battery], speech: Speech) -> tuple[str, ...]:
    """What machines that fell silent had left when they were last heard, in words."""
    return tuple(
        speech.say("{commune}: {percent} of battery left when last heard").format(
            commune=speech.commune(one.commune), percent=speech.share(one.percent / 100)
        )
        for one in batteries[:MOST_NAMED]
    )


def _what(situation: Situation, naming: Naming, speech: Speech) -> str:
    if situation.kind is Kind.POWER_AREA and situation.area:
        return speech.say("power out over {area}").format(area=naming.part(situation.area).name or situation.area)
    said = SITUATIONS.get(situation.kind, SITUATIONS[Kind.NEIGHBOURS])
    return speech.say("{communes} cut off").format(communes=speech.say(said))
