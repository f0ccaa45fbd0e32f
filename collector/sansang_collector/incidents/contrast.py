"""What would tell the causes of a class apart, and what still works. Pure.

The cases are those that no evidence splits by itself (two parts that the same checks cross look the same).
"""

from collections.abc import Callable
from typing import NamedTuple

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.verdict import Fact

from .case import Case
from .naming import NEAR, OF_A_SERVICE
from .speech import Speech, mark

_OUTER = frozenset({Component.SITE_POWER, Component.POWER_AREA, Component.TERMINAL, Component.ACCESS_LINK})
_INNER = frozenset({Component.LAN, Component.SITE_POWER, Component.PC, Component.PC_APP})


class _Split(NamedTuple):
    """A case: the kinds two of which have to be in the class, what else has to hold, what would split it."""

    kinds: frozenset[Component]
    said: str
    holds: Callable[[Case], bool] = lambda _case: True


_SPLITS = (
    _Split(
        _OUTER,
        mark("ask at the centre: is there light, and which lamps of the terminal are lit"),
    ),
    _Split(
        _OUTER,
        mark(
            "once the machines are back: boot times tell of the power, stored results of the terminal"
            " (it did not answer) or the line (it answered, nothing beyond did)"
        ),
    ),
    _Split(
        _OUTER,
        mark("the provider's last-gasp alarm of the terminal, or a machine on a UPS with a way of its own"),
    ),
    _Split(
        _INNER,
        mark("once the machines are back: whether their network adapters had a link, and when they were started"),
    ),
    _Split(
        _INNER,
        mark("a small machine that is always on, at the terminal's own port"),
        lambda case: Component.LAN in case.kinds,
    ),
    _Split(
        _OUTER | _INNER,
        mark("a second machine in {commune} that reports"),
        lambda case: case.machines == 1,
    ),
    _Split(
        _OUTER | _INNER,
        mark("enter terminal_address in lines.csv, and have the terminal answer pings from the centre"),
        lambda case: not case.naming.asks_terminal(case.commune),
    ),
    _Split(
        frozenset({Component.ACCESS_NODE, Component.ACCESS_LINK, Component.TERMINAL}),
        mark("echoes from the centre to the access node: enter its address in access_nodes.csv"),
        lambda case: Component.ACCESS_NODE in case.kinds and not _asks_nodes(case),
    ),
    _Split(
        frozenset({Component.RING, Component.ARC, Component.ACCESS_NODE}),
        mark("echoes to each of the ring's nodes, or the provider's network management"),
    ),
    _Split(
        frozenset({Component.WAN, Component.NDC}),
        mark("a look from a second province, or echoes to the far end of the WAN"),
    ),
    _Split(
        frozenset({Component.CORE, Component.COLLECTOR}),
        mark("a second way out of the centre: let the vantage ask its own gateway and another line"),
    ),
    _Split(
        frozenset({Component.NDC, Component.PDC, Component.SVC_TCP, Component.DNS}),
        mark("another service in the same data centre: if it answers, it is not the data centre"),
    ),
)
_MOST_SERVICES = 5
_BEYOND = OF_A_SERVICE | {Component.PDC, Component.NDC, Component.DNS, Component.WAN}
_KEPT_ON = mark("a terminal that stays on after closing: then a cut is told from a switch that was thrown")
_FOR_US_ALONE = mark("the same page from outside, by a mobile phone: it may be closed to our addresses alone")


def would_split(case: Case, speech: Speech) -> tuple[str, ...]:
    """What would tell the causes apart; of a single service also whether it fails for others."""
    if case.verdict.expected_off:
        return (speech.say(_KEPT_ON),)
    kinds = set(case.kinds)
    said = [one.said for one in _SPLITS if len(kinds & one.kinds) > 1 and one.holds(case)]
    if kinds <= OF_A_SERVICE and case.ended_at is None:
        said.append(_FOR_US_ALONE)
    return tuple(speech.say(one).format(commune=speech.commune(case.commune)) for one in said)


def still_works(case: Case, speech: Speech) -> tuple[str, ...]:
    """What it does not hit, as far as evidence or the topology says so."""
    found = [*_services(case, speech), *_inside(case, speech), *_elsewhere(case, speech)]
    return tuple(found)


def _asks_nodes(case: Case) -> bool:
    return all(case.naming.asks_node(one.part) for one in case.causes if one.part.startswith(Component.ACCESS_NODE))


def _services(case: Case, speech: Speech) -> list[str]:
    spared = case.naming.spared([cause.part for cause in case.causes], case.communes)
    form = speech.say("services that are not reached across it: {services}")
    rest = len(spared) - _MOST_SERVICES
    if rest > 1:
        more = speech.plural("{count} other", "{count} others", rest).format(count=rest)
        spared = [*spared[:_MOST_SERVICES], more]
    return [form.format(services=speech.all_of(spared))] if spared else []


def _inside(case: Case, speech: Speech) -> list[str]:
    kinds = set(case.kinds)
    if kinds <= OF_A_SERVICE | {Component.PDC, Component.NDC, Component.DNS}:
        return [speech.say("the communes' own networks and lines")]
    if not kinds & (NEAR | {Component.POWER_AREA}) or kinds <= {Component.ACCESS_LINK}:
        return [speech.say("computers and the local network inside the centres")]
    return []


def _elsewhere(case: Case, speech: Speech) -> list[str]:
    well = next((one for one in case.grounds if one.fact is Fact.ELSEWHERE_WELL and one.count), None)
    if well is None or set(case.kinds) <= _BEYOND:
        return []  # that others report says nothing of services
    many = max(well.of, well.count)
    said = speech.plural("the other commune", "{count} of {of} other communes", many)
    return [said.format(count=well.count, of=many)]
