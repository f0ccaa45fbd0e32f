"""The running collector and what it finds out: real files and HTTP, machines played on one driven clock."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, func, select

from sansang_collector import changes, following
from sansang_collector.agents import AGENT
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import Graph
from sansang_collector.diagnosis.hearing import Hearing
from sansang_collector.diagnosis.incident import Happening, Phase
from sansang_collector.diagnosis.sighting import Sighting
from sansang_collector.diagnosis.verdict import Assessment, Held
from sansang_collector.habituation import Habituation
from sansang_collector.incidents import rows
from sansang_collector.incidents.manners import Kept
from sansang_collector.incidents.tables import INCIDENT, INCIDENT_EVENT
from sansang_collector.inventory import versions
from sansang_collector.inventory.model import Inventory
from sansang_collector.log import Entry
from sansang_collector.running import Collector
from sansang_collector.sightings import sightings
from sansang_collector.simulation import world
from sansang_collector.simulation.faults import parse_fault
from tests.collector.simulation.plays import Play, playing
from tests.collector.simulation.provinces import at, province

NINE = at("09:00")
BREAKS = at("09:03")
STAGES = [Happening.OPENED, Happening.MATURED, Happening.CLOSING, Happening.RESOLVED]
"""Each once, in this order; beside them it may be suspected first and told more exactly later."""
INVENTORY = province(6, 4)


class Watched:
    """A played province and its collector."""

    def __init__(self, play: Play) -> None:
        self._play = play

    @property
    def collector(self) -> Collector:
        return self._play.own.application.collector

    async def until(self, moment: float) -> None:
        await self._play.until(moment)

    def under_way(self) -> list[tuple[str, Phase]]:
        with self.collector.store.read() as connection:
            return [(one.incident.verdict.part, one.incident.phase) for one in rows.under_way(connection)]

    def told(self) -> list[Happening]:
        """Everything that ever happened to incidents."""
        with self.collector.store.read() as connection:
            query = select(INCIDENT_EVENT.c.happened).order_by(INCIDENT_EVENT.c.id)
            return [Happening(one) for one in connection.scalars(query)]

    def written(self) -> tuple[int, int, int]:
        """How many incidents, rows of stories and changes there are."""
        with self.collector.store.read() as connection:
            counts = [connection.scalar(select(func.count()).select_from(one)) for one in (INCIDENT, INCIDENT_EVENT)]
            return counts[0] or 0, counts[1] or 0, changes.newest(connection)


@asynccontextmanager
async def watched(
    folder: Path, *faults: str, inventory: Inventory = INVENTORY, in_force: Inventory | None = None
) -> AsyncIterator[Watched]:
    made = world.make(inventory, len(inventory.communes), 3, seed=1)
    broken = [parse_fault(fault, NINE) for fault in faults]
    async with playing(folder, in_force or inventory, made, NINE, broken) as play:
        yield Watched(play)


async def test_a_broken_ring_is_one_incident_from_its_begin_to_its_end(tmp_path: Path) -> None:
    async with watched(tmp_path, "ring:a@09:03+4m") as province:
        await province.until(BREAKS)
        assert province.written()[:2] == (0, 0)
        await province.until(BREAKS + 30)
        assert province.under_way() == [("ring:a", Phase.OPEN)]
        await province.until(BREAKS + 360)
        assert province.under_way() == []
        told = province.told()
        metrics = await province._play.page("/metrics")

    assert [one for one in told if one in STAGES] == STAGES
    assert "sansang_diagnosis_cut_off 0.0" in metrics
    assert "sansang_diagnosis_failed_looks_total 0.0" in metrics


async def test_while_nothing_changes_nothing_is_written(tmp_path: Path) -> None:
    async with watched(tmp_path, "ring:a@09:03") as province:
        await province.until(BREAKS + 150)
        before = province.written()
        await province.until(BREAKS + 300)
        after = province.written()

    assert before[:2] == after[:2]
    assert before[0] == 1


async def test_nobody_heard_and_no_vantage_to_ask_is_the_collectors_own_trouble(tmp_path: Path) -> None:
    async with watched(tmp_path, "ring:a@09:03", "core@09:05+5m") as province:
        await province.until(BREAKS + 110)
        assert province.under_way() == [("ring:a", Phase.OPEN)]
        before = province.told()
        await province.until(at("09:09"))
        condition = province.collector.diagnosis.condition
        metrics = await province._play.page("/metrics")
        during = province.told()
        await province.until(at("09:14"))
        again = province.collector.diagnosis.condition
        still = province.under_way()
        await province.until(at("09:24"))
        learned = province.collector.diagnosis.habituation.learned

    assert learned is not None
    assert (learned.restarts.sum(), learned.leaves.sum()) == (0, 0), "that nobody was heard is no machine's habit"
    assert learned.upto > at("09:11")
    assert condition.hearing is Hearing.CUT_OFF
    assert condition.cut_off_since is not None
    assert at("09:04") + 45 < condition.cut_off_since <= at("09:05") + 1
    assert "sansang_diagnosis_cut_off 1.0" in metrics
    assert during == before
    assert (again.hearing, still) == (Hearing.WELL, [("ring:a", Phase.OPEN)])


async def test_machines_that_come_and_go_in_the_middle_leave_the_incident_alone(tmp_path: Path) -> None:
    async with watched(tmp_path, "ring:a@09:03") as province:
        await province.until(BREAKS + 40)
        before = province.told()
        store, now = province.collector.store, BREAKS + 40
        new = {"commune": INVENTORY.communes[1].code, "name": "may-moi", "created_at": now}
        store.write_sync(lambda it: it.execute(AGENT.insert().values(new)))
        store.write_sync(lambda it: it.execute(AGENT.update().where(AGENT.c.id == 2).values(retired_at=now)))
        await province.until(BREAKS + 120)
        graph = province.collector.diagnosis.graph
        still, told = province.under_way(), province.told()

    assert graph is not None
    assert 2 not in graph.agent_numbers
    assert max(graph.agent_numbers) == 19
    assert still == [("ring:a", Phase.OPEN)]
    assert [one for one in told if one not in before] in (
        [],
        [Happening.MATURED],
        [Happening.MATURED, Happening.UPDATED],
    )


async def test_an_inventory_without_a_topology_says_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    bare = Inventory(province=INVENTORY.province, communes=INVENTORY.communes)
    async with watched(tmp_path, "ring:a@09:03", in_force=bare) as province:
        await province.until(BREAKS + 20)
        condition = province.collector.diagnosis.condition

    assert (condition.problem, condition.failed, condition.inactive) == ("", 0, False)


async def test_an_inventory_that_is_emptied_in_the_middle_ends_the_incident_and_says_why(tmp_path: Path) -> None:
    async with watched(tmp_path, "ring:a@09:03") as province:
        await province.until(BREAKS + 40)
        collector, empty = province.collector, Inventory(province=INVENTORY.province)
        collector.store.write_sync(lambda it: versions.apply(it, empty, BREAKS + 40, "test"))
        assert collector.inventory.reload("") == ""
        await province.until(BREAKS + 60)
        under_way, condition = province.under_way(), collector.diagnosis.condition
        with collector.store.read() as connection:
            told = [(one.happened, one.detail) for one in rows.story(connection, 1)]

    assert (under_way, condition.problem, condition.failed) == ([], "", 0)
    assert told[-1] == (Happening.RESOLVED, "part_gone=ring:a")


class Stumbling:
    """Finds out nothing while it is told to stumble."""

    stumbles = True

    def __init__(self, graph: object) -> None:
        """Of no graph in particular."""

    def localise(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:  # noqa: ARG002
        if self.stumbles:
            raise ZeroDivisionError("nats by zero")
        return Assessment(now)


async def test_looks_that_fail_are_said_once_and_the_next_ones_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stumbling, "stumbles", True)
    async with watched(tmp_path) as province:
        await province.until(NINE + 80)
        looking = province.collector.diagnosis._looking
        looking.localiser = Stumbling(None)
        with caplog.at_level(logging.ERROR):
            await province.until(NINE + 200)
        failing = province.collector.diagnosis.condition
        monkeypatch.setattr(Stumbling, "stumbles", False)
        await province.until(NINE + 220)
        well = province.collector.diagnosis.condition
        fleet = await province._play.agents()

    assert failing.problem == "ZeroDivisionError: nats by zero"
    assert failing.failed > 3
    assert len([one for one in caplog.records if "cannot be found out" in one.message]) == 1
    assert well.problem == ""
    assert well.failed == failing.failed
    assert {one["state"] for one in fleet} <= {"online", "never_seen"}


async def test_an_entry_that_cannot_be_taken_in_is_left_out_and_the_others_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = list[int]()  # whoever reports first: machines enrol side by side, so no number is always the same machine

    def choking(connection: Connection, entries: Sequence[Entry]) -> list[Sighting]:
        first.extend(entry.agent for entry in entries[: not first])
        if any(entry.agent == first[0] for entry in entries):
            raise ZeroDivisionError
        return sightings(connection, entries)

    monkeypatch.setattr(following, "sightings", choking)
    async with watched(tmp_path) as province:
        await province.until(NINE + 60)
        evidence = province.collector.diagnosis._following.evidence
        position = province.collector.diagnosis._following.position

    assert evidence is not None
    assert np.isnan(evidence.heard[evidence.graph.agent_numbers[first[0]]])
    assert int((~np.isnan(evidence.heard)).sum()) > 10
    assert position > 50
    assert "the diagnosis leaves out position" in caplog.text


async def test_a_start_that_fails_once_is_made_up_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    know, tries = Habituation.know, list[int]()

    def stumbling(self: Habituation, graph: Graph, kept: Callable[[], Kept], now: float) -> None:
        tries.append(1)
        if len(tries) <= 2:
            raise ZeroDivisionError
        know(self, graph, kept, now)

    monkeypatch.setattr(Habituation, "know", stumbling)
    async with watched(tmp_path, "ring:a@09:03") as province:
        await province.until(BREAKS + 25)
        condition, still = province.collector.diagnosis.condition, province.under_way()

    assert (condition.problem, condition.inactive) == ("", False)
    assert still == [("ring:a", Phase.OPEN)]


async def test_while_nothing_comes_and_no_look_is_due_no_thread_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path) as province:
        await province.until(NINE + 30)
        diagnosis = province.collector.diagnosis
        await diagnosis.settled()
        think, thought = diagnosis._think, list[float]()

        def counted() -> object:
            thought.append(diagnosis._now())
            return think()

        monkeypatch.setattr(diagnosis, "_think", counted)
        for _ in range(3):
            await diagnosis._turn()
        idle = len(thought)
        await province.until(NINE + 40)

    assert idle == 0
    assert thought
