"""What people and plans add to an incident: why nobody was told, announced work, who has it. Pure.

And what came out later: the revision, and that it comes and goes.
"""

from sansang_collector.diagnosis.incident import Phase

from .case import Case, Plan
from .ground_words import found_later
from .headline import titles
from .speech import Speech, mark

SITUATIONS = {
    "power_area": mark("several communes of one power area"),
    "neighbours": mark("several communes beside each other"),
}
"""What situations of each kind are called; others are only named by their code."""


def held_back(case: Case, speech: Speech) -> str:
    """What keeps people from being told; empty where nothing does."""
    kind, _, _number = case.incident.held_back.partition(":")
    if not kind:
        return ""
    said = {"maintenance": _by_plan, "situation": _by_situation, "incident": _by_other, "hours": _by_hours}.get(kind)
    return said(case, speech) if said else _unknown(case, speech)


def planned(case: Case, speech: Speech) -> str:
    """The announced work that hits the same parts, and whether it should be over."""
    plan = case.around.plan
    if plan is None:
        return ""
    if is_overrun(plan, case, speech):
        form = speech.say("{what} should have ended at {time}, and what it explains is still broken")
        return speech.sentence(form.format(what=_named(plan, speech), time=speech.clock(plan.ends)))
    form = speech.say("{what}, from {first} to {last}")
    said = form.format(what=_named(plan, speech), first=speech.clock(plan.begins), last=speech.clock(plan.ends))
    return speech.sentence(said)


def handling(case: Case, speech: Speech) -> str:
    """Who said that they take it on, and to whom it was given."""
    around, parts = case.around, []
    if around.acknowledged_by:
        time = speech.clock(around.acknowledged_at) if around.acknowledged_at is not None else ""
        parts.append(speech.say("acknowledged by {who}, {time}").format(who=around.acknowledged_by, time=time))
    if around.assigned_to:
        parts.append(speech.say("given to {whom}").format(whom=around.assigned_to))
    return speech.sentence("; ".join(parts)) if parts else ""


def revised(case: Case, speech: Speech) -> str:
    """What the results that arrived late say, against what was thought before."""
    revision = case.incident.revision
    if revision is None or not revision.causes:
        return ""
    now = titles(case, speech)
    before = titles(case._replace(causes=case.verdict.causes or case.causes), speech)
    others = [one for one in before if one not in now]
    if others:
        form = speech.say("after the stored data arrived: {cause}, not {others}")
    elif len(before) > len(now) or before == now:
        form = speech.say("after the stored data arrived: {cause}, as was thought")
    else:
        form = speech.say("after the stored data arrived: {cause}")
    said = form.format(cause=speech.any_of(now), others=speech.any_of(others))
    why = found_later(case, speech)
    return speech.sentence(f"{said} ({'; '.join(why)})" if why else said)


def unstable(case: Case, speech: Speech) -> str:
    """That it comes and goes."""
    if not case.incident.unstable:
        return ""
    count = len(case.incident.flaps)
    said = speech.plural("unstable: it came back {count} time", "unstable: it came back {count} times", count)
    return speech.sentence(said.format(count=count))


def _by_plan(case: Case, speech: Speech) -> str:
    if case.around.plan is None:
        return speech.say("Nobody was told: announced work explains it.")
    return speech.say("Nobody was told: {what} explains it.").format(what=_named(case.around.plan, speech))


def _by_situation(case: Case, speech: Speech) -> str:
    found = case.around.situation
    if found is None:
        return speech.say("Not told by itself: it is part of a situation.")
    kind = speech.say(SITUATIONS[found.kind]) if found.kind in SITUATIONS else ""
    named = f"{found.code} ({kind})" if kind else found.code
    form = speech.plural(
        "Not told by itself: it is part of situation {code}, with {count} incident.",
        "Not told by itself: it is part of situation {code}, with {count} incidents.",
        found.incidents,
    )
    return form.format(code=named, count=found.incidents)


def _by_other(case: Case, speech: Speech) -> str:
    if not case.around.other:
        return speech.say("Not told by itself: it belongs to another incident.")
    return speech.say("Not told by itself: it belongs to incident {code}.").format(code=case.around.other)


def _by_hours(_case: Case, speech: Speech) -> str:
    return speech.say("Nobody was told yet: the centre is closed; it is told 60 minutes before it opens.")


def _unknown(case: Case, speech: Speech) -> str:
    return speech.say("Nobody was told ({why}).").format(why=case.incident.held_back)


def _named(plan: Plan, speech: Speech) -> str:
    form = speech.say("planned power cut “{title}”") if plan.is_power_cut else speech.say("announced work “{title}”")
    return form.format(title=plan.title)


def is_overrun(plan: Plan, case: Case, speech: Speech) -> bool:
    """Whether announced work should be over and what it explains is not."""
    return plan.ended_at is None and plan.ends < speech.now and case.incident.phase is not Phase.RESOLVED
