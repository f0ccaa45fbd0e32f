"""What it is not, and why: what answers rules out what lies before it, what others do not feel is not shared. Pure."""

from collections.abc import Iterable

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.verdict import Fact, Ground

from .case import Case
from .ground_words import contradicts
from .naming import NEAR
from .speech import Speech

_BEHIND_TERMINAL = (Component.SITE_POWER, Component.TERMINAL, Component.ACCESS_LINK)
"""What has to be well for a terminal to answer the centre."""
_WAY = (Component.ACCESS_LINK, Component.CORE, Component.WAN)
"""What lies between a commune and a service's server."""
_WIDER = {
    **dict.fromkeys(NEAR, (Component.CORE,)),
    Component.ACCESS_NODE: (Component.RING, Component.CORE),
    Component.ARC: (Component.RING, Component.CORE),
    Component.RING: (Component.CORE,),
    Component.SHARED_RISK: (Component.CORE,),
    Component.POWER_AREA: (Component.CORE,),
}
"""What would hit others too."""


def is_not(case: Case, speech: Speech) -> tuple[str, ...]:
    """What is ruled out, with the fact that does it."""
    found = (_ruled_out(ground, case, speech) for ground in case.grounds)
    return tuple(dict.fromkeys(one for one in found if one))


def _ruled_out(ground: Ground, case: Case, speech: Speech) -> str:
    most = 2 * ground.count > ground.of
    if ground.fact is Fact.PROBE_ANSWERS and not contradicts(ground, case):
        return _answers(ground, case, speech)
    if ground.fact is Fact.TCP_WELL and most:
        kinds = _without_class((Component.SVC_TCP, *_WAY), case, speech)
        return speech.say("not {what}: connections to the server are taken").format(what=speech.any_of(kinds))
    if ground.fact is Fact.ELSEWHERE_WELL and most:
        kinds = _without_class(_WIDER.get(case.kinds[0], ()), case, speech)
        form = speech.say("not {what}: {count} of {of} communes elsewhere still report")
        return form.format(what=speech.any_of(kinds), count=ground.count, of=ground.of) if kinds else ""
    if ground.fact is Fact.STORED_GATEWAY_WELL and most:
        kinds = _without_class((Component.LAN, Component.TERMINAL), case, speech)
        return speech.say("not {what}: machines reached the terminal all the time").format(what=speech.any_of(kinds))
    return ""


def _answers(ground: Ground, case: Case, speech: Speech) -> str:
    if any(cause.part == ground.name for cause in case.causes):
        return ""
    name = case.naming.title(ground.name, speech)
    if case.naming.part(ground.name).kind is Component.TERMINAL:
        kinds = _without_class(_BEHIND_TERMINAL, case, speech)
        form = speech.say("not {what}: {name} answers the centre, {lost} of {sent} echoes were lost")
    else:
        kinds = [name]
        form = speech.say("not {what}: it answers the centre, {lost} of {sent} echoes were lost")
    return form.format(what=speech.any_of(kinds), name=name, lost=ground.count, sent=ground.of) if kinds else ""


def _without_class(kinds: Iterable[Component], case: Case, speech: Speech) -> list[str]:
    return [speech.word("component", kind) for kind in kinds if kind not in case.kinds]
