"""Revises incidents once the silenced machines have told what they stored: class, onset, end, the rungs' intervals.

Nobody is paged. Everything it goes by is in the ledger, so that a restart revises nothing twice and forgets nothing.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, select

from sansang_agent.contract.outcome import Outcome, outcome_of
from sansang_collector import bundles
from sansang_collector.boots import BOOT
from sansang_collector.chunks import Single
from sansang_collector.contact import CONTACT
from sansang_collector.diagnosis import backfill
from sansang_collector.diagnosis.backfill import AROUND_S, OWN, Contact, probed
from sansang_collector.diagnosis.graph import VANTAGE_KEY, Graph
from sansang_collector.diagnosis.incident import Happening, Incident, Phase, Revision, Step
from sansang_collector.diagnosis.revision import Told, may_be_revised, revise
from sansang_collector.diagnosis.sighting import Seen
from sansang_collector.diagnosis.stored import Stored
from sansang_collector.log import ReportLog
from sansang_collector.rounds import Rounds
from sansang_collector.series import SERIES
from sansang_collector.store import Store

from . import recording, rows, rung_corrections, stored_power
from .rows import Kept

_LOG = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
FORGET_S = 86400.0
"""An incident that ended longer ago is revised no more."""


class Revising:
    """One collector's. ``graph`` is what the diagnosis works with now, None before there is one."""

    def __init__(
        self, store: Store, graph: Callable[[], Graph | None], now: Callable[[], float], log: ReportLog | None = None
    ) -> None:
        """``log``: what machines ran on is read there; without it nobody says."""
        self._store = store
        self._log = log
        self._graph = graph
        self._now = now
        self._tried: dict[int, int] = {}
        """By incident: of how many machines' word it was tried last."""
        self.rounds = Rounds(LOOK_SECONDS, now, self.look, "what is known of incidents by now")
        """When it looks."""

    async def look(self) -> list[Incident]:
        """Revise what is due; the incidents that were."""
        graph = self._graph()
        if graph is None:
            return []
        now = self._now()
        found = await asyncio.to_thread(self._due, graph, now)
        return [done for one in found if (done := await self._apply(one, graph, now)) is not None]

    async def _apply(self, one: "Due", graph: Graph, now: float) -> Incident | None:
        write = partial(apply, kept=one.kept, revision=one.revision, graph=graph, now=now)
        done = await self._store.write(write)
        if done is not None:
            self._tried[done.id] = one.machines
        return done

    def _due(self, graph: Graph, now: float) -> list["Due"]:
        with self._store.read() as connection:
            return list(due(connection, graph, now, self._tried, self._log))


class Due(NamedTuple):
    """An incident, how it is to be revised, and by how many machines' word."""

    kept: Kept
    revision: Revision
    machines: int


def due(
    connection: Connection,
    graph: Graph,
    now: float,
    tried: dict[int, int] | None = None,
    log: ReportLog | None = None,
) -> Iterator[Due]:
    """What is to be revised now, each with how.

    ``tried``: by incident of how many machines' word it was tried last; what that made nothing of is not read again.
    """
    lately = rows.under_way_or_since(connection, now - FORGET_S)
    known = {} if tried is None else {one.incident.id: tried.get(one.incident.id, 0) for one in lately}
    if tried is not None:
        tried.clear()
        tried.update(known)
    for kept in lately:
        back = _due_by(connection, kept.incident, now)
        if len(back) <= known.get(kept.incident.id, 0):
            continue
        revision = _revised(connection, graph, kept.incident, partial(told, log=log, agents=back), now)
        if revision is not None:
            yield Due(kept, revision, len(back))
        elif tried is not None:
            tried[kept.incident.id] = len(back)


def _revised(
    connection: Connection, graph: Graph, incident: Incident, tell: Callable[..., Told], now: float
) -> Revision | None:
    try:
        return revise(incident, graph, tell(connection, graph, incident), now)
    except (KeyError, ValueError, IndexError):  # of a part that is no more; the others are still to be revised
        _LOG.exception("incident %s cannot be revised", incident.code)
        return None


