"""What speaks for a verdict, what against it, what it is not and why: grounds in words, with counts. Pure."""

from collections.abc import Iterable

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.verdict import Fact, Ground

from .case import Case
from .naming import NEAR
from .speech import Speech, mark

_Forms = tuple[str, str]
FOR: dict[Fact, _Forms] = {
    Fact.SILENT: (mark("the only machine there fell silent"),
                  mark("{count} of {of} machines there fell silent together")),
    Fact.FAILS: (mark("the only check across it fails"), mark("{count} of {of} checks across it fail")),
    Fact.PROBE_FAILS: (mark("the echo the centre sent to {name} was lost"),
                       mark("{count} of {of} echoes the centre sent to {name} were lost")),
    Fact.ON_BATTERY: (mark("the machine ran on battery before it fell silent"),
                      mark("{count} of {of} machines ran on battery before they fell silent")),
    Fact.BOOTED_INSIDE: (mark("the machine was started anew while it was cut off"),
                         mark("{count} of {of} machines were started anew while they were cut off")),
    Fact.STORED_GATEWAY_FAILED: (mark("the machine stored that the terminal did not answer"),
                                 mark("{count} of {of} machines stored that the terminal did not answer")),
    Fact.STORED_GATEWAY_WELL: (mark("the machine stored that the terminal answered all the time"),
                               mark("{count} of {of} machines stored that the terminal answered all the time")),
    Fact.STORED_LINE_FAILED: (mark("the machine stored that nothing beyond the terminal answered"),
                              mark("{count} of {of} machines stored that nothing beyond the terminal answered")),
    Fact.NIC_DOWN: (mark("the machine had no link at its network adapter"),
                    mark("{count} of {of} machines had no link at their network adapters")),
}  # fmt: skip
AGAINST: dict[Fact, _Forms] = {
    Fact.STILL_HEARD: (mark("a machine there still reports"),
                       mark("{count} of {of} machines there still report")),
    Fact.SAID_GOODBYE: (mark("a machine had said goodbye: its silence does not count"),
                        mark("{count} machines had said goodbye: their silence does not count")),
    Fact.USUAL_OFF: (mark("a machine is usually off at this time"),
                     mark("{count} machines are usually off at this time")),
}  # fmt: skip
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


def speaks_for(case: Case, speech: Speech) -> tuple[str, ...]:
    """What supports it, one fact a line."""
    return _said(case, FOR, case.grounds, speech)


def speaks_against(case: Case, speech: Speech) -> tuple[str, ...]:
    """What does not fit, or was left out of account."""
    return _said(case, AGAINST, case.grounds, speech)


def is_not(case: Case, speech: Speech) -> tuple[str, ...]:
    """What is ruled out, with the fact that does it."""
    found = (_ruled_out(ground, case, speech) for ground in case.grounds)
    return tuple(dict.fromkeys(one for one in found if one))


def found_later(case: Case, speech: Speech) -> tuple[str, ...]:
    """What the results say that arrived later."""
    revision = case.incident.revision
    return _said(case, FOR, revision.grounds if revision else (), speech)


def _said(case: Case, forms: dict[Fact, _Forms], grounds: Iterable[Ground], speech: Speech) -> tuple[str, ...]:
    return tuple(_counted(one, forms[one.fact], case, speech) for one in grounds if one.fact in forms and one.count)


def _counted(ground: Ground, forms: _Forms, case: Case, speech: Speech) -> str:
    many = max(ground.of, ground.count)
    said = speech.say(forms[0] if many == 1 else forms[1])
    name = case.naming.title(ground.name, speech) if ground.name else ""
    return said.format(count=ground.count, of=many, name=name)


def _ruled_out(ground: Ground, case: Case, speech: Speech) -> str:
    if ground.fact is Fact.PROBE_ANSWERS:
        return _answers(ground, case, speech)
    if ground.fact is Fact.TCP_WELL:
        kinds = _without_class((Component.SVC_TCP, *_WAY), case, speech)
        return speech.say("not {what}: connections to the server are taken").format(what=speech.any_of(kinds))
    if ground.fact is Fact.ELSEWHERE_WELL and 2 * ground.count > ground.of:
        kinds = _without_class(_WIDER.get(case.kinds[0], ()), case, speech)
        form = speech.say("not {what}: {count} of {of} communes elsewhere are well")
        return form.format(what=speech.any_of(kinds), count=ground.count, of=ground.of) if kinds else ""
    if ground.fact is Fact.STORED_GATEWAY_WELL:
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
