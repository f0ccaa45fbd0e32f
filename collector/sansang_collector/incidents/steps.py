"""What the owner is to do next: short and concrete, by what broke and how; for a class what settles it first. Pure."""

from typing import NamedTuple

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.incident import Phase
from sansang_collector.diagnosis.verdict import Level

from .aside import is_overrun
from .case import Case
from .headline import ATTEMPTS
from .naming import NEAR
from .speech import Speech, mark

_PORTS = mark("Look at error counters, light levels and load of the ports of {part}.")
_DOWN = {
    Component.SITE_POWER: mark(
        "Ask the power company whether {commune} is cut off and until when; at the centre look at the main switch."
    ),
    Component.POWER_AREA: mark("Ask the power company what was switched off and until when, and tell the communes."),
    Component.PC: mark("At the centre see whether the machine is on and its network cable plugged in."),
    Component.PC_APP: mark("On that machine see which program, antivirus or proxy keeps pages from opening."),
    Component.LAN: mark(
        "At the centre look at the switch: power, lamps, the cable to the terminal; then try one computer plugged"
        " straight into the terminal."
    ),
    Component.TERMINAL: mark(
        "Have the terminal switched off and on once; if it stays dark or shows no line, replace it."
    ),
    Component.ACCESS_LINK: mark("Measure the line from the access node to {commune}; send a team to where it is cut."),
    Component.ACCESS_NODE: mark("Look at power and uplink of {part}; if it cannot be managed from afar, send a team."),
    Component.ARC: mark(
        "{part} is cut on both sides: find both cuts by the light levels, and mend the one reached sooner."
    ),
    Component.RING: mark(
        "{part} is cut in both directions: find both cuts by the light levels, and mend the one reached sooner; one way"
        " round is enough."
    ),
    Component.SHARED_RISK: mark("Send a team to where {part} is; everything that hit communes share runs there."),
    Component.CORE: mark("Look at the core routers and their uplinks at once, and call the second level."),
    Component.WAN: mark("Report to the WAN operator, with the time and the communes; ask when it will be mended."),
    Component.NDC: mark(
        "Report to the national data centre, with the time and the services; ask when it will be mended."
    ),
    Component.DNS: mark("Start the name server anew or let a second one answer; see since when its log is silent."),
    Component.PDC: mark("In the data centre look at power, firewall and uplink, and which servers answer inside it."),
    Component.SVC_TCP: mark(
        "See whether the server and its load balancer run, and whether the firewall lets the communes' addresses in."
    ),
    Component.SVC_APP: mark("Open the page, read its error, and see the application's log, database and certificate."),
    Component.COLLECTOR: mark("Look at the collector's own network first; the communes may all be well."),
}
_PARTLY = mark("See which of the servers behind the name fails, and what their load and logs say since {time}.")
_FULL = mark("See whether the line is full, and what uses it; if it is not, look at its errors and light levels.")


class _First(NamedTuple):
    """What settles a class: the kinds two of which have to be in it, and what to do."""

    kinds: frozenset[Component]
    said: str


_FIRST = (
    _First(
        frozenset({Component.SITE_POWER, Component.POWER_AREA, Component.TERMINAL, Component.ACCESS_LINK}),
        mark(
            "Call the centre first. If it is dark: ask the power company until when. If there is light: have the"
            " terminal switched off and on once; if it then shows no line, measure the line from the access node."
        ),
    ),
    _First(
        frozenset({Component.LAN, Component.SITE_POWER, Component.PC}),
        mark("Call the centre first: is there light, are the computers on, do the switch's lamps light up?"),
    ),
    _First(
        frozenset({Component.WAN, Component.NDC}),
        mark(
            "Ask the WAN operator whether the way to the national data centre is whole; if it is, report to the data"
            " centre. Give the time and the services."
        ),
    ),
    _First(
        frozenset({Component.RING, Component.ARC, Component.ACCESS_NODE}),
        mark("See in the network management which nodes are still reached; that tells a cut ring from a dead node."),
    ),
    _First(
        frozenset({Component.ACCESS_NODE, Component.ACCESS_LINK, Component.TERMINAL}),
        mark("See in the network management whether the access node is up; if it is, measure the line from there."),
    ),
)


def next_steps(case: Case, speech: Speech) -> tuple[str, ...]:
    """What to do, the first thing first."""
    if case.is_over:
        return (speech.say("Note in the incident what was found and mended."),)
    if case.verdict.expected_off:
        return (speech.say("Nothing, unless it does not come back when the centre opens."),)
    if case.incident.phase is Phase.SUSPECT:
        return (speech.say("Wait: it is looked at again every few seconds, and nobody is told before it is sure."),)
    own = _said(_form(case), case, speech)
    if case.around.plan is not None and is_overrun(case.around.plan, case, speech):
        return (speech.say("Ask whoever does the announced work when it will end, and have the end entered."), own)
    return (own,)


def _form(case: Case) -> str:
    if case.verdict.felt is not Level.DOWN:
        return _degraded(case)
    kinds = set(case.kinds)
    first = next((one.said for one in _FIRST if len(kinds & one.kinds) > 1), None)
    return first or _DOWN.get(case.kinds[0], _PORTS)


def _degraded(case: Case) -> str:
    kind = case.kinds[0]
    if kind in ATTEMPTS:
        return _PARTLY
    return _FULL if kind in NEAR or case.verdict.felt is Level.SLOW else _PORTS


def _said(form: str, case: Case, speech: Speech) -> str:
    part = case.causes[0].part
    commune = case.naming.part(part).commune or case.commune
    said = speech.say(form).format(
        part=case.naming.title(part, speech), commune=speech.commune(commune), time=speech.clock(case.onset)
    )
    return speech.sentence(said)
