"""Machines of whole areas that fall silent at once while their terminals answer: they restart, no network broke. Pure.

Whoever rolls out an update restarts a whole province; that many local networks never break within the same minute.
"""

import math
from collections.abc import Sequence

from sansang_agent.contract.rung import Component

from .graph import Graph
from .verdict import Level, Verdict

LEAST, SHARE = 4, 0.05
"""So many local networks, and this share of all communes, are too many to break at once …"""
TOGETHER_S = 60.0
"""… within so long."""
RESTART_S = 150.0
"""Who is not back from a restart after this is worth telling whatever the reason."""
_LAN = f"{Component.LAN}:"


class Restarts:
    """Remembers the last wave of them, for those who take longer than most."""

    def __init__(self, graph: Graph) -> None:
        self._least = max(LEAST, SHARE * len(graph.communes))
        self._wave = -math.inf

    def restarting(self, found: Sequence[Verdict], now: float) -> frozenset[str]:
        """Local networks (ids) of which ``found`` says that they are down, but whose machines probably restart."""
        onsets = {one.part: one.onset for one in found if one.part.startswith(_LAN) and one.level is Level.DOWN}
        young = {part: onset for part, onset in onsets.items() if now - onset < RESTART_S}
        for onset in young.values():
            if sum(abs(onset - other) <= TOGETHER_S for other in young.values()) >= self._least:
                self._wave = onset
        return frozenset(part for part, onset in young.items() if abs(onset - self._wave) <= TOGETHER_S)
