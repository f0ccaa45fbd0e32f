"""What fed a machine while it was cut off is read from the reports that it stored then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sansang_agent.contract.codec import encode
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Host, Power, Report, Result, Sent, SpoolState, Why
from sansang_collector import bundles
from sansang_collector.agents import AGENT
from sansang_collector.arrivals import Arrival, Taken
from sansang_collector.incidents.stored_power import on_battery
from sansang_collector.log import ReportLog
from sansang_collector.series import SERIES
from sansang_collector.store import Store
from tests.support.ledgers import NOW, Place

AGENT_ID, ENDED = 1, NOW + 600
MONO = 10_000.0
"""What the machine's own clock showed at NOW."""


class Machine:
    """One that was cut off for ten minutes and then sent what it had stored, a report a minute, ten in an envelope."""

    def __init__(self, store: Store, log: ReportLog) -> None:
        self._store, self._log = store, log
        store.write_sync(
            lambda it: it.execute(AGENT.insert().values(id=AGENT_ID, commune="06001", name="may-1", created_at=0.0))
        )
        self._series = store.write_sync(
            lambda it: it.execute(
                SERIES.insert().values(agent=AGENT_ID, check="gateway", rung=None, period=15.0).returning(SERIES.c.id)
            ).scalar_one()
        )

    def send(self, *sources: str | None, first: float = 0.0) -> None:
        """What fed it in these minutes, from ``first`` seconds after the cut began; None: it does not say."""
        reports = [_report(number, first + 60 * number, source) for number, source in enumerate(sources)]
        sent = Sent(boot="b", mono=MONO + 700, wall=NOW + 700)
        taken = tuple(Taken(index, one, encode(one)) for index, one in enumerate(reports))
        stored = self._log.append(Arrival(AGENT_ID, NOW + 700, sent, SpoolState(), taken))
        stored.result(10)
        self._keep([first + 60 * number for number in range(len(sources))], self._log.position)

    def _keep(self, times: list[float], position: int) -> None:
        result = Result(check="gateway", outcome=Outcome.OK)
        cells = [(round((NOW + at) * 1000), bundles.cell_of(self._series, result)) for at in times]
        self._store.write_sync(lambda it: bundles.add(it, bundles.pack(AGENT_ID, position, cells)))

    def fed(self) -> bool | None:
        with self._store.read() as connection:
            return on_battery(connection, self._log, AGENT_ID, NOW, ENDED)


def _report(seq: int, at: float, source: str | None) -> Report:
    host = Host(uptime_s=MONO, power=Power(source=source) if source else None)
    return Report(
        stream=f"{round(at + 1000):032x}", seq=seq + 1, boot="b", mono=MONO + at, wall=NOW + at, why=Why.PERIODIC,
        start="boot", version="0", config="c", host=host,
    )  # fmt: skip


@pytest.fixture
def machine(place: Place, tmp_path: Path) -> Iterator[Machine]:
    store, log = Store(place), ReportLog(tmp_path)
    yield Machine(store, log)
    log.close()
    store.close()


def test_a_report_of_the_time_that_says_battery_is_believed(machine: Machine) -> None:
    machine.send("mains", "battery", "battery", "mains")

    assert machine.fed() is True


def test_a_machine_that_had_mains_all_the_while_says_so(machine: Machine) -> None:
    machine.send("mains", "mains", "mains")

    assert machine.fed() is False


def test_what_fed_it_before_and_afterwards_does_not_count(machine: Machine) -> None:
    machine.send("battery", "battery", first=-120)
    machine.send("battery", first=620)

    assert machine.fed() is None


def test_a_machine_without_a_battery_does_not_say(machine: Machine) -> None:
    machine.send(None, None, None)

    assert machine.fed() is None


def test_of_many_envelopes_some_of_the_whole_time_are_read(machine: Machine) -> None:
    for minute in range(9):
        machine.send("mains" if minute < 6 else "battery", first=30 + 60 * minute)

    assert machine.fed() is True
