"""What was stored meanwhile corrects an incident in the ledger: its class, times, owner and the rungs' lights."""

from collections.abc import Iterator, Sequence
from unittest.mock import Mock

import pytest
from sqlalchemy import Connection, select

from sansang_agent.contract.light import Light
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Result
from sansang_agent.contract.rung import Owner, Rung
from sansang_collector import boots, bundles, overview, topology
from sansang_collector.agents import AGENT
from sansang_collector.boots import InBoot
from sansang_collector.contact import CONTACT
from sansang_collector.diagnosis.backfill import PATIENCE_S, SETTLE_S
from sansang_collector.diagnosis.graph import AgentAt, build
from sansang_collector.diagnosis.incident import Happening, Incident, Phase, Step
from sansang_collector.diagnosis.verdict import Verdict
from sansang_collector.incidents import recording, revising, rows
from sansang_collector.incidents.revising import Revising, told
from sansang_collector.rung_history import RUNG_INTERVAL
from sansang_collector.series import SERIES
from sansang_collector.simulation import provinces
from sansang_collector.store import Store
from tests.support.ledgers import NOW, Place

MADE = provinces.make(1, communes=4)
COMMUNE = MADE.inventory.communes[1].code
LINE = next(line for line in MADE.inventory.lines if line.commune == COMMUNE)
MINE = tuple(one.id for one in MADE.machines if one.commune == COMMUNE)
VANTAGE = MADE.machines[-1].id
ENDED = NOW + 300
GRAPH = build(topology.build(MADE.inventory), [AgentAt(*one) for one in MADE.machines])


class Ledger:
    """A province in which one commune was cut off for five minutes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = ENDED + 30 + SETTLE_S + 1
        self.revising = Revising(store, lambda: GRAPH, lambda: self.now)
        store.write_sync(self._begin)

    def _begin(self, connection: Connection) -> None:
        machines = [
            {"id": id_, "commune": commune, "name": name, "created_at": 0.0, "role": role.value}
            for id_, commune, name, role in MADE.machines
        ]
        connection.execute(AGENT.insert(), machines)
        verdict = Verdict(
            part=f"site_power:{COMMUNE}", score=20, onset=NOW, communes=(COMMUNE,), agents=MINE
        )  # fmt: skip
        incident = Incident(
            phase=Phase.RESOLVED, verdict=verdict, onset=NOW + 10, detected_at=NOW + 20, opened_at=NOW + 25,
            ended_at=ENDED + 20, resolved_at=ENDED + 30, owner=Owner.POWER, hit=(COMMUNE,),
        )  # fmt: skip
        recording.write(connection, [Step(incident, Happening.RESOLVED)], ENDED + 30)

    def back(self, *agents: int, boot: float = NOW - 9000, waiting: int = 0) -> None:
        """These machines are in contact again."""

        def write(connection: Connection) -> None:
            for agent in agents:
                seen = {"at": ENDED + 60, "boot": "b", "skew": 0.0, "spool_bytes": 0, "silent": False, "position": 1}
                old = NOW + 30 if waiting else None
                connection.execute(CONTACT.insert().values(agent=agent, spool_rows=waiting, spool_oldest=old, **seen))
                boots.record_all(connection, [InBoot(agent, "b", 0.0, ENDED + 60, boot)])

        self.store.write_sync(write)

    def stored(self, agent: int, *failed: str, well: Sequence[str] = (), step: float = 15.0) -> None:
        """What a machine found every few seconds around the cut."""

        def write(connection: Connection) -> None:
            series = {
                name: connection.execute(
                    SERIES.insert().values(agent=agent, check=name, rung=None, period=step).returning(SERIES.c.id)
                ).scalar_one()
                for name in (*failed, *well)
            }
            for number in range(int(-60 / step), int(360 / step)):
                at, inside = NOW + number * step, 0 <= number * step < 300
                cells = [
                    (round(at * 1000), bundles.cell_of(number_, _result(name, failed=inside and name in failed)))
                    for name, number_ in series.items()
                ]
                bundles.add(connection, bundles.pack(agent, 1000 + number, cells))

        self.store.write_sync(write)

    async def look(self, after: float = 0.0) -> list[Incident]:
        self.now += after
        return await self.revising.look()

    def lights(self, rung: Rung) -> list[tuple[float, float, str, int | None]]:
        """The current stretches of a rung: begin and end after the cut's begin, light, incident."""
        with self.store.read() as connection:
            found = overview.rung_intervals(connection, COMMUNE, rung, NOW - 3600, NOW + 7200)
        return [(one.first_at - NOW, one.last_at - NOW, str(one.light), one.incident) for one in found]


def _result(name: str, *, failed: bool) -> Result:
    if failed:
        return Result(check=name, outcome=Outcome.FAILED, reason=Reason.TIMEOUT, sent=5, lost=5)
    return Result(check=name, outcome=Outcome.OK, sent=5, lost=0, rtt_ms=(1.0, 2.0, 3.0, 4.0))


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    store = Store(place)
    yield Ledger(store)
    store.close()


async def test_a_line_that_was_cut_is_found_out_and_its_owner_with_it(ledger: Ledger) -> None:
    ledger.back(*MINE)
    for agent in MINE:
        ledger.stored(agent, "line", "core", well=("gateway", "machine"))
    ledger.stored(VANTAGE, f"terminal:{LINE.id}", well=(f"access_node:{LINE.access_node}",), step=5.0)

    (revised,) = await ledger.look()

    assert revised.revision is not None
    assert revised.revision.causes[0].part == f"access_link:{LINE.id}"
    assert revised.owner is Owner.TELECOM
    assert abs(revised.revision.onset - NOW) < 10
    assert abs(revised.revision.ended_at - ENDED) < 16
    with ledger.store.read() as connection:
        story = rows.story(connection, revised.id)
    assert [(event.happened, event.detail) for event in story][-1] == (Happening.REVISED, f"access_link:{LINE.id}")
    assert await ledger.look() == []


