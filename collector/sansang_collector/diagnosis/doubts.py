"""Whether the inventory may have a commune under the wrong part: on which side of what broke was it? Pure.

Some stay alive below it, some fall silent with it elsewhere. Once says
little; the same commune twice on the wrong side is a proposal to look at its entry.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sansang_agent.contract.rung import Component

from .evidence import REPORT_S, Evidence
from .graph import NOBODY, Graph
from .incident import Incident, Phase
from .terminals import Sites
from .verdict import Level

SETTLED_S, TOO_LATE_S = 60.0, 600.0
"""How old an incident is when sides are taken: all that fell silent with it has, and nothing else has happened yet."""
TOGETHER_S = 15.0
MOST_ELSEWHERE = 3
"""Where more communes fall silent outside of a part, something else happened too."""
_ASKED = frozenset({Component.ACCESS_NODE, Component.ARC, Component.RING, Component.SHARED_RISK})


class Doubt(NamedTuple):
    """A commune on the wrong side of an incident: parts' ids, ``probable`` empty where nothing speaks for another."""

    commune: str
    declared: str
    probable: str


class _Sides(NamedTuple):
    """By commune's number."""

    stayed: NDArray[np.bool_]
    """Somebody there spoke after the onset."""
    fell: NDArray[np.bool_]
    """All that spoke before fell silent together with it, without a goodbye, and its terminal does not answer."""


def is_due(incident: Incident, now: float) -> bool:
    """Whether sides are to be taken now."""
    kind = Component(incident.verdict.part.partition(":")[0])
    shared = kind in _ASKED and incident.verdict.level is Level.DOWN
    return shared and incident.phase is Phase.OPEN and SETTLED_S <= now - incident.onset <= TOO_LATE_S


def doubts(incident: Incident, graph: Graph, sites: Sites, evidence: Evidence) -> list[Doubt]:
    """The communes on the wrong side of an incident that :func:`is_due`."""
    part = graph.part_numbers.get(incident.verdict.part, NOBODY)
    if part == NOBODY:
        return []
    below = communes_below(graph, part)
    sides = _sides(graph, sites, evidence, incident.onset)
    found = []
    stayed, fell = np.nonzero(below & sides.stayed)[0], np.nonzero(~below & sides.fell)[0]
    if 2 * len(stayed) < below.sum():  # else the verdict itself is in doubt
        found += [Doubt(graph.communes[one], parent(graph, int(one), part, own=True), "") for one in stayed]
    if len(fell) <= MOST_ELSEWHERE:
        probable = _place(graph.parts[part].id)
        found += [Doubt(graph.communes[one], parent(graph, int(one), part, own=False), probable) for one in fell]
    return [one for one in found if one.declared and one.declared != one.probable]


def communes_below(graph: Graph, part: int) -> NDArray[np.bool_]:
    """By commune: whether its machines' reports cross the part."""
    found = np.zeros(len(graph.communes), np.bool_)
    for agent, check in enumerate(graph.report_check.tolist()):
        commune = int(graph.agent_commune[agent])
        if NOBODY not in (check, commune) and not found[commune]:
            found[commune] = part in graph.path(check)
    return found


def parent(graph: Graph, commune: int, part: int, *, own: bool) -> str:
    """What the commune is declared under, as far in as the part that broke: a ring, an access node, a shared risk.

    ``own``: the part lies on its way; of a section of a ring then its access node is doubted, not the ring.
    """
    kind = graph.parts[part].kind
    if own and kind in (Component.SHARED_RISK, Component.RING, Component.ACCESS_NODE):
        return graph.parts[part].id
    wanted = Component.RING if kind in (Component.RING, Component.ARC) and not own else Component.ACCESS_NODE
    agent = int(np.argmax(graph.agent_commune == commune))
    way = [graph.parts[number] for number in graph.path(int(graph.report_check[agent]))]
    return next((one.id for kind in (wanted, Component.ACCESS_NODE) for one in way if one.kind is kind), "")


def _place(part: str) -> str:
    """Where a commune would be entered: of a section of a ring, the ring."""
    kind, _, which = part.partition(":")
    return f"{Component.RING}:{which.partition('/')[0]}" if kind == Component.ARC else part


def _sides(graph: Graph, sites: Sites, evidence: Evidence, onset: float) -> _Sides:
    count = len(graph.communes)
    agents = graph.agent_commune != NOBODY
    spoke, communes = evidence.spoke[agents], graph.agent_commune[agents]
    before = spoke >= onset - 2 * REPORT_S - TOGETHER_S
    left = evidence.bye[agents] >= onset - 2 * REPORT_S - TOGETHER_S
    after = spoke > onset + TOGETHER_S
    alive = np.bincount(communes[after & before], minlength=count) > 0
    gone = np.bincount(communes[before & ~after & ~left], minlength=count) > 0
    said = np.bincount(communes[before & left], minlength=count) > 0
    return _Sides(alive, gone & ~alive & ~said & _dark(sites.terminals, evidence, count))


def _dark(terminals: Mapping[int, NDArray[np.int32]], evidence: Evidence, count: int) -> NDArray[np.bool_]:
    """By commune: whether its terminals do not answer; those without an echo are believed to."""
    found = np.ones(count, np.bool_)
    for commune, checks in terminals.items():
        found[commune] = bool(evidence.last_failed[checks].all())
    return found
