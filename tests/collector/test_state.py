"""The state consumer: newer by the time of measuring wins, and only the present changes the present."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from sansang_agent.contract.codec import profile_hash
from sansang_collector import liveness, profiles_seen, silence
from sansang_collector.changes import CHANGE
from sansang_collector.contact import CONTACT, DROPPED, MACHINE
from sansang_collector.latest import read
from sansang_collector.state import State
from sansang_collector.store import Store
from tests.support import reports
from tests.support.ledgers import NOW, Measured, add_agent, entry, entry_of
from tests.support.reports import report, result

PROFILE = reports.profile()
CONFIG = profile_hash(PROFILE)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    store = Store(tmp_path)
    with store._writing.begin() as connection:
        add_agent(connection)
        profiles_seen.keep(connection, {CONFIG: PROFILE}, NOW)
        yield connection
    store.close()


def latest(connection: Connection) -> list[tuple[Any, ...]]:
    rows = read(connection, [1])[1]
    return [(row.check, round(row.at - NOW, 3), row.outcome, row.live) for row in rows]


def changed(connection: Connection) -> list[tuple[Any, ...]]:
    return [(row.kind, row.check, row.outcome, row.reason) for row in connection.execute(select(CHANGE))]


def test_a_backlog_does_not_touch_the_present(connection: Connection) -> None:
    State().apply(connection, [entry(1, Measured(-5))], NOW)
    State().apply(connection, [entry(2, Measured(-900, "timeout")), entry(3, Measured(-600, "timeout"))], NOW)

    assert latest(connection) == [("gw", -5, "ok", True)]
    assert changed(connection) == [("agent", None, None, None), ("outcome", "gw", "ok", None)]


def test_each_live_change_of_outcome_is_one_change(connection: Connection) -> None:
    found = [Measured(-20), Measured(-15), Measured(-10, "timeout"), Measured(-5, "timeout"), Measured(-1)]
    for one in found:
        State().apply(connection, [entry(1, one)], NOW)

    assert changed(connection)[1:] == [
        ("outcome", "gw", "ok", None),
        ("outcome", "gw", "failed", "timeout"),
        ("outcome", "gw", "ok", None),
    ]


def test_several_results_of_a_check_in_one_report_change_in_their_order(connection: Connection) -> None:
    both = report(1, results=[result(at=-100), result(reason="timeout", at=-5000)])
    State().apply(connection, [entry_of(1, both)], NOW)

    assert [row[2] for row in changed(connection)[1:]] == ["failed", "ok"]
    assert latest(connection) == [("gw", -0.1, "ok", True)]


def test_of_two_results_of_one_moment_in_one_report_the_last_counts(connection: Connection) -> None:
    State().apply(
        connection, [entry_of(1, report(1, results=[result(at=-100), result(reason="timeout", at=-100)]))], NOW
    )

    assert [row[2] for row in changed(connection)[1:]] == ["ok", "failed"]
    assert latest(connection) == [("gw", -0.1, "failed", True)]


def test_the_newest_known_result_may_be_history(connection: Connection) -> None:
    State().apply(connection, [entry(1, Measured(-900, "timeout"))], NOW)

    assert latest(connection) == [("gw", -900, "failed", False)]
    assert changed(connection) == [("agent", None, None, None)]


def test_contact_skew_and_spool_are_those_of_the_newest_envelope(connection: Connection) -> None:
    sent = {"boot": "boot-1", "mono": 1000.0, "wall": NOW + 90}
    State().apply(connection, [entry_of(1, sent=sent, spool={"rows": 7, "oldest": NOW - 60, "bytes": 4096})], NOW)

    row = connection.execute(select(CONTACT)).one()
    assert (row.at, row.skew, row.spool_rows, row.spool_oldest, row.spool_bytes) == (NOW, 90, 7, NOW - 60, 4096)


def test_dropped_ranges_are_counted_once(connection: Connection) -> None:
    for dropped in ([[3, 6]], [[5, 8]], [[3, 8]]):
        State().apply(connection, [entry_of(1, report(20), spool={"dropped": dropped})], NOW)

    assert connection.execute(select(DROPPED.c.count)).scalar_one() == 6


def test_a_goodbye_is_remembered_until_the_next_report(connection: Connection) -> None:
    leaving = report(1, 990.0, goodbye={"reason": "shutdown", "back": NOW + 3600})
    State().apply(connection, [entry_of(1, leaving)], NOW)
    assert connection.execute(select(MACHINE.c.goodbye, MACHINE.c.back)).one() == ("shutdown", NOW + 3600)

    State().apply(connection, [entry_of(2, report(2, 995.0))], NOW)
    assert connection.execute(select(MACHINE.c.goodbye)).scalar_one() is None


def test_a_backlog_does_not_bring_an_old_version_back(connection: Connection) -> None:
    State().apply(connection, [entry_of(1, report(9, 999.0, version="2"))], NOW)
    State().apply(connection, [entry_of(2, report(1, 100.0, version="1"))], NOW)

    assert connection.execute(select(MACHINE.c.version)).scalar_one() == "2"


def test_silence_is_told_once_and_its_end_once(connection: Connection) -> None:
    State().apply(connection, [entry_of(1)], NOW)
    for later in (44, 46, 60):
        silence.mark_silent(connection, liveness.Present(NOW + later, 0))
    assert [row[0] for row in changed(connection)] == ["agent", "contact"]

    State().apply(connection, [entry_of(2, received=NOW + 70)], NOW)
    assert [row[0] for row in changed(connection)] == ["agent", "contact", "contact"]
    assert not connection.execute(select(CONTACT.c.silent)).scalar_one()


def test_after_a_restart_agents_first_get_the_time_to_come_back(connection: Connection) -> None:
    State().apply(connection, [entry_of(1)], NOW)
    for later in (3601, 3645):
        silence.mark_silent(connection, liveness.Present(NOW + later, listening_since=NOW + 3600))
    assert [row[0] for row in changed(connection)] == ["agent"]

    silence.mark_silent(connection, liveness.Present(NOW + 3646, listening_since=NOW + 3600))
    assert [row[0] for row in changed(connection)] == ["agent", "contact"]


def test_what_was_measured_while_the_collectors_clock_was_fast_does_not_stay_the_newest(connection: Connection) -> None:
    State().apply(connection, [entry_of(1, report(1, 995.0, version="1"), received=NOW + 7 * 3600)], NOW)
    State().apply(connection, [entry_of(2, report(2, 995.0, [result(reason="timeout")], version="2"))], NOW)

    assert latest(connection) == [("gw", -5, "failed", True)]
    assert connection.execute(select(MACHINE.c.version)).scalar_one() == "2"


def test_a_contact_of_a_clock_set_back_since_is_no_contact_once_everyone_could_speak(connection: Connection) -> None:
    State().apply(connection, [entry_of(1, received=NOW + 7 * 3600)], NOW)
    told = []
    for later in (0, 45, 46):
        silence.mark_silent(connection, liveness.Present(NOW + later, listening_since=NOW))
        told.append(len(changed(connection)))

    assert told == [1, 1, 2]


@pytest.mark.parametrize(("rows", "waiting"), [(1, (0, None)), (0, (0, None)), (4, (3, NOW - 60))])
def test_what_came_in_the_envelope_waits_no_more(
    connection: Connection, rows: int, waiting: tuple[int, float | None]
) -> None:
    State().apply(connection, [entry_of(1, report(20), spool={"rows": rows, "oldest": NOW - 60})], NOW)

    row = connection.execute(select(CONTACT)).one()
    assert (row.spool_rows, row.spool_oldest) == waiting