async def test_a_power_cut_nobody_could_measure_stands_in_the_rungs_history(ledger: Ledger) -> None:
    ledger.back(*MINE, boot=ENDED + 50)
    ledger.stored(VANTAGE, f"terminal:{LINE.id}", well=(f"access_node:{LINE.access_node}",), step=5.0)

    (revised,) = await ledger.look()

    assert revised.revision is not None
    assert revised.revision.causes[0].part == f"site_power:{COMMUNE}"
    ((begins, ends, light, incident),) = ledger.lights(Rung.POWER)
    assert (light, incident) == (Light.FAILED, revised.id)
    assert abs(begins) < 10
    assert abs(ends - 300) < 16


async def test_a_measured_stretch_of_the_rung_that_broke_belongs_to_the_incident_then(ledger: Ledger) -> None:
    ledger.back(*MINE)
    for agent in MINE:
        ledger.stored(agent, "line", "core", well=("gateway",))
    ledger.stored(VANTAGE, f"terminal:{LINE.id}", step=5.0)
    zero = round(NOW * 1000)
    stretches = [(-600, 0, Light.OK), (0, 300, Light.FAILED), (300, 600, Light.OK)]
    made = [
        {"commune": COMMUNE, "rung": Rung.LINE, "first_ms": zero + first * 1000, "last_ms": zero + last * 1000,
         "light": light, "late": False, "revision": 1, "made_at": NOW}
        for first, last, light in stretches
    ]  # fmt: skip
    ledger.store.write_sync(lambda connection: connection.execute(RUNG_INTERVAL.insert(), made))

    (revised,) = await ledger.look()

    assert [incident for *_, incident in ledger.lights(Rung.LINE)] == [None, revised.id, None]
    assert ledger.lights(Rung.POWER) == []


async def test_who_still_holds_reports_of_the_time_is_waited_for(ledger: Ledger) -> None:
    ledger.back(*MINE[1:])
    ledger.back(MINE[0], waiting=40)
    for agent in MINE:
        ledger.stored(agent, "gateway", "line")

    assert await ledger.look() == []


async def test_those_that_never_come_back_hold_up_nobody_for_ever_and_may_still_tell_more(ledger: Ledger) -> None:
    ledger.back(*MINE[1:], boot=ENDED + 50)
    ledger.stored(VANTAGE, f"terminal:{LINE.id}", step=5.0)

    assert await ledger.look() == []
    (first,) = await ledger.look(PATIENCE_S)
    assert first.revision is not None
    assert first.revision.causes[0].part == f"site_power:{COMMUNE}"
    assert await ledger.look(60) == []

    ledger.back(MINE[0], boot=ENDED + 55)
    (again,) = await ledger.look(60)
    assert again.revision is not None
    assert again.revision.grounds[0].count == len(MINE)
    assert len(ledger.lights(Rung.POWER)) == 1


async def test_an_earlier_revisions_stretch_is_replaced_and_kept(ledger: Ledger) -> None:
    ledger.back(*MINE[1:], boot=ENDED + 50)
    await ledger.look(PATIENCE_S)
    assert len(ledger.lights(Rung.POWER)) == 1

    ledger.back(MINE[0])
    ledger.stored(MINE[0], "gateway", "line", well=("machine",))
    ledger.store.write_sync(lambda it: it.execute(boots.BOOT.update().values(began=NOW - 9000)))
    for agent in MINE[1:]:
        ledger.stored(agent, "gateway", "line", well=("machine",))
    (again,) = await ledger.look(60)

    assert again.revision is not None
    assert again.revision.causes[0].part != f"site_power:{COMMUNE}"
    assert ledger.lights(Rung.POWER) == []
    with ledger.store.read() as connection:
        gone = connection.execute(select(RUNG_INTERVAL).where(RUNG_INTERVAL.c.revised_at.is_not(None))).all()
    assert [(row.rung, row.incident) for row in gone] == [(Rung.POWER, again.id)]


async def test_what_somebody_changed_meanwhile_is_not_overwritten(ledger: Ledger) -> None:
    ledger.back(*MINE, boot=ENDED + 50)
    with ledger.store.read() as connection:
        ((kept, revision, _),) = revising.due(connection, GRAPH, ledger.now)
    stale = kept._replace(body=b"{}")

    done = ledger.store.write_sync(
        lambda it: revising.apply(it, kept=stale, revision=revision, graph=GRAPH, now=ledger.now)
    )

    assert done is None
    assert ledger.lights(Rung.POWER) == []


async def test_what_was_revised_by_all_who_told_is_not_revised_again(ledger: Ledger) -> None:
    ledger.back(*MINE)
    for agent in MINE[1:]:
        ledger.stored(agent, "line", "core", well=("gateway", "machine"))
    ledger.store.write_sync(lambda it: it.execute(boots.BOOT.delete().where(boots.BOOT.c.agent == MINE[0])))

    assert len(await ledger.look()) == 1
    assert await ledger.look(60) == []


async def test_what_says_nothing_is_not_read_again_until_another_machine_is_back(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.back(*MINE[:1])
    ledger.store.write_sync(lambda it: it.execute(boots.BOOT.delete()))
    read = Mock(wraps=told)
    monkeypatch.setattr(revising, "told", read)

    assert await ledger.look(PATIENCE_S) == []
    assert await ledger.look(60) == []
    assert read.call_count == 1
