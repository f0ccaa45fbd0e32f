"""What is too old goes, what a consumer has not applied stays, and late results find their place all the same."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.joining import Ask
from sansang_agent.contract.report import Sent, SpoolState
from sansang_agent.contract.settings import SettingsError, loads
from sansang_alerts import schema as alert_tables
from sansang_alerts.settings import AlertSettings
from sansang_alerts.tables import NOTIFICATION
from sansang_collector import (
    asking,
    boots,
    changes,
    chunk_history,
    consumers,
    contact,
    join_codes,
    links,
    profiles_seen,
    requests,
    retention,
    waiting,
)
from sansang_collector.asking import Wish
from sansang_collector.audit import AUDIT
from sansang_collector.bundles import BUNDLE
from sansang_collector.changes import CHANGE
from sansang_collector.check_history import INTERVAL
from sansang_collector.chunk_history import CHUNK
from sansang_collector.history import History
from sansang_collector.join_codes import JOIN_CODE, Wanted
from sansang_collector.log import Arrival, ReportLog
from sansang_collector.rights import ALL
from sansang_collector.rung_history import RUNG_INTERVAL
from sansang_collector.settings import CollectorSettings, Retention
from sansang_collector.store import Store
from tests.collector.test_log import SENT, taken
from tests.support import ledgers, reports
from tests.support.ledgers import NOW, Place, add_agent, entry

DAY = 86400.0
LIMITS = Retention()
PROFILE = reports.profile(reports.GATEWAY)
CONFIG = profile_hash(PROFILE)


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ReportLog]:
    log = ReportLog(tmp_path)
    yield log
    log.close()


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    store.write_sync(add_agent)
    yield store
    store.close()


def arrive(log: ReportLog, *ages_days: float, bytes_each: int = 0) -> None:
    for seq, age in enumerate(ages_days, start=log.position + 1):
        one = taken(seq)
        body = one.body + b" " * bytes_each
        arrival = Arrival(1, NOW - age * DAY, SENT, SpoolState(), (type(one)(0, one.report, body),))
        log.append(arrival).result(timeout=20)


def left(log: ReportLog) -> list[int]:
    return [found.position for found in ReportLog.read_from(log, 0, 1000)]


def reopened(log: ReportLog, tmp_path: Path) -> list[int]:
    """What the file holds, without what is still in memory."""
    other = ReportLog(tmp_path)
    try:
        return left(other)
    finally:
        other.close()


def trim(log: ReportLog, upto: int, limits: Retention = LIMITS) -> int:
    return asyncio.run(retention.trim_log(log, upto, limits, NOW))


def test_reports_go_a_week_after_they_arrived(log: ReportLog, tmp_path: Path) -> None:
    arrive(log, 9, 8, 7.1, 6.9, 0)

    assert trim(log, upto=5) == 3
    assert reopened(log, tmp_path) == [4, 5]
    assert log.oldest_arrival() == NOW - 6.9 * DAY
    assert log.find_code(taken(1).report.stream) == []


def test_nothing_goes_that_a_consumer_has_not_applied(log: ReportLog, tmp_path: Path) -> None:
    arrive(log, 9, 9, 9, 9)

    assert trim(log, upto=2) == 2
    assert reopened(log, tmp_path) == [3, 4]


def test_the_newest_envelope_stays_so_that_positions_go_on(log: ReportLog, tmp_path: Path) -> None:
    arrive(log, 9, 9)
    trim(log, upto=2)

    assert reopened(log, tmp_path) == [2]
    arrive(log, 0)
    assert log.position == 3


def test_a_report_that_a_fast_clock_dated_holds_back_nothing(log: ReportLog, tmp_path: Path) -> None:
    arrive(log, -400, 9, 0)
    trim(log, upto=3)

    assert reopened(log, tmp_path) == [3]


def test_the_oldest_reports_go_when_all_are_too_many_bytes(log: ReportLog, tmp_path: Path) -> None:
    arrive(log, *[1] * 60, bytes_each=200_000)
    assert log.used_bytes() > 12_000_000
    retention_ = Retention(raw_bytes=10_000_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retention, "ENVELOPES", 5)
        went = trim(log, 60, retention_)

    assert log.used_bytes() <= 10_000_000
    assert 5 <= went <= 20
    assert reopened(log, tmp_path)[0] == went + 1


def test_bytes_never_make_anything_go_that_is_still_to_be_applied(log: ReportLog, tmp_path: Path) -> None:
    arrive(log, *[1] * 60, bytes_each=200_000)

    assert trim(log, 3, Retention(raw_bytes=10_000_000)) == 3
    assert reopened(log, tmp_path)[0] == 4


def test_arrivals_are_written_while_old_ones_go(log: ReportLog) -> None:
    arrive(log, *[9] * 20)
    gone = [log.forget(20, None, 2) for _ in range(5)]
    arrive(log, 0)

    assert [each.result(timeout=20) for each in gone] == [2] * 5
    assert log.position == 21


def test_a_deletion_that_fails_is_told_and_the_writer_lives_on(log: ReportLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OperationalError("DELETE", None, OSError("database or disk is full"))

    arrive(log, 9, 9)
    with monkeypatch.context() as patch:
        patch.setattr("sansang_collector.forgetting.delete_oldest", full)
        with pytest.raises(OperationalError):
            log.forget(2, None, 1).result(timeout=20)

    assert log.alive
    assert log.forget(2, None, 1).result(timeout=20) == 1


def test_what_every_consumer_has_applied_is_the_least_of_them(store: Store) -> None:
    history = History()
    assert retention.applied(store, [history]) == 0

    store.write_sync(lambda it: consumers.take(history, [entry(7, ledgers.Measured(-10))], NOW, it))
    assert retention.applied(store, [history]) == 7


def count(store: Store) -> dict[str, int]:
    tables = (BUNDLE, CHUNK, INTERVAL, RUNG_INTERVAL, CHANGE)
    with store.read() as connection:
        return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def measure(store: Store, *ages_days: float) -> None:
    """One result at each of these ages, each arriving live."""

    def write(connection: Connection) -> None:
        profiles_seen.keep(connection, {CONFIG: PROFILE}, NOW)
        for number, age in enumerate(ages_days, start=1):
            at = NOW - age * DAY
            one = entry(number, ledgers.Measured(at - NOW), config=CONFIG, received=at)
            History().apply(connection, [one], at)
            changes.note(connection, "contact", at, "05983", 1)

    store.write_sync(write)


def test_each_kind_of_history_is_kept_for_its_own_time(store: Store) -> None:
    years = 365.25
    measure(store, 6 * years, 4.9 * years, 401, 399, 8, 6, 0)
    before = count(store)
    asyncio.run(retention.trim_ledger(store, LIMITS, NOW))

    assert before == {"bundle": 7, "chunk": 6, "interval": 7, "rung_interval": 7, "change": 7}
    assert count(store) == {"bundle": 2, "chunk": 3, "interval": 6, "rung_interval": 6, "change": 2}


def test_much_that_is_old_goes_in_small_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 3)
    measure(store, *(8 + number / 10 for number in range(10)), 0)
    asyncio.run(retention.trim_ledger(store, LIMITS, NOW))

    assert count(store) | {"chunk": 0} == {
        "bundle": 1, "chunk": 0, "interval": 11, "rung_interval": 11, "change": 1,
    }  # fmt: skip


def test_spent_links_sessions_and_long_past_boots_go(store: Store) -> None:
    def write(connection: Connection) -> None:
        for age in (40, 0):
            at = NOW - age * DAY
            links.issue_link(connection, at)
            opened = links.issue_link(connection, at)
            assert links.use_link(connection, opened, at)
            boots.record_all(connection, [boots.contact(1, reports_sent(f"boot-{age}"), at)])

    store.write_sync(write)
    asyncio.run(retention.trim_ledger(store, LIMITS, NOW))

    with store.read() as connection:
        left = [connection.scalar(select(func.count()).select_from(table)) for table in (links.LINK, links.SESSION)]
        known = boots.known(connection, 1, {"boot-40", "boot-0"})
    assert left == [2, 1]
    assert list(known) == ["boot-0"]


def test_join_codes_are_known_for_a_month_after_their_end_and_who_asks_no_more_for_a_week(store: Store) -> None:
    def write(connection: Connection) -> None:
        for age in (31, 29):
            ended = NOW - age * DAY - join_codes.DEFAULT_LIFE_S
            join_codes.keep(connection, (f"{age}0", b"key"), Wanted("05983"), "test", ended)
        for age in (8, 6):
            waiting.ask(connection, Ask(claim=f"{age}" * 43, host=f"{age} days"), "192.0.2.1", NOW - age * DAY)

    store.write_sync(write)
    asyncio.run(retention.trim_ledger(store, LIMITS, NOW))

    with store.read() as connection:
        assert list(connection.scalars(select(JOIN_CODE.c.id))) == ["290"]
        assert [guest.host for guest in waiting.standing(connection)] == ["6 days"]


def test_requests_go_with_the_single_results_and_the_audit_stays(store: Store) -> None:
    def write(connection: Connection) -> None:
        for age in (8, 6):
            at = NOW - age * DAY
            contact.touch(connection, [contact.ContactRow(1, at, "b", 0.0, 0, None, 0, age)])
            asking.ask(connection, Wish(commune="05983", kind="host"), f"{age} days ago", at)

    store.write_sync(write)
    asyncio.run(retention.trim_ledger(store, LIMITS, NOW))

    with store.read() as connection:
        _, left = requests.newest(connection, ALL, 10, 0)
        deeds = list(connection.scalars(select(AUDIT.c.who)))
    assert [one.who for one in left] == ["6 days ago"]
    assert deeds == ["8 days ago", "6 days ago"]


def reports_sent(boot: str) -> Sent:
    return Sent(boot=boot, mono=1.0, wall=NOW)


def test_a_machine_that_fell_silent_keeps_its_last_hour_in_chunks(store: Store) -> None:
    measure(store, 9)
    with store.read() as connection:
        before = chunk_history.read(connection, 1, "gw", NOW - 10 * DAY, NOW, 300)
    asyncio.run(retention.trim_ledger(store, LIMITS, NOW))

    with store.read() as connection:
        assert chunk_history.read(connection, 1, "gw", NOW - 10 * DAY, NOW, 300) == before
    assert count(store) | {"change": 0} == {"bundle": 0, "chunk": 1, "interval": 1, "rung_interval": 1, "change": 0}
    assert len(before) == 1


def test_single_results_may_be_kept_for_one_day_only(store: Store) -> None:
    measure(store, 1.1, 0.9, 0)
    with store.read() as connection:
        before = chunk_history.read(connection, 1, "gw", NOW - 10 * DAY, NOW + 1, 300)
    asyncio.run(asyncio.wait_for(retention.trim_ledger(store, Retention(raw_days=1), NOW), 20))

    with store.read() as connection:
        assert chunk_history.read(connection, 1, "gw", NOW - 10 * DAY, NOW + 1, 300) == before
    assert count(store)["bundle"] == 2


def test_the_newest_change_stays_however_old(store: Store) -> None:
    measure(store, 30, 20)
    asyncio.run(retention.trim_ledger(store, LIMITS, NOW))

    with store.read() as connection:
        assert [change.id for change in changes.after(connection, 0, 10)] == [changes.newest(connection)] == [2]


def test_a_late_split_without_its_single_results_cuts_no_more_than_a_gap(store: Store) -> None:
    """A quarter of an hour good every 15 s, whose single results are gone; then a failure from in between comes."""

    def write(connection: Connection) -> None:
        profiles_seen.keep(connection, {CONFIG: PROFILE}, NOW)
        good = [ledgers.Measured(-15.0 * number) for number in range(61)]
        History().apply(connection, [entry(1, *good, config=CONFIG)], NOW)
        connection.execute(BUNDLE.delete())
        late = ledgers.Measured(-450.5, "timeout")
        History().apply(connection, [entry(2, late, config=CONFIG, received=NOW)], NOW)

    store.write_sync(write)
    with store.read() as connection:
        found = [row[2:] for row in ledgers.check_intervals(connection)]

    half_a_gap = 18_750  # two and a half periods of 15 s are a gap
    assert found == [
        (-900_000, -450_500 - half_a_gap, "ok"),
        (-450_500, -450_500, "failed"),
        (-450_500 + half_a_gap, 0, "ok"),
    ]


def test_a_late_result_at_the_very_edge_of_an_interval_changes_nothing(store: Store) -> None:
    def write(connection: Connection) -> None:
        History().apply(connection, [entry(1, ledgers.Measured(-30), ledgers.Measured(-15))], NOW)
        connection.execute(BUNDLE.delete())
        History().apply(connection, [entry(2, ledgers.Measured(-30, "timeout"))], NOW)

    store.write_sync(write)
    with store.read() as connection:
        assert [row[2:] for row in ledgers.check_intervals(connection)] == [(-30_000, -15_000, "ok")]


async def test_the_collector_looks_again_and_again_whatever_fails(
    log: ReportLog, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, looked = NOW, list[float]()
    troubles = iter([OperationalError("DELETE", None, OSError("database or disk is full")), KeyError("raw"), None])
    enough = asyncio.Event()

    async def trim_log(*_: object) -> int:
        nonlocal now
        looked.append(now)
        now += retention.LOOK_SECONDS
        trouble = next(troubles, None)
        if trouble is not None:
            raise trouble
        if len(looked) == 4:
            enough.set()
        return 0

    monkeypatch.setattr(retention, "trim_log", trim_log)
    rounds = retention.keeping_bounded(log, store, [], lambda: LIMITS, lambda: None, lambda: now)
    following = asyncio.create_task(rounds.follow(0.001, at_once=True))
    async with asyncio.timeout(10):
        await enough.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)

    assert looked[:4] == [NOW + turn * retention.LOOK_SECONDS for turn in range(4)]


@pytest.mark.parametrize(("alerts", "left"), [(AlertSettings(), []), (None, ["old"])])
async def test_who_was_told_is_kept_by_the_settings_of_alerts_where_they_tell_people(
    log: ReportLog, store: Store, alerts: AlertSettings | None, left: list[str]
) -> None:
    ended = {"message_id": "old", "state": "sent", "kind": "digest", "made_at": NOW - 401 * DAY, "due_at": 0.0}
    texts = dict.fromkeys(("team", "person", "channel", "address", "severity", "subject", "body"), "")
    store.write_sync(alert_tables.migrate)
    store.write_sync(lambda connection: connection.execute(NOTIFICATION.delete()))
    store.write_sync(lambda connection: connection.execute(NOTIFICATION.insert(), ended | texts))
    rounds = retention.keeping_bounded(log, store, [], lambda: LIMITS, lambda: alerts, lambda: NOW)
    following = asyncio.create_task(rounds.follow(10, at_once=True))
    await rounds.settled()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)

    with store.read() as connection:
        assert connection.scalars(select(NOTIFICATION.c.message_id)).all() == left


def test_the_line_in_the_guide_is_what_holds_without_it() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^retention: .*$", guide, re.MULTILINE)

    assert loads(line, "guide", CollectorSettings).retention == Retention()


@pytest.mark.parametrize("line", ["raw_days: 0.5", "raw_bytes: 1000", "chunk_days: 0", "interval_years: 0", "days: 7"])
def test_a_time_too_short_to_be_meant_is_a_mistake(line: str) -> None:
    with pytest.raises(SettingsError):
        loads(f"retention: {{{line}}}", "collector.yml", CollectorSettings)
