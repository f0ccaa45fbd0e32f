"""What the diagnosis is told of reports: by sure times, and only what says something."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from sansang_agent.contract.check import HttpCheck, Profile
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.report import GoodbyeReason
from sansang_agent.contract.rung import Rung
from sansang_collector import boots, profiles_seen
from sansang_collector.boots import InBoot
from sansang_collector.diagnosis.sighting import Seen, Sighting
from sansang_collector.sightings import sightings
from sansang_collector.store import Store
from tests.support.ledgers import MONO, NOW, Place, add_agent, entry_of
from tests.support.reports import BOOT, report, result

PAGES = Profile(checks=(HttpCheck(id="dvc", rung=Rung.SERVICE, target="https://dvc.example/", period=900),))
ANSWER = {"id": "ab" * 16, "results": [result("core", sent=5, lost=0, rtt_ms=[5, 6, 7, 8])]}


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as connection:
        add_agent(connection)
        profiles_seen.keep(connection, {profile_hash(PAGES): PAGES}, NOW)
        yield connection
    store.close()


def sighting(connection: Connection, one: object, **more: Any) -> Sighting:
    (found,) = sightings(connection, [entry_of(1, one, **more)])
    return found


def test_echoes_are_counted_and_answers_are_one_each(connection: Connection) -> None:
    found = sighting(
        connection,
        report(1, MONO - 2, [
            result("core", sent=5, lost=2, rtt_ms=[5, 6, 7, 8]),
            result("line", outcome="failed", reason="timeout", sent=5, lost=5),
            result("dvc", outcome="failed", reason="http_status", phases_ms={"connect": 9.0}),
            result("names", phases_ms={"connect": 2.0, "exchange": 3.0}),
            result("gateway", outcome="unknown", reason="no_permission"),
        ]),
    )  # fmt: skip

    at = NOW - 2
    assert found.results == (
        Seen("core", at, 2, 5, ms=6.0),
        Seen("line", at, 5, 5, reason="timeout"),
        Seen("dvc", at, 1, 1, reason="http_status"),
        Seen("names", at, 0, 1, ms=5.0),
    )
    assert (found.at, found.live, found.booted_at) == (at, True, NOW - MONO)


@pytest.mark.parametrize(
    "counts", [{"sent": 5, "lost": 9}, {"sent": 5, "lost": 5}, {"sent": 10**9, "lost": 1}, {"sent": 5}]
)
def test_counts_that_contradict_the_outcome_or_are_no_trains_count_as_one_answer(
    connection: Connection, counts: dict[str, Any]
) -> None:
    (seen,) = sighting(connection, report(1, MONO, [result("core", **counts)])).results
    assert (seen.failed, seen.tried) == (0, 1)


def test_live_is_what_came_within_two_of_its_periods(connection: Connection) -> None:
    old = report(1, MONO - 100, [result("core"), result("dvc")], config=profile_hash(PAGES))
    found = sighting(connection, old)

    assert (found.at, found.live) == (NOW - 100, False)
    assert [(seen.check, seen.live) for seen in found.results] == [("core", False), ("dvc", True)]


def test_of_an_earlier_boot_only_what_can_be_dated_is_evidence(connection: Connection) -> None:
    before = {**report(1, 500.0, [result("core")]), "boot": "b0", "wall": NOW - 20}
    unsure = sighting(connection, before)
    boots.record_all(connection, [InBoot(1, "b0", 0.0, NOW - 30, NOW - 520)])
    sure = sighting(connection, before)

    assert (unsure.at, unsure.live, unsure.results, unsure.booted_at) == (None, False, (), None)
    assert (sure.at, sure.live, sure.booted_at) == (NOW - 20, True, NOW - 520)
    assert [seen.at for seen in sure.results] == [NOW - 20]


def test_a_goodbye_says_by_our_clock_when_it_ends_and_a_battery_how_much_is_left(connection: Connection) -> None:
    leaving = {**report(1, MONO, []), "goodbye": {"reason": "sleep", "back": NOW + 3600 + 40}}
    leaving["host"] = {"uptime_s": 5, "power": {"source": "battery", "percent": 40}}
    found = sighting(connection, leaving, sent={"boot": BOOT, "mono": MONO, "wall": NOW + 40})

    assert (found.goodbye, found.back, found.battery) == (GoodbyeReason.SLEEP, NOW + 3600, 40)
    leaving["host"] = {"uptime_s": 5, "power": {"source": "mains", "percent": 40}}
    assert sighting(connection, leaving).battery is None


def test_what_a_machine_was_asked_to_look_at_counts_like_what_it_asks_by_itself(connection: Connection) -> None:
    found = sighting(connection, {**report(1, MONO, [result("line")]), "answers": [ANSWER]})
    assert [(seen.check, seen.tried) for seen in found.results] == [("line", 1), ("core", 5)]
