"""What a cut truly was, once what was stored meanwhile has arrived, and from when to when. Pure.

While it lasts nobody can tell these apart; boot times, stored echoes and the vantage's own can.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sansang_agent.contract.rung import Component
from sansang_collector.topology import CORE, GATEWAY, LINE

from .graph import NOBODY, Graph
from .incident import Incident, Revision
from .sighting import Seen
from .stored import Around, Edges, Stored, around, edges, trains
from .verdict import Cause, Fact, Ground, Level

MACHINE = "machine"
"""The check that fails where no adapter of a machine is up."""
INSIDE = (Component.SITE_POWER, Component.LAN, Component.TERMINAL, Component.ACCESS_LINK)
"""What of a commune's own takes all its machines away at once."""
ALMOST, HARDLY = 0.95, 0.03
"""How surely an echo fails behind a broken part, and without one."""
RESTARTS_ANYWAY = 0.01
STAYS, STAYS_ON_BATTERY = 0.05, 0.6
"""How likely a machine survives a power cut: some have a battery that does not say so."""
ON_BATTERY_ANYWAY = 0.03
"""How often one runs on battery while there is power, or says that there is power while there is none."""
RAN_OUT, RESTARTED = 0.5, 0.1
"""How often a machine that went on and started anew before all was well had a battery that ran out, or was started anew
by people to whom nothing answered."""
MOST_RUNS = 5
"""Runs of a check that count, whatever came: an hour of answers must not count against the part that lets them be."""
MOST = 6.0
"""Nats that one machine's echoes of one kind, or the vantage's, may say: they are not independent."""
KEPT_NATS = 3.0
"""Causes that explain nearly as much as the best one stay in the class."""
_NIC_DOWN = {
    Component.LAN: 0.5, Component.TERMINAL: 0.15, Component.SITE_POWER: 0.9, Component.POWER_AREA: 0.9,
}  # fmt: skip
"""Some local networks are one cable; a terminal that goes dark takes the link of what is plugged into it; without power
whatever a cable ends in is dark."""
_SHARED_POWER = frozenset({Component.SITE_POWER, Component.POWER_AREA})


class Told(NamedTuple):
    """All that arrived of the time around a gap: of machines, and of the vantage's echoes by the part asked."""

    machines: Sequence[Stored]
    silenced: int
    """How many machines were cut off; those that have not come back yet are not in ``machines``."""
    probes: Mapping[str, Sequence[Seen]]
    """By a part's id: ``terminal:<line>``, ``access_node:<node>``."""


def may_be_revised(incident: Incident) -> bool:
    """Whether what was stored meanwhile can tell more: somebody was cut off, and it is over."""
    return incident.verdict.level is Level.DOWN and incident.ended_at is not None and bool(incident.verdict.agents)


def revise(incident: Incident, graph: Graph, told: Told, now: float) -> Revision | None:
    """What the incident was; None where nothing that arrived says anything."""
    candidates = _candidates(incident, graph)
    if not candidates or incident.ended_at is None:
        return None
    machines = [one for one in told.machines if one.boots or one.results]
    if not machines:
        return None
    seen = Around(incident.onset, incident.ended_at)
    gap = Around(*_closest(_sources(None, machines, told, seen), seen)[:2])
    scores = {part: _score(graph, part, machines, told, gap) for part in candidates}
    best = max(scores.values())
    kept = {part: score for part, score in scores.items() if score > best - KEPT_NATS}
    whole = sum(math.exp(score - best) for score in kept.values())
    causes = [Cause(part, math.exp(score - best) / whole) for part, score in kept.items()]
    causes.sort(key=lambda cause: -cause.probability)
    found = _edges(_kind(causes[0].part), machines, told, seen)
    return Revision(
        at=now,
        causes=tuple(causes),
        onset=found.onset,
        ended_at=max(found.ended_at, found.onset),
        grounds=_grounds(machines, told, gap),
    )


def _candidates(incident: Incident, graph: Graph) -> list[str]:
    """The commune's own parts where it was one commune's, and whatever the verdict itself held possible."""
    named = {incident.verdict.part, *(cause.part for cause in incident.verdict.causes)}
    communes = {graph.communes[at] for part in named if (at := _commune(graph, part)) != NOBODY}
    if not communes and len(incident.verdict.communes) == 1:
        communes = set(incident.verdict.communes)
    own = [
        part.id
        for part in graph.parts
        if part.commune in communes and part.kind in INSIDE and (part.kind is not Component.LAN or len(communes) == 1)
    ]
    return list(dict.fromkeys([*own, *(part for part in sorted(named) if part in graph.part_numbers)]))


def _commune(graph: Graph, part: str) -> int:
    number = graph.part_numbers.get(part, NOBODY)
    return NOBODY if number == NOBODY else int(graph.part_commune[number])


def _kind(part: str) -> Component:
    return Component(part.partition(":")[0])


def _score(graph: Graph, part: str, machines: Sequence[Stored], told: Told, gap: Around) -> float:
    kind = _kind(part)
    own = sum(_of_machine(kind, one, gap) for one in machines) + _of_adapters(kind, machines, gap)
    asked = sum(_of_probe(graph, part, target, seen, gap) for target, seen in told.probes.items())
    return own + asked + float(graph.log_rates[graph.part_numbers[part]])


