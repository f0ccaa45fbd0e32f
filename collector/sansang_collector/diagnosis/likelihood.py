"""How much better "this part is down" explains the answers that came than "it is well": log-likelihood ratios. Pure.

One sum per cell (``candidates``) and window; only checks that answered lately take part, so that a look stays cheap.
"""

from typing import NamedTuple

import numpy as np

from sansang_agent.contract.rung import Component

from .candidates import Candidates, Flags, Places
from .evidence import Evidence
from .graph import KINDS, Floats, Graph

WINDOWS = (*range(1, 13), 15, 18, 24, 36)
"""Lengths in slots: 5 s to 3 min; each of the first minute, in which it is found out what broke."""
LONGEST_S = 180.0
AGAIN_S = 960.0
"""Who answered within this time will soon do so again: pages are asked for every quarter of an hour."""
DOWN = 0.98
"""How much of what crosses it a part that is down spoils."""
MOST = 0.999
EXPLAINED = 0.9
"""A check expected to fail as often as this has its failures explained already: they speak for nothing else."""
CLIP = 5.0
"""Nats that one result speaks at most: losses within one train are not independent."""
_NO_RETRY_HELPS = (Component.DNS, Component.PDC, Component.SVC_TCP, Component.SVC_APP, Component.PC, Component.PC_APP)


class Active(NamedTuple):
    """The checks that answered lately, and their edges."""

    checks: Places
    """Their numbers in the graph."""
    source: Places
    """By edge: the place of its check in ``checks``; so many further where only what went well counts."""
    cell: Places
    """By edge, ascending."""
    begins: Places
    """Where the edges of each cell that has some begin."""


class Sums(NamedTuple):
    """By window and active check."""

    failed: Floats
    tried: Floats
    results: Floats


def active(evidence: Evidence, candidates: Candidates, before: Active | None) -> Active:
    """The checks with an answer within the longest window, and those that will have one soon; ``before`` again while
    it has them all and few more.
    """
    lately = evidence.last_at >= evidence.now - AGAIN_S
    if before is not None:
        known = np.zeros_like(lately)
        known[before.checks] = True
        news = (evidence.last_at >= evidence.now - LONGEST_S - 60.0) & ~known
        if not news.any() and len(before.checks) <= 1.25 * lately.sum() + 64:
            return before
    checks = np.flatnonzero(lately)
    place = np.zeros(len(lately), np.intp)
    place[checks] = np.arange(len(checks))
    kept = lately[candidates.edge_check]
    source = place[candidates.edge_check[kept]] + len(checks) * candidates.edge_reported[kept]
    cell = candidates.edge_cell[kept].astype(np.intp)
    return Active(checks, source, cell, np.flatnonzero(np.diff(cell, prepend=-1)))


def narrow(chosen: Active, cells: Flags) -> Active:
    """With the edges of some cells alone, which are numbered anew."""
    kept = cells[chosen.cell]
    cell = (np.cumsum(cells) - 1)[chosen.cell[kept]]
    return chosen._replace(source=chosen.source[kept], cell=cell, begins=np.flatnonzero(np.diff(cell, prepend=-1)))


def sums(evidence: Evidence, chosen: Active, ignored: Flags) -> Sums:
    """What the active checks found by window; ``ignored`` (by check) ones found nothing."""
    found = evidence.newest(WINDOWS, chosen.checks)
    nothing = ignored[chosen.checks]
    if nothing.any():
        found[:, :, nothing] = 0.0
    return Sums(*found)


def spoils(graph: Graph, part: int, share: float, is_echo: Flags) -> Floats:
    """How often a part that spoils ``share`` of what crosses it makes each check fail: two retries hide losses."""
    hidden = share < DOWN and KINDS[graph.kinds[part]] not in _NO_RETRY_HELPS
    return np.where(is_echo | (not hidden), share, share**3)


def expect(expected: Floats, crossing: Flags, effect: Floats) -> Floats:
    """How often active checks fail when one more part is broken that ``crossing`` ones cross."""
    return np.where(crossing, np.minimum(1 - (1 - expected) * (1 - effect), MOST), expected)


def crossing(chosen: Active, candidates: Candidates, part: int) -> Flags:
    """Which active checks cross a part."""
    found = np.zeros(len(chosen.checks), np.bool_)
    if len(found):
        found[chosen.source[candidates.cell_part[chosen.cell] == part] % len(found)] = True
    return found


def ratios(expected: Floats, seen: Sums) -> Floats:
    """By window and active check: nats for "a part on its way is down", where it is ``expected`` to fail so often."""
    if_down = np.minimum(1 - (1 - expected) * (1 - DOWN), MOST)
    bad = np.where(expected > EXPLAINED, 0.0, np.log(if_down / expected))
    good = np.log((1 - if_down) / (1 - expected))
    nats, well, most = seen.failed * bad, seen.tried - seen.failed, CLIP * seen.results
    well *= good
    nats += well
    np.minimum(nats, most, out=nats)
    return np.maximum(nats, np.negative(most, out=most), out=nats)


def by_cell(nats: Floats, chosen: Active, candidates: Candidates) -> Floats:
    """By window and cell. What failed of a machine whose report came through the part says nothing against the part."""
    found = np.zeros((len(nats), len(candidates.cell_part)))
    if len(chosen.begins):
        both = np.concatenate([nats, np.minimum(nats, 0.0)], axis=1)
        for row, one in zip(found, both, strict=True):
            row[chosen.cell[chosen.begins]] = np.add.reduceat(one.take(chosen.source), chosen.begins)
    return found
