"""Five-minute summaries: exact in any order, packed an hour to a row, and never counted twice."""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Result
from sansang_collector import bundles, chunk_history, chunks, consumers, fronts
from sansang_collector.bundles import BUNDLE
from sansang_collector.chunk_history import CHUNK
from sansang_collector.chunks import Single
from sansang_collector.fronts import Front, Tip
from sansang_collector.history import History
from sansang_collector.store import Store
from tests.support import reports
from tests.support.ledgers import NOW, Place, add_agent, entry_of

HOUR = NOW // 3600 * 3600


def ping(median_ms: float = 1.0, *, lost: int = 0, check: str = "gw") -> Result:
    return msgspec.convert(
        reports.result(check, rtt_ms=(median_ms / 2, median_ms, median_ms * 2, median_ms * 4), sent=5, lost=lost),
        Result,
    )


def failed(reason: str, outcome: str = "failed") -> Result:
    return msgspec.convert(reports.result("gw", reason, outcome), Result)


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as connection:
        add_agent(connection)
        yield connection
    store.close()


class Measured(NamedTuple):
    at: float
    result: Result


def kept(result: Result) -> Single:
    return bundles.single(0, bundles.cell_of(1, result))


def keep(connection: Connection, agent: int, found: list[Measured], now: float) -> None:
    """Results of the check gw as the history consumer keeps them."""
    known = fronts.read(connection, [agent]).get(agent)
    tip = Tip(agent, "gateway", 15.0, 1, 0, 0, None, late=False)
    front = known or Front(chunk_history.first_open(agent, now), {"gw": tip})
    cells = [(round(one.at * 1000), bundles.cell_of(agent, one.result)) for one in found]
    position = connection.scalar(select(func.count()).select_from(BUNDLE)) or 0
    bundles.add(connection, bundles.pack(agent, position, cells))
    late = [bundles.single(*cell) for cell in cells if cell[0] < front.closed * chunks.SLOT_MS]
    chunk_history.add(connection, agent, front, late, now)
    fronts.write(connection, {agent: front})


def test_a_summary_counts_outcomes_reasons_and_lost_echoes() -> None:
    found = chunks.Summary()
    for one in (ping(), ping(lost=2), failed("timeout"), failed("timeout"), failed("no_permission", "unknown")):
        found = chunks.merge(found, chunks.of(kept(one)))

    assert (found.count, found.reasons) == (5, {Reason.TIMEOUT: 2, Reason.NO_PERMISSION: 1})
    assert [found.count_of(outcome) for outcome in Outcome] == [2, 2, 1]
    assert (found.sent, found.lost) == (10, 2)


def test_a_summary_keeps_shortest_mean_and_longest_round_trip() -> None:
    found = chunks.Summary()
    for one in (ping(1.0), ping(2.0), failed("timeout")):
        found = chunks.merge(found, chunks.of(kept(one)))

    assert found.rtt == chunks.Range(2, 3000, 500, 8000)
    assert found.rtt.mean_us == 1500
    assert found.total.mean_us is None


def test_the_phases_of_a_probe_are_its_duration_in_all() -> None:
    result = msgspec.convert(reports.result("dvc", phases_ms={"connect": 12.0, "tls": 30.25}), Result)

    assert chunks.of(kept(result)).total == chunks.Range(1, 42_250, 42_250, 42_250)


def test_a_block_comes_out_as_it_was_packed() -> None:
    block: chunks.Block = {}
    for slot, result in ((10, ping()), (11, failed("timeout")), (10, ping(3.0, check="out"))):
        chunks.add(block, result.check, slot, chunks.of(kept(result)))

    assert chunks.decode(chunks.encode(block)) == block
    assert chunks.decode_check(chunks.encode(block), "gw") == block["gw"]
    assert chunks.decode_check(chunks.encode(block), "other") == {}


measured = st.builds(
    Measured,
    st.integers(0, 3 * 3600).map(lambda seconds: HOUR + seconds),
    st.one_of(
        st.floats(0.01, 500).map(ping),
        st.sampled_from(["timeout", "refused"]).map(failed),
    ),
)


@settings(max_examples=20, deadline=None)
@given(found=st.lists(measured, max_size=20), random=st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_points(
    found: list[Measured], random: Random, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = Store(tmp_path_factory.mktemp("chunks"))
    kept: list[Any] = []
    for agent, order in enumerate((found, random.sample(found, len(found))), start=1):

        def play(connection: Connection, agent: int = agent, order: list[Measured] = order) -> None:
            assert add_agent(connection, name=f"pc-{agent}") == agent
            for one in order:
                keep(connection, agent, [one], HOUR + 2 * 3600)
            kept.append(chunk_history.read(connection, agent, "gw", HOUR, HOUR + 4 * 3600, 300))

        store.write_sync(play)
    store.close()

    assert kept[0] == kept[1]
    assert sum(summary.count for summary in kept[0].values()) == len(found)


def hours(connection: Connection) -> list[int]:
    return [hour - int(HOUR // 3600) for hour in connection.scalars(select(CHUNK.c.hour).order_by(CHUNK.c.hour))]


def test_an_hour_is_packed_once_it_is_over_and_can_be_read_before(connection: Connection) -> None:
    for minute in range(70):
        at = HOUR + 60 * minute
        assert hours(connection) == ([0] if at > HOUR + 3600 + chunk_history.GRACE_S + 60 else [])
        keep(connection, 1, [Measured(at, ping())], at)

    points = chunk_history.read(connection, 1, "gw", HOUR, HOUR + 4200, 300)
    assert [(at - HOUR, summary.count) for at, summary in points.items()] == [(300 * slot, 5) for slot in range(14)]
    assert chunk_history.read_all(connection, 1, HOUR, HOUR + 4200, 300) == {"gw": points}


def test_agents_close_their_hours_in_turns() -> None:
    closed = {chunk_history.first_open(agent, HOUR + 600) for agent in range(1, 50)}

    assert closed == {HOUR // 300, HOUR // 300 - 12}
    assert {chunk_history.first_open(agent, HOUR + 3599) for agent in range(1, 50)} == {HOUR // 300}


def test_late_results_rewrite_the_chunk_of_their_hour(connection: Connection) -> None:
    keep(connection, 1, [Measured(HOUR + 10, ping(1.0))], HOUR + 7200)
    keep(connection, 1, [Measured(HOUR + 20, ping(3.0)), Measured(HOUR + 900, ping())], HOUR + 9000)

    assert hours(connection) == [0]
    points = chunk_history.read(connection, 1, "gw", HOUR, HOUR + 3600, 300)
    assert [(at - HOUR, summary.count, summary.rtt.mean_us) for at, summary in points.items()] == [
        (0, 2, 2000),
        (900, 1, 1000),
    ]


def test_points_can_be_coarser_and_are_cut_to_the_window(connection: Connection) -> None:
    found = [Measured(HOUR + 300 * slot, ping()) for slot in range(24)]
    keep(connection, 1, found, HOUR + 9000)

    points = chunk_history.read(connection, 1, "gw", HOUR + 3600, HOUR + 7200, 1800)
    assert [(at - HOUR, summary.count) for at, summary in points.items()] == [(3600, 6), (5400, 6)]


def test_a_report_that_comes_twice_counts_once(connection: Connection) -> None:
    history = History()
    for position in (1, 2):
        again = entry_of(position, reports.report(7, 990.0, [reports.result("gw")]))
        consumers.take(history, [again], NOW, connection)

    (summary,) = chunk_history.read(connection, 1, "gw", NOW - 3600, NOW + 300, 300).values()
    assert summary.count == 1
