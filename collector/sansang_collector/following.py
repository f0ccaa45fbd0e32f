"""The evidence of a running collector: put away every minute, taken back at the start, and kept up with the log.

Everything here blocks and is for one thread at a time; the event loop hands it to one.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from sansang_agent.contract.assignment import Role

from .diagnosis.evidence import AHEAD_S, Evidence
from .diagnosis.graph import Graph
from .diagnosis.hearing import Ears
from .diagnosis.snapshots import SnapshotError, moved, restore, snapshot
from .graph_in_force import GraphInForce
from .habituation import Habituation
from .incidents import evidence_rows, manners
from .inventory.versions import Version
from .log import Entry, ReportLog
from .sightings import sightings
from .store import Store

_LOG = logging.getLogger(__name__)

NAME = "diagnosis"
BATCH_REPORTS = 500
REPLAYED = 500_000
"""Envelopes at most: what lies further back says nothing of the present."""


class Kept(NamedTuple):
    """What is to be put away, in one transaction with what it goes with."""

    position: int
    at: float
    body: bytes

    def write(self, connection: Connection) -> None:
        """Put it away."""
        evidence_rows.keep(connection, *self)


class Following:
    """Made for an open store and log; :meth:`begin` once, then :meth:`catch_up` whenever there may be news."""

    def __init__(self, store: Store, log: ReportLog, now: Callable[[], float], habituation: Habituation) -> None:
        self._store = store
        self._log = log
        self._now = now
        self._habituation = habituation
        self._graphs = GraphInForce()
        self._vantages: frozenset[int] = frozenset()
        self.evidence: Evidence | None = None
        """None without an inventory."""
        self.ears = Ears(now())
        self.position = 0
        """Up to where the log is in the evidence."""

    @property
    def graph(self) -> Graph | None:
        """What there is; None without an inventory."""
        return self._graphs.graph

    def begin(self, version: Version | None) -> None:
        """Take back what was put away and read the log from there to its end."""
        self.position = self._log.position
        now = self._now()
        with self._store.read() as connection:
            kept = evidence_rows.kept(connection)
            self._graphs.look(connection, version, now)
        if self.graph is None:
            return
        self._know(self.graph)
        if kept is not None:
            self.evidence = self._taken_back(kept, self.graph, now)
        if self.evidence is not None and kept is not None:
            self.position = max(kept.position, self._log.position - REPLAYED)
            self.catch_up()
        else:
            self.evidence = Evidence(self.graph, now)
        self.listen()

    def listen(self) -> None:
        """What was said until now could not be heard; hold back until everyone had the time to speak."""
        now = self._now()
        self.ears.listen(self.evidence, now)
        if self.evidence is not None:
            self.evidence.since = now

    def pause(self, now: float) -> None:
        """The clock was set, or this program stood still."""
        if self.evidence is not None and now < self.evidence.now - AHEAD_S:
            self._know(self.evidence.graph)
            self.evidence = Evidence(self.evidence.graph, now)
        self.listen()

    def renew(self, version: Version | None) -> None:
        """Bring graph and evidence up to what is in force; where that fails, the next time does the rest."""
        began = time.perf_counter()
        with self._store.read() as connection:
            self._graphs.look(connection, version, self._now())
        graph, before = self.graph, self.evidence
        if graph is None:
            self.evidence = None
        elif before is None:
            self._know(graph)
            self.evidence = Evidence(graph, self._now())
            self.listen()
        elif before.graph is not graph:
            self._know(graph)
            self.evidence = moved(before, graph)
            self._graphs.took(time.perf_counter() - began)

    def catch_up(self) -> bool:
        """Read the log to its end; whether a check that was well has failed."""
        if self.evidence is None:
            self._reached(self._log.position)
            return False
        fresh = False
        while entries := self._log.read_from(self.position, BATCH_REPORTS):
            fresh |= self._take_or_skip(self.evidence, entries)
            self._reached(entries[-1].position)
        return fresh

    def _reached(self, position: int) -> None:
        self.position = position
        self._log.reached(NAME, position)

    def _take_or_skip(self, evidence: Evidence, entries: Sequence[Entry]) -> bool:
        """Take entries in; one that cannot be is left out, and the others count."""
        try:
            return self._take(evidence, entries)
        except OperationalError:
            raise
        except Exception:  # noqa: BLE001  # one bad entry must not stop the diagnosis for good
            if len(entries) > 1:
                return sum(self._take_or_skip(evidence, [one]) for one in entries) > 0
            _LOG.exception("the diagnosis leaves out position %d", entries[0].position)
            return False

    def _take(self, evidence: Evidence, entries: Sequence[Entry]) -> bool:
        with self._store.read() as connection:
            found = sightings(connection, entries)
        fresh = False
        for one in found:
            fresh |= evidence.apply(one)
            self._habituation.take(one)
            if one.agent in self._vantages:
                self.ears.take(one)
        return fresh

    def put_away(self) -> Kept | None:
        """What is known, to be written."""
        return None if self.evidence is None else Kept(self.position, self._now(), snapshot(self.evidence))

    def _know(self, graph: Graph) -> None:
        self._habituation.know(graph, self._manners, self._now())
        self._vantages = frozenset(one.id for one in graph.agents if one.role is Role.VANTAGE)
        if graph.unplaced:
            _LOG.info("%d machines are in no commune of the inventory: nothing is found out of them",
                      len(graph.unplaced))  # fmt: skip

    def _manners(self) -> manners.Kept:
        with self._store.read() as connection:
            return manners.read(connection)

    def _taken_back(self, kept: evidence_rows.KeptEvidence, graph: Graph, now: float) -> Evidence | None:
        try:
            return restore(kept.body, graph, now)
        except SnapshotError as error:
            _LOG.warning("the evidence that was put away cannot be used (%s); it is gathered anew", error)
            return None