def _of_machine(kind: Component, one: Stored, gap: Around) -> float:
    """How well one machine's word fits a broken part of this kind."""
    is_power = kind in _SHARED_POWER
    if one.booted_in(gap):
        return math.log(ALMOST if is_power else RESTARTS_ANYWAY)
    if not one.tells_of(gap):
        return 0.0
    found = _by_feed(one, is_power=is_power)
    if one.restarted_in(gap):
        found += math.log(RAN_OUT if is_power else RESTARTED)
    beyond_gateway = kind not in (*_SHARED_POWER, Component.LAN, Component.TERMINAL)
    found += _fit(trains(one.of(GATEWAY), gap), HARDLY if beyond_gateway else ALMOST)
    found += _fit(trains(one.of(LINE) or one.of(CORE), gap), ALMOST)
    return found


def _of_adapters(kind: Component, machines: Sequence[Stored], gap: Around) -> float:
    """Whether most of those that went on had no link: one switch takes it from all of them, so that it counts once."""
    seen = [trains(one.of(MACHINE), gap) for one in machines if one.booted_in(gap) is None]
    told = [one.failed > 0 for one in seen if one.of]
    if not told:
        return 0.0
    share = _NIC_DOWN.get(kind, HARDLY)
    return math.log(share if 2 * sum(told) > len(told) else 1 - share)


def _by_feed(one: Stored, *, is_power: bool) -> float:
    """That it went on, and what it says that it ran on."""
    if one.on_battery is None:
        return math.log(STAYS) if is_power else 0.0
    fits = one.on_battery is is_power
    stays = (STAYS_ON_BATTERY if one.on_battery else STAYS) if is_power else 1.0
    return math.log(stays * (1 - ON_BATTERY_ANYWAY if fits else ON_BATTERY_ANYWAY))


def _fit(counted: tuple[int, int], fails: float) -> float:
    """Log likelihood of so many failures where each is as likely as this, held to what correlated echoes may say."""
    failed, of = counted
    if not of:
        return 0.0
    said = failed * math.log(fails) + (of - failed) * math.log(1 - fails)
    return max(-MOST, said * min(1.0, MOST_RUNS / of))


def _of_probe(graph: Graph, part: str, target: str, seen: Sequence[Seen], gap: Around) -> float:
    """The vantage's echoes fail where the part lies on their way, and only there."""
    check = graph.names[""].get(target)
    if check is None:
        return 0.0
    way = graph.path(graph.first[""] + check)
    return _fit(trains(seen, gap), ALMOST if graph.part_numbers[part] in way else HARDLY)


def _edges(kind: Component, machines: Sequence[Stored], told: Told, gap: Around) -> Edges:
    """From when to when it was broken, by whatever brackets it most closely."""
    return _closest(_sources(kind, machines, told, gap), gap)


def _closest(sources: Iterable[Edges | None], gap: Around) -> Edges:
    return around([one for one in sources if one is not None], gap)


def _sources(kind: Component | None, machines: Sequence[Stored], told: Told, gap: Around) -> Iterator[Edges | None]:
    """What brackets a broken part of this kind; None: whatever it was."""
    if kind is not Component.LAN:
        yield from (edges(seen, gap) for seen in told.probes.values())
    near = kind in (None, Component.LAN, Component.TERMINAL)
    beyond = kind not in (Component.LAN, Component.TERMINAL)
    awake = [one for one in machines if not one.booted_in(gap)]
    for check in (*((GATEWAY,) if near else ()), *((LINE, CORE) if beyond else ())):
        yield edges([seen for one in awake for seen in one.of(check)], gap)
    if kind is None or kind in _SHARED_POWER:
        yield from _by_boots(machines, gap)


def _by_boots(machines: Sequence[Stored], gap: Around) -> list[Edges]:
    """A machine that lost its power was there until its last word, and is back with its boot."""
    booted = [(one, boot) for one in machines if (boot := one.booted_in(gap)) is not None]
    if not booted:
        return []
    last = [max((seen.at for seen in one.results if seen.at < boot), default=gap.onset) for one, boot in booted]
    onset, ended = max(last), min(boot for _, boot in booted)
    return [Edges(onset, ended, within=max(15.0, abs(gap.onset - onset)))]


def _grounds(machines: Sequence[Stored], told: Told, gap: Around) -> tuple[Ground, ...]:
    """Machines that told, those that booted, and how the stored echoes of the others went."""
    awake = [one for one in machines if one.booted_in(gap) is None]
    counted = {
        Fact.SILENT: (len(machines), told.silenced),
        Fact.BOOTED_INSIDE: (len(machines) - len(awake), len(machines)),
        Fact.ON_BATTERY: (sum(one.on_battery is True for one in machines), len(machines)),
        Fact.STORED_GATEWAY_FAILED: _share(awake, lambda one: _failed(one, GATEWAY, gap)),
        Fact.STORED_GATEWAY_WELL: _share(awake, lambda one: _well(one, GATEWAY, gap)),
        Fact.STORED_LINE_FAILED: _share(awake, lambda one: _failed(one, LINE, gap)),
        Fact.NIC_DOWN: _share(awake, lambda one: _failed(one, MACHINE, gap)),
    }
    probes = [
        Ground(Fact.PROBE_FAILS if 2 * failed > of else Fact.PROBE_ANSWERS, failed, of, target)
        for target, seen in told.probes.items()
        for failed, of in [trains(seen, gap)]
        if of
    ]
    kept = [Ground(fact, count, of) for fact, (count, of) in counted.items() if count or fact is Fact.SILENT]
    return (*kept, *probes)


def _share(machines: Sequence[Stored], holds: Callable[[Stored], bool]) -> tuple[int, int]:
    return sum(holds(one) for one in machines), len(machines)


def _failed(one: Stored, check: str, gap: Around) -> bool:
    failed, of = trains(one.of(check), gap)
    return 2 * failed > of


def _well(one: Stored, check: str, gap: Around) -> bool:
    failed, of = trains(one.of(check), gap)
    return of > 0 and 2 * failed <= of
