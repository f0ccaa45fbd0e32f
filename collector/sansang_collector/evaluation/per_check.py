"""What most tools do: an alert for each check that failed three times in a row, with or without parents. Pure.

Parents are set up as one would in Zabbix or Icinga: a check is held back while something nearer on its way alerts.
"""

from collections.abc import Iterable

import numpy as np

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import NOBODY, Graph
from sansang_collector.diagnosis.sighting import Sighting
from sansang_collector.topology import CORE, GATEWAY, INTERNET, LINE, NAMES

from .keeping import Said

IN_A_ROW = 3
SILENT_S = 50.0
_NEARER = {LINE: GATEWAY, CORE: LINE, INTERNET: CORE, NAMES: CORE}
_TARGETS = {CORE: "core", INTERNET: "wan"}
_SILENCE = "report"

Key = tuple[int, str]
"""A machine's number and its check; NOBODY for the vantage's."""


class Streaks:
    """How often each check failed in a row, for all who ask."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._failed: dict[Key, int] = {}

    def hear(self, sighting: Sighting) -> None:
        """Count failures in a row."""
        number = self._graph.agent_numbers.get(sighting.agent, NOBODY)
        owner = number if number != NOBODY and self._graph.agent_commune[number] != NOBODY else NOBODY
        for one in sighting.results:
            if not one.live:
                continue
            if 2 * one.failed > one.tried:
                key = (owner, one.check)
                self._failed[key] = self._failed.get(key, 0) + 1
            elif self._failed:
                self._failed.pop((owner, one.check), None)

    def failing(self) -> set[Key]:
        """Those that failed often enough."""
        return {key for key, count in self._failed.items() if count >= IN_A_ROW}


class PerCheck:
    """One alert for each check; ``parents``: held back while a nearer check alerts."""

    def __init__(self, name: str, graph: Graph, streaks: Streaks, *, parents: bool) -> None:
        self.name, self.said = name, list[Said]()
        self._graph, self._streaks, self._parents = graph, streaks, parents
        self._open: dict[Key, Said] = {}
        self._held: set[Key] = set()
        self._homes = {graph.communes[graph.part_commune[n]]: part.id for n, part in enumerate(graph.parts)
                       if part.kind is Component.TERMINAL}  # fmt: skip
        self._node_of = {code: _node(graph, code) for code in self._homes}
        self._resolver = next((part.id for part in graph.parts if part.kind is Component.DNS), "dns")

    def look(self, evidence: Evidence, now: float) -> None:
        """Alert for what has failed often enough, end what has not."""
        quiet = now - evidence.spoke
        silent = np.flatnonzero((quiet > SILENT_S) & np.isnan(evidence.bye) & (self._graph.agent_commune != NOBODY))
        failing = self._streaks.failing()
        failing |= {(int(number), _SILENCE) for number in silent}
        for key in [key for key in self._open if key not in failing]:
            self._open.pop(key).ended_at = now
        for key in sorted(failing - self._open.keys()):
            if not (self._parents and any(above in failing for above in self._above(key))):
                target = self._target(key)
                said = self._open[key] = Said(target, frozenset({target}), now)
                self.said.append(said)

    def _above(self, key: Key) -> Iterable[Key]:
        """What is nearer on the way, or between the centre and there."""
        number, check = key
        if number == NOBODY:
            yield (NOBODY, CORE)
            if check.startswith(f"{Component.TERMINAL}:"):
                line = self._graph.part_numbers.get(check, NOBODY)
                if line != NOBODY:
                    yield (NOBODY, self._node_of[self._graph.communes[self._graph.part_commune[line]]])
            return
        code = self._graph.agents[number].commune
        yield from ((NOBODY, self._homes[code]), (NOBODY, self._node_of[code]), (NOBODY, CORE))
        if check != _SILENCE:
            yield (number, _SILENCE)
        nearer = _NEARER.get(check, NAMES if check not in (GATEWAY, _SILENCE) else None)
        while nearer is not None:
            yield (number, nearer)
            nearer = _NEARER.get(nearer)
        if check.endswith("-http"):
            yield (number, check.removesuffix("-http") + "-tcp")

    def _target(self, key: Key) -> str:
        """The part a check asks."""
        number, check = key
        if number == NOBODY:
            return check
        code = self._graph.agents[number].commune
        if check == _SILENCE:
            return f"{Component.PC}:{self._graph.agents[number].key}"
        own = {GATEWAY: self._homes[code], LINE: self._node_of[code], NAMES: self._resolver, **_TARGETS}
        if check in own:
            return own[check]
        kind = Component.SVC_APP if check.endswith("-http") else Component.SVC_TCP
        return f"{kind}:{check.rpartition('-')[0]}"


def _node(graph: Graph, code: str) -> str:
    """The access node that a commune's first terminal hangs from."""
    for number, part in enumerate(graph.parts):
        if part.kind is Component.TERMINAL and graph.part_commune[number] != NOBODY and part.commune == code:
            check = graph.first[""] + graph.names[""][part.id]
            path = [graph.parts[n] for n in graph.path(check)]
            return next((one.id for one in path if one.kind is Component.ACCESS_NODE), "")
    return ""
