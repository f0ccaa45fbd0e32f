"""What the running diagnosis learns as it goes: from reports and looks to beliefs, and to rows now and then.

Everything here is for the thread that thinks; only what :meth:`Habituation.due` gives is written elsewhere.
"""

import logging
from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple

from sqlalchemy import Connection

from .diagnosis import doubts as suspected
from .diagnosis.beliefs import Beliefs
from .diagnosis.believing import beliefs_at, is_enough
from .diagnosis.evidence import Evidence
from .diagnosis.graph import Graph
from .diagnosis.incident import Incident
from .diagnosis.learning import Learned
from .diagnosis.sighting import Sighting
from .diagnosis.terminals import FOLD_S
from .diagnosis.troubles import troubles
from .expected import Usual
from .incidents import doubts, manners
from .incidents.doubts import Noted
from .incidents.manners import Kept, Rows, Turns

_LOG = logging.getLogger(__name__)

BELIEVE_S = 60.0
SINCE_S = 2400.0
"""Incidents that ended longer ago explain nothing that is still to be learned."""


class Due(NamedTuple):
    """What is to be written."""

    rows: Rows
    noted: tuple[Noted, ...]
    at: float

    def write(self, connection: Connection) -> None:
        """Write it."""
        manners.write(connection, self.rows, self.at)
        doubts.note(connection, self.noted, self.at)

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.rows.manners or self.rows.evenings or self.noted)


class Habituation:
    """One collector's; ``usual`` gives calendars and habits as they are known now."""

    def __init__(self, usual: Callable[[], Usual]) -> None:
        self._usual = usual
        self.learned: Learned | None = None
        """Of the graph in use; None before there is one."""
        self._turns: Turns | None = None
        self._taken: set[int] = set()
        self._noted: list[Noted] = []
        self._learned_at = self._believed_at = -inf

    @property
    def is_own(self) -> bool:
        """Whether what is believed is this province's own by now."""
        return self.learned is not None and is_enough(self.learned)

    def know(self, graph: Graph, kept: Callable[[], Kept], now: float) -> None:
        """Go on with this graph; what was learned is taken from memory, or from what was ``kept``."""
        before, made = self.learned, Learned(graph)
        if before is None:
            rows = kept()
            self._turns = Turns(rows.evenings, now)
        else:
            ids = [one.id for one in before.graph.agents if before.days[before.graph.agent_numbers[one.id]] > 0]
            rows = Kept({id_: before.manner(id_) for id_ in ids}, dict(before.evenings))
            made.heard |= before.heard
        made.restore(*rows)
        if before is not None and before.upto <= now:  # else the clock was set back, and it would wait for its time
            made.go_on_from(before)
        self.learned = made
        self._believed_at = self._learned_at = -inf

    def take(self, one: Sighting) -> None:
        """Learn of one report."""
        if self.learned is not None:
            self.learned.take(one)

    def was_deaf(self, now: float) -> None:
        """The collector itself could not hear until now."""
        if self.learned is not None:
            self.learned.was_deaf(now)

    def looked(self, evidence: Evidence, incidents: Sequence[Incident], now: float) -> None:
        """Learn of what lies far enough back, and whether somebody is on the wrong side of an incident."""
        learned = self.learned
        if learned is None or learned.graph is not evidence.graph:
            return
        self._taken &= {one.id for one in incidents}
        for one in incidents:
            if one.id and one.id not in self._taken and suspected.is_due(one, now):
                self._taken.add(one.id)
                found = suspected.doubts(one, learned.graph, learned.sites, evidence)
                self._noted += [Noted(one.id, tuple(found))] if found else []
        if 0 <= now - self._learned_at < FOLD_S:
            return
        self._learned_at = now
        learned.fold(evidence, self._usual(), troubles(one for one in incidents if _matters(one, now)))
        evidence.usual_ms = learned.usual_ms

    def beliefs(self, now: float) -> Beliefs | None:
        """New ones once a minute; None in between."""
        if self.learned is None or 0 <= now - self._believed_at < BELIEVE_S:
            return None
        self._believed_at = now
        return beliefs_at(self.learned, self.learned.graph, self._usual(), now)

    def due(self, now: float, *, all_of_it: bool = False) -> Due:
        """What is to be written now; ``all_of_it`` before stopping."""
        if self.learned is None or self._turns is None:
            return Due(Rows({}, {}), (), now)
        noted, self._noted = tuple(self._noted), []
        return Due(self._turns.due(self.learned, now, all_of_it=all_of_it), noted, now)


def _matters(one: Incident, now: float) -> bool:
    return one.ended_at is None or now - one.ended_at < SINCE_S
