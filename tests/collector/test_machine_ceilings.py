"""What one machine's token may make of streams, numbers, checks and boots is bounded, and costs honest ones nothing."""

from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy import Connection, func, select

from sansang_collector import boots, consumers, fronts, latest, retention, series, spans, state, taking
from sansang_collector.boots import BOOT
from sansang_collector.consumers import APPLIED, MOST_RANGES, MOST_STREAMS
from sansang_collector.contact import DROPPED
from sansang_collector.history import History
from sansang_collector.log import Entry
from sansang_collector.series import SERIES
from sansang_collector.settings import Retention
from sansang_collector.state import State
from sansang_collector.store import Store
from tests.collector.test_consumers import Diary, written
from tests.support.ledgers import MONO, NOW, Measured, Place, add_agent, entry, entry_of
from tests.support.reports import BOOT as BOOT_NAME
from tests.support.reports import report, result


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    store.write_sync(add_agent)
    yield store
    store.close()


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as connection:
        add_agent(connection)
        add_agent(connection, name="pc-2")
        yield connection
    store.close()


def take(store: Store, *entries: Entry) -> None:
    store.write_sync(lambda connection: consumers.take(Diary(), entries, NOW, connection))


def in_streams(position: int, *streams: int) -> Entry:
    return entry_of(position, *(report(1, stream=f"{stream:032x}") for stream in streams))


def of_numbers(position: int, *numbers: int) -> Entry:
    return entry_of(position, *(report(number) for number in numbers))


def applied(store: Store) -> list[tuple[str, list[tuple[int, int]]]]:
    with store.read() as connection:
        rows = connection.execute(select(APPLIED.c.stream, APPLIED.c.spans).order_by(APPLIED.c.stream))
        return [(row.stream, msgspec.json.decode(row.spans, type=list[tuple[int, int]])) for row in rows]


def test_streams_without_end_are_not_all_remembered(store: Store) -> None:
    for position in range(1, 6):
        take(store, in_streams(position, *range(position * MOST_STREAMS, (position + 1) * MOST_STREAMS)))
    take(store, in_streams(6, 1))

    assert len(applied(store)) <= 2 * MOST_STREAMS + 1


def test_a_stream_that_goes_on_is_remembered_among_too_many(store: Store) -> None:
    take(store, in_streams(1, *range(MOST_STREAMS + 1)))
    take(store, in_streams(2, 7))  # sent once more: nothing of it is new
    take(store, in_streams(3, 7))

    assert written(store) == ["1"] * (MOST_STREAMS + 1)


def test_numbers_full_of_holes_are_kept_in_a_thousand_ranges(store: Store) -> None:
    take(store, of_numbers(1, *range(1, 4 * MOST_RANGES, 2)))

    ((_, found),) = applied(store)
    assert len(found) == MOST_RANGES
    assert (found[0], found[-1][1]) == ((1, 1), 4 * MOST_RANGES - 1)


def test_a_backlog_that_was_thinned_out_in_an_outage_is_applied_whole(store: Store) -> None:
    take(store, entry(1, Measured(0), seq=1))
    sent = list(range(10 * MOST_RANGES, 10, -3))  # the newest first, as machines send it
    for position, at in enumerate(range(0, len(sent), 100), 2):
        take(store, of_numbers(position, *sent[at : at + 100]))

    assert len(written(store)) == len(sent) + 1


def test_ranges_hold_what_lies_in_them_and_nothing_else() -> None:
    found = ((2, 4), (7, 7), (9, 12))

    assert [number for number in range(15) if spans.holds(found, number)] == [2, 3, 4, 7, 9, 10, 11, 12]
    assert not spans.holds((), 1)
    assert spans.within(found, 3) == found
    assert spans.within(found, 2) == ((2, 4), (7, 12))


def test_checks_without_end_are_left_out_and_those_there_are_go_on(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (state, taking):
        monkeypatch.setattr(module, "MOST_CHECKS", 10)
    many = [result(f"c{number}") for number in range(25)]
    for at_s in (0, 15):
        one = entry_of(at_s + 1, report(at_s + 1, MONO + at_s, many), received=NOW + at_s, sent=sent(at_s))
        State().apply(connection, [one], NOW + at_s)
        History().apply(connection, [one], NOW + at_s)
    State().apply(connection, [entry(9, Measured(0, agent=2))], NOW)

    assert sorted(row.check for row in latest.read(connection, [1])[1]) == sorted(f"c{number}" for number in range(10))
    assert connection.scalar(select(func.count()).select_from(SERIES)) == 10
    assert {tip.last_ms for tip in fronts.read(connection, [1])[1].tips.values()} == {round(NOW * 1000) + 15_000}
    assert [row.check for row in latest.read(connection, [2])[2]] == ["gw"]


def sent(at_s: float) -> dict[str, object]:
    return {"boot": BOOT_NAME, "mono": MONO + at_s, "wall": NOW + at_s}


def test_no_honest_machine_has_so_many_checks() -> None:
    assert series.MOST_CHECKS >= 5 * 1_000  # as many as a report may hold, five times over


def test_what_was_dropped_is_counted_in_so_many_streams_and_no_more(connection: Connection) -> None:
    for position in range(1, MOST_STREAMS + 20):
        spool = {"dropped": [[1, 2]]}
        one = entry_of(position, report(1, stream=f"{position:032x}"), spool=spool)
        State().apply(connection, [one], NOW)

    assert connection.scalar(select(func.count()).select_from(DROPPED)) == MOST_STREAMS


async def test_of_boots_without_end_the_newest_thousand_stay(store: Store) -> None:
    def restart(connection: Connection) -> None:
        rows = [boots.InBoot(1, f"boot-{number}", 0.0, NOW + number, None) for number in range(1_500)]
        boots.record_all(connection, rows)

    store.write_sync(restart)
    await retention.trim_ledger(store, Retention(), NOW + 2_000)
    with store.read() as connection:
        kept = connection.scalars(select(BOOT.c.at).order_by(BOOT.c.at)).all()

    assert len(kept) == retention.MOST_BOOTS
    assert kept[0] == NOW + 500
