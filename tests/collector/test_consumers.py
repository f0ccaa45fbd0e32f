"""Consumers take effect exactly once, go on where they were, and hold back nobody but themselves."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from sansang_collector import consumers
from sansang_collector.changes import CHANGE, newest, note
from sansang_collector.log import Entry, ReportLog
from sansang_collector.news import News
from sansang_collector.store import Store
from tests.collector.test_log import arrival, taken
from tests.support.ledgers import NOW, Measured, Place, add_agent, entry


class Diary:
    """A consumer whose effect is one change per report, of a kind that names its seq."""

    name = "diary"
    rest_seconds: float | None = None

    def __init__(self, poison: int | None = None) -> None:
        self.poison = poison
        self.skipped = 0
        self.applied = 0

    def apply(self, connection: Connection, entries: Sequence[Entry], now: float) -> None:
        self.applied += 1
        for one in entries:
            for report in one.reports:
                if report.seq == self.poison:
                    raise ZeroDivisionError
                note(connection, str(report.seq), now, "05983", one.agent)

    def rest(self, connection: Connection, now: float) -> None:
        note(connection, "rest", now, "05983", 1)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    store.write_sync(add_agent)
    yield store
    store.close()


def written(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.scalars(select(CHANGE.c.kind).order_by(CHANGE.c.id)))


def take(store: Store, *entries: Entry) -> int:
    return store.write_sync(lambda connection: consumers.take(Diary(), entries, NOW, connection))


def test_a_report_the_log_holds_twice_takes_effect_once(store: Store) -> None:
    take(store, entry(1, Measured(0), seq=7))
    take(store, entry(2, Measured(0), seq=7), entry(3, Measured(0), seq=8), entry(4, Measured(0), seq=8))

    assert written(store) == ["7", "8"]


def test_an_entry_handed_over_twice_takes_effect_once(store: Store) -> None:
    for _ in range(2):
        take(store, entry(1, Measured(0), seq=7), entry(2, Measured(0), seq=8))

    assert written(store) == ["7", "8"]


def test_cursor_and_effect_are_one_transaction(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        store.write_sync(
            lambda connection: consumers.take(
                Diary(poison=8), [entry(1, Measured(0), Measured(1), seq=7)], NOW, connection
            )
        )
    assert written(store) == []
    with store.read() as connection:
        assert consumers.position_of(connection, "diary") == 0


def test_the_newest_change_is_told(store: Store) -> None:
    assert take(store, entry(1, Measured(0), Measured(1))) == 2


async def follow(store: Store, log: ReportLog, diary: Diary, expected: int, skipped: int = 0) -> None:
    """Run the consumer until its cursor stands at ``expected`` and it has left out ``skipped`` entries."""
    news, wake = News(), asyncio.Event()
    task = asyncio.create_task(consumers.follow(diary, log, store, news, lambda: NOW, wake))
    async with asyncio.timeout(20):
        while True:
            with store.read() as connection:
                if consumers.position_of(connection, "diary") == expected and diary.skipped == skipped:
                    break
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_consumer_catches_up_from_the_log_after_a_restart(store: Store, tmp_path: Path) -> None:
    log = ReportLog(tmp_path)
    for seq in (1, 2):
        log.append(arrival(taken(seq))).result(20)
    await follow(store, log, Diary(), 2)
    log.close()
    log = ReportLog(tmp_path)
    log.append(arrival(taken(3))).result(20)
    await follow(store, log, Diary(), 3)
    log.close()

    assert written(store) == ["1", "2", "3"]


async def test_what_comes_after_the_log_was_lost_is_applied_too(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = ReportLog(tmp_path)
    for seq in (1, 2):
        log.append(arrival(taken(seq))).result(20)
    await follow(store, log, Diary(), 2)
    log.close()
    lose(tmp_path)
    with store.read() as connection:
        log = ReportLog(tmp_path, consumers.furthest(connection))
    assert log.read_from(0, 100) == []
    log.append(arrival(taken(3))).result(20)
    await follow(store, log, Diary(), 3)
    log.close()

    assert written(store) == ["1", "2", "3"]
    assert "log.db ends at 0 but was read up to 2" in caplog.text


def lose(folder: Path) -> None:
    for file in folder.glob("log.db*"):
        file.unlink()


async def test_an_entry_that_breaks_a_consumer_is_left_out_and_the_next_ones_are_not(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = ReportLog(tmp_path)
    for seq in (1, 2, 3):
        log.append(arrival(taken(seq))).result(20)
    diary = Diary(poison=2)
    await follow(store, log, diary, 3, skipped=1)
    log.close()

    assert written(store) == ["1", "3"]
    assert diary.skipped == 1
    assert "leaves out position 2" in caplog.text


async def test_an_entry_that_breaks_a_consumer_is_found_in_few_steps(store: Store, tmp_path: Path) -> None:
    log = ReportLog(tmp_path)
    for waiting in [log.append(arrival(taken(seq))) for seq in range(1, 201)]:
        waiting.result(20)
    diary = Diary(poison=200)
    await follow(store, log, diary, 200, skipped=1)
    log.close()

    assert len(written(store)) == 199
    assert diary.applied < 60


async def test_a_file_that_cannot_be_used_for_a_while_stops_no_consumer(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RETRY_SECONDS", 0)
    log = ReportLog(tmp_path)
    log.append(arrival(taken(1))).result(20)
    read, failures = log.read_from, [OperationalError("", None, sqlite3.OperationalError("disk I/O error"))]

    def broken_once(position: int, limit: int) -> list[Entry]:
        if failures:
            raise failures.pop()
        return read(position, limit)

    monkeypatch.setattr(log, "read_from", broken_once)
    await follow(store, log, Diary(), 1)
    log.close()

    assert written(store) == ["1"]


async def test_a_skip_that_cannot_be_written_is_tried_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RETRY_SECONDS", 0)
    log = ReportLog(tmp_path)
    log.append(arrival(taken(1))).result(20)
    move, failures = consumers._move, [OperationalError("", None, sqlite3.OperationalError("disk is full"))]

    def full_once(connection: Connection, consumer: str, position: int) -> None:
        if failures:
            raise failures.pop()
        move(connection, consumer, position)

    monkeypatch.setattr(consumers, "_move", full_once)
    diary = Diary(poison=1)
    await follow(store, log, diary, 1, skipped=1)
    log.close()

    assert diary.skipped == 1


async def test_what_was_put_off_is_done_while_nothing_comes(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    diary, log = Diary(), ReportLog(tmp_path)
    diary.rest_seconds = 0.01
    rest, rested = diary.rest, asyncio.Event()
    loop = asyncio.get_running_loop()

    def broken_once(connection: Connection, now: float) -> None:
        if "cannot do what it put off" not in caplog.text:
            raise ZeroDivisionError
        rest(connection, now)
        loop.call_soon_threadsafe(rested.set)

    monkeypatch.setattr(diary, "rest", broken_once)
    task = asyncio.create_task(consumers.follow(diary, log, store, News(), lambda: NOW, asyncio.Event()))
    async with asyncio.timeout(20):
        await rested.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    log.close()

    assert written(store)[0] == "rest"


async def test_reports_that_come_fast_share_a_transaction(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "BATCH_SECONDS", 1.0)
    log, diary, wake = ReportLog(tmp_path), Diary(), asyncio.Event()
    loop = asyncio.get_running_loop()
    log.on_commit = lambda: loop.call_soon_threadsafe(wake.set)
    task = asyncio.create_task(consumers.follow(diary, log, store, News(), lambda: NOW, wake))
    began = loop.time()
    for seq in range(1, 21):
        await asyncio.wrap_future(log.append(arrival(taken(seq))))
        await asyncio.sleep(0)  # let the consumer see it, if it looks at once
    async with asyncio.timeout(20):
        while len(await asyncio.to_thread(written, store)) < 20:  # noqa: ASYNC110  # it happens in a thread
            await asyncio.sleep(0.01)
    took = loop.time() - began
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    log.close()

    most = max(4, 3 + int(took))
    assert diary.applied <= most, "one at once, the others a second apart, however long it takes to write them"


async def test_a_wake_up_brings_what_came_meanwhile(store: Store, tmp_path: Path) -> None:
    log, news, wake = ReportLog(tmp_path), News(), asyncio.Event()
    loop = asyncio.get_running_loop()
    log.on_commit = lambda: loop.call_soon_threadsafe(wake.set)
    task = asyncio.create_task(consumers.follow(Diary(), log, store, news, lambda: NOW, wake))
    await asyncio.wrap_future(log.append(arrival(taken(1))))
    await news.wait(0, timeout=20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    log.close()

    assert written(store) == ["1"]


async def test_news_wakes_at_once_when_closed() -> None:
    news = News()
    await news.tell(5)
    await news.wait(4, timeout=20)
    waiting = asyncio.create_task(news.wait(5, timeout=20))
    await news.close()
    await waiting

    assert news.closed


def test_changes_are_numbered_without_end(store: Store) -> None:
    with store.read() as connection:
        assert newest(connection) == 0
