"""The report log: durable before it is answered, one order, read from memory or from the file alike."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import IntegrityError, OperationalError
from typing import Any

import msgspec
import pytest

from sansang_agent.contract.codec import encode, report_code
from sansang_agent.contract.report import Report, Sent, SpoolState
from sansang_alerts import engines
from sansang_collector import log as log_module
from sansang_collector.log import Arrival, Outcome, ReportLog, Stored, Taken
from tests.support.ledgers import NOW
from tests.support.reports import BOOT, STREAM, report, result

SENT = Sent(boot=BOOT, mono=1000.0, wall=NOW)


def taken(seq: int, index: int = 0, reason: str | None = None) -> Taken:
    body = encode(report(seq, results=[result(reason=reason)]))
    return Taken(index, msgspec.json.decode(body, type=Report), body)


def arrival(*reports: Taken, agent: int = 1) -> Arrival:
    return Arrival(agent, NOW, SENT, SpoolState(rows=3), reports)


def append(log: ReportLog, *reports: Taken) -> Stored:
    return log.append(arrival(*reports)).result(timeout=20)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ReportLog]:
    log = ReportLog(tmp_path)
    yield log
    log.close()


def test_positions_grow_by_one_and_go_on_after_reopening(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        log = ReportLog(tmp_path)
        append(log, taken(expected))
        assert log.position == expected
        log.close()


def test_what_is_read_from_memory_is_what_is_read_from_the_file(log: ReportLog, tmp_path: Path) -> None:
    for seq in range(1, 6):
        append(log, taken(seq), taken(seq + 100))
    log.close()
    reopened = ReportLog(tmp_path)

    for position in range(6):
        assert log.read_from(position, 100) == reopened.read_from(position, 100)
    assert [entry.position for entry in reopened.read_from(2, 100)] == [3, 4, 5]
    reopened.close()


def test_a_read_ends_with_the_entry_that_fills_it(log: ReportLog) -> None:
    for seq in range(1, 5):
        append(log, taken(seq), taken(seq + 100))

    assert [entry.position for entry in log.read_from(0, 3)] == [1, 2]
    assert [entry.position for entry in log.read_from(1, 1)] == [2]


def test_old_entries_leave_memory_and_are_read_from_the_file(log: ReportLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "RECENT_BYTES", 2 * (log_module.ENVELOPE_BYTES + len(taken(1).body)))
    for seq in range(1, 6):
        append(log, taken(seq))

    assert len(log._recent) == 2
    assert [entry.position for entry in log.read_from(0, 100)] == [1, 2, 3, 4, 5]
    assert [entry.position for entry in log.read_from(4, 100)] == [5]


def test_envelopes_without_reports_leave_memory_too(log: ReportLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "RECENT_BYTES", 2 * log_module.ENVELOPE_BYTES)
    for _ in range(5):
        append(log)

    assert len(log._recent) == 2
    assert [entry.position for entry in log.read_from(0, 100)] == [1, 2, 3, 4, 5]


def test_what_every_consumer_has_leaves_memory_and_what_one_has_not_stays(log: ReportLog) -> None:
    log.reached("quick", 0)
    log.reached("slow", 0)
    for seq in range(1, 5):
        append(log, taken(seq))

    log.reached("quick", 4)
    assert len(log._recent) == 4
    log.reached("slow", 3)
    assert [entry.position for entry, _ in log._recent] == [4]
    log.reached("slow", 4)
    assert not log._recent
    assert log._recent_bytes == 0
    assert log.read_from(4, 100) == []
    assert [entry.position for entry in log.read_from(1, 100)] == [2, 3, 4]


def test_who_waits_for_an_arrival_cannot_cancel_it_under_the_writers_hands(log: ReportLog) -> None:
    waiting = log.append(arrival(taken(1)))

    assert not waiting.cancel()
    assert waiting.result(20).kept
    assert append(log, taken(2)).kept


def test_the_same_report_again_is_kept_once_and_confirmed_twice(log: ReportLog) -> None:
    first = append(log, taken(1))
    again = append(log, taken(1))

    assert [one.report.seq for one in (*first.kept, *again.kept)] == [1, 1]
    assert [len(entry.reports) for entry in log.read_from(0, 100)] == [1, 0]


def test_other_content_under_the_same_identity_is_a_conflict(log: ReportLog) -> None:
    append(log, taken(1))
    stored = append(log, taken(2), taken(1, index=1, reason="timeout"))

    assert [one.index for one in stored.kept] == [0]
    assert [one.index for one in stored.conflicts] == [1]


def test_two_contents_of_one_identity_in_one_envelope_are_a_conflict(log: ReportLog) -> None:
    stored = append(log, taken(1), taken(1, index=1, reason="timeout"))

    assert [one.index for one in stored.conflicts] == [1]


def test_new_old_and_contradicting_reports_are_told_apart_in_a_group_of_many(log: ReportLog) -> None:
    append(log, *(taken(seq) for seq in range(1, 200, 3)))
    stored = append(log, *(taken(seq, seq, "timeout" if seq % 6 == 1 else None) for seq in range(1, 400)))
    contradicting = [seq for seq in range(1, 200, 3) if seq % 6 == 1]

    assert [one.index for one in stored.conflicts] == contradicting
    assert [one.index for one in stored.kept] == [seq for seq in range(1, 400) if seq not in contradicting]
    old = set(range(1, 200, 3))
    assert [one.seq for one in log.read_from(1, 1)[0].reports] == [seq for seq in range(1, 400) if seq not in old]


def test_an_event_loop_is_woken_once_for_all_that_was_committed_together(log: ReportLog) -> None:
    hold, release = threading.Event(), threading.Event()

    def on_commit() -> None:
        hold.set()
        release.wait(20)

    async def send() -> int:
        loop = asyncio.get_running_loop()
        woken: list[object] = []
        done = asyncio.Event()
        told: list[Outcome] = []

        def tell(outcome: Outcome) -> None:
            told.append(outcome)
            if len(told) == 10:
                done.set()

        really_wake = loop.call_soon_threadsafe

        def wake(*what: Any) -> None:
            woken.append(what)
            really_wake(*what)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "call_soon_threadsafe", wake)
            log.append_from(loop, arrival(taken(1)), tell)
            await asyncio.to_thread(hold.wait, 20)
            before = len(woken)
            for seq in range(2, 11):
                log.append_from(loop, arrival(taken(seq)), tell)
            release.set()
            await done.wait()
        assert all(isinstance(outcome, Stored) for outcome in told)
        return len(woken) - before

    log.on_commit = on_commit
    assert asyncio.run(send()) == 1


def test_a_report_is_found_by_the_code_a_clerk_reads_out(log: ReportLog) -> None:
    append(log, taken(1), taken(2))
    ((agent, found, sent, received),) = log.find_code(report_code(STREAM, 2))

    assert (agent, found.seq, sent, received) == (1, 2, SENT, NOW)
    assert log.find_code("ZZZZZZ") == []


def test_what_waits_is_written_in_one_transaction(log: ReportLog) -> None:
    release, commits = threading.Event(), []

    def on_commit() -> None:
        commits.append(log.position)
        release.wait(20)

    log.on_commit = on_commit
    waiting = [log.append(arrival(taken(seq))) for seq in range(1, 10)]
    waiting[0].result(timeout=20)
    release.set()
    for future in waiting:
        future.result(timeout=20)
    log.close()

    assert commits[-1] == 9
    assert len(commits) < 9


def test_what_waits_is_counted_as_work(log: ReportLog) -> None:
    assert log.queue_seconds == 0
    append(log, taken(1))
    blocked, release = threading.Event(), threading.Event()

    def on_commit() -> None:
        blocked.set()
        release.wait(20)

    log.on_commit = on_commit
    log.append(arrival(taken(2))).result(timeout=20)
    blocked.wait(20)
    last = log.append(arrival(*(taken(seq) for seq in range(10, 200))))
    assert log.queue_seconds > 0
    release.set()
    last.result(timeout=20)


def test_one_that_cannot_be_written_takes_no_neighbour_with_it_and_the_writer_lives_on(log: ReportLog) -> None:
    hold, release = threading.Event(), threading.Event()

    def on_commit() -> None:
        hold.set()
        release.wait(20)

    log.on_commit = on_commit
    first = log.append(arrival(taken(1)))
    hold.wait(20)
    bad = log.append(msgspec.structs.replace(arrival(taken(2)), received=None))
    good = log.append(arrival(taken(3)))
    release.set()

    assert [one.report.seq for one in first.result(20).kept + good.result(20).kept] == [1, 3]
    assert isinstance(bad.exception(20), IntegrityError | OperationalError)
    assert log.alive
    assert [entry.position for entry in log.read_from(0, 100)] == [1, 2]


def test_a_locked_file_is_waited_for_once_however_many_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 400)
    log = ReportLog(tmp_path)
    with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        first = log.append(arrival(taken(1)))
        waiting = [log.append(arrival(taken(seq))) for seq in range(2, 12)]
        for future in (first, *waiting):
            assert isinstance(future.exception(20), OperationalError)
        other.execute("ROLLBACK")

    assert len(caplog.records) <= 2  # the first, and all that came meanwhile
    assert log.queue_seconds == 0
    assert append(log, taken(2)).kept
    log.close()


def test_a_writer_that_hangs_is_expected_to_take_as_long_again_until_it_goes_on(
    log: ReportLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked, release = threading.Event(), threading.Event()

    def on_commit() -> None:
        blocked.set()
        release.wait(20)

    log.on_commit = on_commit
    log.append(arrival(taken(1))).result(timeout=20)
    blocked.wait(20)
    began = log._busy_since
    assert began is not None
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: began + 3.0)
        assert log.queue_seconds == 3.0
    release.set()
    append(log, taken(2))
    log.close()
    assert log.queue_seconds == 0
