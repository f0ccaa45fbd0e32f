"""While an incident is young or only suspected, a few machines are asked to look closer: longer trains, one page again.

What they find is evidence like any other result, and comes minutes sooner than by waiting. Everything it goes by is in
the ledger, so that a restart asks nothing twice; budgets are those of every request.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.check import Check, DnsCheck, IcmpCheck, kind_of
from sansang_agent.contract.rung import Component
from sansang_collector import asking, requests, second_opinion
from sansang_collector.asking import Wish, shared_host
from sansang_collector.asking_words import AskError
from sansang_collector.diagnosis.graph import Graph
from sansang_collector.diagnosis.incident import Incident, Phase
from sansang_collector.diagnosis.verdict import Level
from sansang_collector.inventory.in_force import InForce
from sansang_collector.inventory.model import Inventory
from sansang_collector.profiles.sites import Site, filled, sites
from sansang_collector.profiles.templates import templates
from sansang_collector.requests import Asked
from sansang_collector.rounds import Rounds
from sansang_collector.second_opinion import Service, services_of
from sansang_collector.store import Store
from sansang_collector.topology import CORE, GATEWAY, INTERNET, LINE, NAMES

from . import rows

_LOG = logging.getLogger(__name__)

WHO = "sansang"
"""Who asks, in the audit and among requests; why it does is the incident's code."""
LOOK_SECONDS = 5.0
REMEMBERED_S = 3600.0
EVERY_S = 60.0
"""One incident has machines asked at most this often, and one machine is asked at most this often."""
MOST_MACHINES, MOST_AT_ONCE = 3, 6
"""Of one incident, and of all of them in one look."""
YOUNG_S, LONGEST_S = 120.0, 900.0
"""How long an open incident is looked at closer, and a suspicion or a line that loses."""
ECHOES, TRAIN_S = 20, 8.0
_NETWORK = (GATEWAY, LINE, CORE)
_LOOKS = {
    Component.LAN: _NETWORK,
    Component.SITE_POWER: _NETWORK,
    Component.TERMINAL: _NETWORK,
    Component.ACCESS_LINK: _NETWORK,
    Component.POWER_AREA: _NETWORK,
    Component.ACCESS_NODE: _NETWORK,
    Component.SHARED_RISK: _NETWORK,
    Component.ARC: _NETWORK,
    Component.RING: _NETWORK,
    Component.CORE: (CORE, LINE),
    Component.WAN: (INTERNET, CORE),
    Component.DNS: (NAMES, CORE),
}
"""Which of its own checks a machine makes again, by what is suspected; services are asked for by their own."""


class Closer(NamedTuple):
    """One machine's look: its commune and name, and what it is to ask once."""

    commune: str
    agent: str
    check: Check


class Knowledge(NamedTuple):
    """What there is to ask, made once for an applied inventory."""

    graph: Graph
    sites: Mapping[str, Site]
    services: Mapping[str, Service]
    """By the ids of their checks."""