def _due_by(connection: Connection, incident: Incident, now: float) -> Sequence[int]:
    """The machines whose word is to be taken now; none where nothing is due."""
    if incident.phase is not Phase.RESOLVED or not may_be_revised(incident):
        return ()
    back = backfill.back(incident, _contacts(connection, incident))
    return back if backfill.is_due(incident, back, now) else ()


def apply(connection: Connection, *, kept: Kept, revision: Revision, graph: Graph, now: float) -> Incident | None:
    """Write a revision and what follows of it; None where somebody else changed the incident meanwhile."""
    part = graph.parts[graph.part_numbers[revision.causes[0].part]]
    incident = msgspec.structs.replace(kept.incident, revision=revision, owner=part.owner, changed_at=now)
    step = Step(incident, Happening.REVISED, part.id)
    written = recording.write(connection, [step], now, {incident.id: kept.body})
    if not written:
        return None
    rung_corrections.put(connection, written[0].incident, now)
    return written[0].incident


def told(
    connection: Connection, graph: Graph, incident: Incident, agents: Sequence[int], log: ReportLog | None = None
) -> Told:
    """What the ledger and the log have of these machines and of the vantage's echoes around an incident."""
    ended = incident.ended_at or incident.onset
    first_ms, last_ms = round((incident.onset - AROUND_S) * 1000), round((ended + AROUND_S) * 1000)
    series = _series(connection, agents, OWN)
    boots = connection.execute(select(BOOT.c.agent, BOOT.c.began).where(BOOT.c.agent.in_(list(agents)))).all()
    machines = [
        Stored(
            agent,
            tuple(row.began for row in boots if row.agent == agent and row.began is not None),
            tuple(_seen(bundles.between(connection, agent, first_ms, last_ms), series)),
            None if log is None else stored_power.on_battery(connection, log, agent, incident.onset, ended),
        )
        for agent in agents
    ]
    targets = probed(graph, incident)
    vantages = [one.id for one in graph.agents if one.key == VANTAGE_KEY]
    theirs = _series(connection, vantages, targets)
    echoes = [seen for one in vantages for seen in _seen(bundles.between(connection, one, first_ms, last_ms), theirs)]
    probes = {target: [seen for seen in echoes if seen.check == target] for target in targets}
    return Told(machines, len(incident.verdict.agents), {target: seen for target, seen in probes.items() if seen})


def _contacts(connection: Connection, incident: Incident) -> list[Contact]:
    """How the silenced machines stand; a spool is dated by its machine's own clock."""
    found = connection.execute(
        select(CONTACT.c.agent, CONTACT.c.at, CONTACT.c.skew, CONTACT.c.spool_rows, CONTACT.c.spool_oldest).where(
            CONTACT.c.agent.in_(list(incident.verdict.agents))
        )
    )
    return [Contact(row.agent, row.at, _holds(row)) for row in found]


def _holds(row: Row[Any]) -> float | None:
    """Who does not say of when it holds something may hold something of any time."""
    if row.spool_rows == 0:
        return None
    return -math.inf if row.spool_oldest is None else float(row.spool_oldest - row.skew)


def _series(connection: Connection, agents: Sequence[int], checks: Sequence[str]) -> dict[int, str]:
    """Names of checks by their series."""
    if not agents or not checks:
        return {}
    where = SERIES.c.agent.in_(list(agents)), SERIES.c.check.in_(list(checks))
    return {row.id: row.check for row in connection.execute(select(SERIES.c.id, SERIES.c.check).where(*where))}


def _seen(found: Iterable[Single], series: dict[int, str]) -> Iterable[Seen]:
    for one in found:
        outcome = outcome_of(one.reason)
        if one.series not in series or outcome is Outcome.UNKNOWN:
            continue
        tried = one.sent or 1
        failed = tried if outcome is Outcome.FAILED else (one.lost or 0)
        yield Seen(series[one.series], one.at_ms / 1000, min(failed, tried), tried, live=False)