class CloserLook:
    """One collector's. ``graph`` is what the diagnosis works with now, None before there is one."""

    def __init__(
        self, store: Store, inventory: InForce, graph: Callable[[], Graph | None], now: Callable[[], float]
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._graph = graph
        self._now = now
        self._known: tuple[Graph, Inventory, Knowledge] | None = None
        self.rounds = Rounds(LOOK_SECONDS, now, self.look, "what is to be looked at closer")
        """When it looks."""

    async def look(self) -> int:
        """Ask what is due; how many requests that made."""
        made = 0
        for why, one in await asyncio.to_thread(self._due):
            try:
                asked = await self._store.write(partial(self._ask, why, one))
            except AskError as error:
                _LOG.info("%s in %s is not asked because of incident %s: %s", one.agent, one.commune, why, error)
            else:
                made += 1
                _LOG.info("%s in %s looks closer because of incident %s", asked.agent_name, one.commune, why)
        return made

    def _ask(self, why: str, one: Closer, connection: Connection) -> Asked:
        check = one.check
        wish = Wish(commune=one.commune, agent=one.agent, kind=kind_of(check), target=check.target, why=why)
        return asking.ask_check(connection, wish, check, WHO, self._now())

    def _due(self) -> list[tuple[str, Closer]]:
        graph, version, now = self._graph(), self._inventory.version, self._now()
        if graph is None or version is None:
            return []
        with self._store.read() as connection:
            young = [one.incident for one in rows.under_way(connection) if is_worth_it(one.incident, now)]
            if not young:
                return []
            before = [one for who in (WHO, second_opinion.WHO) for one in
                      requests.asked_by(connection, who, now - REMEMBERED_S)]  # fmt: skip
        return list(chosen(young, self._knowledge(graph, version.inventory), before, now))

    def _knowledge(self, graph: Graph, inventory: Inventory) -> Knowledge:
        if self._known is None or self._known[0] is not graph or self._known[1] is not inventory:
            made = Knowledge(graph, sites(inventory), services_of(inventory))
            self._known = graph, inventory, made
        return self._known[2]


def is_worth_it(incident: Incident, now: float) -> bool:
    """Whether more evidence would help: a suspicion, a young incident, or a line that loses and was found lately."""
    if incident.held_back.startswith("maintenance") or incident.verdict.expected_off:
        return False
    age = now - incident.detected_at
    if incident.phase is Phase.SUSPECT or incident.verdict.level is not Level.DOWN:
        return incident.phase in (Phase.SUSPECT, Phase.OPEN) and 0 <= age < LONGEST_S
    return incident.phase is Phase.OPEN and 0 <= age < YOUNG_S


def chosen(
    incidents: Iterable[Incident], known: Knowledge, before: Sequence[Asked], now: float
) -> Iterator[tuple[str, Closer]]:
    """Codes of incidents with what to ask because of them, the oldest first. Pure.

    ``before``: what this and second opinions asked in the last hour; services' hosts have one budget for both.
    """
    lately = [asked for asked in before if 0 <= now - asked.asked_at < EVERY_S]
    told = {asked.why for asked in lately if asked.who == WHO}
    machines = {(asked.commune, asked.agent_name) for asked in lately}
    hosts = _busy(known, before, now)
    left = MOST_AT_ONCE
    for incident in sorted(incidents, key=lambda one: one.detected_at):
        if incident.code in told:
            continue
        of_this = 0
        for one in looks(incident, known):
            host = shared_host(one.check)
            if left <= 0 or of_this >= MOST_MACHINES:
                break
            if (one.commune, one.agent) in machines or host in hosts:
                continue
            machines.add((one.commune, one.agent))
            hosts |= {host} - {""}
            left, of_this = left - 1, of_this + 1
            yield incident.code, one


def _busy(known: Knowledge, before: Iterable[Asked], now: float) -> set[str]:
    """Hosts that others use too and that were asked so lately that their budget is spent."""
    found = set()
    for one in before:
        service = known.services.get(one.request.check.id)
        if 0 <= now - one.asked_at < (service.apart_s if service else EVERY_S):
            found.add(shared_host(one.request.check))
    return found - {""}


def looks(incident: Incident, known: Knowledge) -> Iterator[Closer]:
    """Everything worth asking because of one incident, each of another machine that still speaks, best first."""
    if incident.verdict.services:
        yield from _of_services(incident, known)
        return
    part = incident.verdict.part
    kind = Component(part.partition(":")[0])
    names = _LOOKS.get(kind, ())
    free = list(_machines(incident, known))
    for name in names:
        for at, (commune, agent, role) in enumerate(free):
            check = _own_check(role, name, known.sites.get(commune, {}))
            if check is not None:
                del free[at]
                yield Closer(commune, agent, check)
                break


def _machines(incident: Incident, known: Knowledge) -> Iterator[tuple[str, str, Role]]:
    """Machines below the part that still speak, those of communes that are hit first, communes in turn."""
    verdict, graph = incident.verdict, known.graph
    silent = set(verdict.agents)
    number = graph.part_numbers.get(verdict.part)
    by_commune: dict[str, list[tuple[str, str, Role]]] = {code: [] for code in verdict.communes}
    for at, one in enumerate(graph.agents):
        if one.role is Role.VANTAGE or one.id in silent:
            continue
        below = number is not None and number in graph.path(int(graph.report_check[at]))
        if one.commune in by_commune or below:
            by_commune.setdefault(one.commune, []).append((one.commune, one.name, one.role))
    for turn in range(MOST_MACHINES):
        for own in by_commune.values():
            if turn < len(own):
                yield own[turn]


def _own_check(role: Role, name: str, site: Site) -> Check | None:
    """The machine's own check of this name, as a longer train where it is echoes; None where it has none."""
    for check in filled(templates()[role].checks, site):
        if check.id == name and isinstance(check, IcmpCheck):
            return msgspec.structs.replace(check, count=ECHOES, timeout=TRAIN_S, confirm=False)
        if check.id == name and isinstance(check, DnsCheck):
            return msgspec.structs.replace(check, confirm=False)
    return None


def _of_services(incident: Incident, known: Knowledge) -> Iterator[Closer]:
    """One check of each service once more, from a commune that has not said that it fails, else from any."""
    verdict = incident.verdict
    others = [one for one in known.graph.agents if one.role is not Role.VANTAGE and one.id not in verdict.agents]
    others.sort(key=lambda one: (one.commune in verdict.communes, one.role is not Role.MINI))
    for service in verdict.services:
        own = [one.check for one in known.services.values() if one.id == service]
        wants_page = verdict.part.startswith(Component.SVC_APP)
        own.sort(key=lambda check: (kind_of(check) == "http") is not wants_page)
        if own and others:
            one = others.pop(0)
            yield Closer(one.commune, one.name, own[0])
