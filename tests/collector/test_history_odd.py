"""What history does when profiles change, spools are restored, and some machines fall silent while others go on."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, select

from sansang_agent.contract.check import IcmpCheck
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.rung import Rung
from sansang_collector import bundles, fronts, profiles_seen
from sansang_collector.changes import CHANGE
from sansang_collector.chunks import Single
from sansang_collector.history import History
from sansang_collector.series import SERIES
from sansang_collector.store import Store
from tests.support import reports
from tests.support.ledgers import NOW, Measured, Place, add_agent, check_intervals, entry, rung_intervals

GATEWAY = reports.profile(reports.GATEWAY)
LINE = reports.profile(IcmpCheck(id="gw", rung=Rung.LINE, target="192.0.2.1"))
SLOW = reports.profile(IcmpCheck(id="gw", rung=Rung.GATEWAY, target="192.0.2.1", period=60.0))
ON_GATEWAY, ON_LINE, SLOWLY = profile_hash(GATEWAY), profile_hash(LINE), profile_hash(SLOW)


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as connection:
        add_agent(connection)
        add_agent(connection, "05984")
        profiles_seen.keep(connection, {ON_GATEWAY: GATEWAY, ON_LINE: LINE, SLOWLY: SLOW}, NOW)
        yield connection
    store.close()


def live(history: History, connection: Connection, at_s: float, config: str = ON_GATEWAY, agent: int = 1) -> None:
    """One good result that comes at once."""
    one = entry(round(at_s) * 2 + agent, Measured(at_s, agent=agent), config=config, received=NOW + at_s)
    history.apply(connection, [one], NOW + at_s)


def place(connection: Connection) -> tuple[str, float, str, float]:
    """Rung and period of the first machine's check: as its row and as its front have them."""
    row = connection.execute(select(SERIES.c.rung, SERIES.c.period).where(SERIES.c.agent == 1)).one()
    tip = fronts.read(connection, [1])[1].tips["gw"]
    return (*row, str(tip.rung), tip.period)


def test_a_check_leaves_a_rung_that_was_put_off(connection: Connection) -> None:
    history = History(40.0)
    for at_s in (0, 15, 30):
        live(history, connection, at_s)
    live(history, connection, 45, ON_LINE)
    live(history, connection, 60, ON_LINE)
    history.rest(connection, NOW + 1000)

    assert [(row[1], row[4]) for row in rung_intervals(connection)] == [("gateway", "ok"), ("line", "ok")]
    assert rung_intervals(connection)[1][3] == 60_000


def test_a_check_is_on_two_rungs_in_one_batch(connection: Connection) -> None:
    both = [
        entry(1, Measured(-15), config=ON_GATEWAY),
        entry(2, Measured(0), config=ON_LINE),
    ]
    History().apply(connection, both, NOW)

    assert place(connection) == ("line", 15.0, "line", 15.0)


def test_what_comes_late_does_not_bring_an_earlier_profile_back(connection: Connection) -> None:
    history = History()
    live(history, connection, 0, ON_LINE)
    history.apply(connection, [entry(9, Measured(-600), config=ON_GATEWAY)], NOW + 1)

    assert place(connection) == ("line", 15.0, "line", 15.0)


def test_late_results_belong_together_as_their_own_profile_says(connection: Connection) -> None:
    history = History()
    live(history, connection, 0)
    old = [Measured(at_s) for at_s in (-600, -540, -480)]
    history.apply(connection, [entry(9, *old, config=SLOWLY)], NOW + 1)

    assert check_intervals(connection) == [(1, "gw", -600_000, -480_000, "ok"), (1, "gw", 0, 0, "ok")]
    assert place(connection)[1] == 15.0


def test_a_restored_spool_with_an_earlier_profile_moves_nothing(connection: Connection) -> None:
    history = History()
    live(history, connection, 0, ON_GATEWAY)
    live(history, connection, 15, ON_LINE)
    history.apply(connection, [entry(99, Measured(0), config=ON_GATEWAY, received=NOW + 20)], NOW + 20)

    assert place(connection) == ("line", 15.0, "line", 15.0)


def test_a_new_profile_holds_though_the_collectors_clock_was_set_back(connection: Connection) -> None:
    history = History()
    live(history, connection, 7200, ON_GATEWAY)
    live(history, connection, 0, ON_LINE)

    assert place(connection) == ("line", 15.0, "line", 15.0)


def test_only_what_came_late_is_told_as_late(connection: Connection) -> None:
    history = History()
    history.apply(connection, [entry(9, Measured(-60), Measured(-45), Measured(-30), config=ON_GATEWAY)], NOW)
    for at_s in (5, 20, 35):
        live(history, connection, at_s)

    assert len(check_intervals(connection)) == 1
    assert [row.at for row in connection.execute(select(CHANGE).where(CHANGE.c.kind == "late"))] == [NOW - 45]


def test_a_commune_that_fell_silent_is_brought_up_while_others_go_on(connection: Connection) -> None:
    history = History(40.0)
    for at_s in (0, 15, 30):
        live(history, connection, at_s)
    for at_s in range(35, 200, 15):
        live(history, connection, at_s, agent=2)

    assert rung_intervals(connection)[0] == ("05983", "gateway", 0, 30_000, "ok")


def test_what_a_silent_commune_left_costs_others_nothing_where_it_fails(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    history = History(40.0)
    for at_s in (0, 15, 30):
        live(history, connection, at_s)

    def broken(*_: object) -> None:
        raise ValueError("unforeseen")

    with monkeypatch.context() as patch:
        patch.setattr(history._renewals, "renew_overdue", broken)
        live(history, connection, 60, agent=2)
    live(history, connection, 120, agent=2)

    assert "cannot bring up the rungs of communes that fell silent" in caplog.text
    assert [row[:2] for row in check_intervals(connection)] == [(1, "gw"), (2, "gw"), (2, "gw")]
    assert rung_intervals(connection)[0] == ("05983", "gateway", 0, 30_000, "ok")


def test_a_change_and_a_result_from_long_before_do_not_read_what_lies_between(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, later = History(), 900
    for at_s in (0, 15, later):
        live(history, connection, at_s)
    read: list[float] = []
    between = bundles.between

    def timed(connection: Connection, agent: int, first_ms: int, last_ms: int) -> Iterator[Single]:
        read.append((last_ms - first_ms) / 1000)
        return between(connection, agent, first_ms, last_ms)

    monkeypatch.setattr(bundles, "between", timed)
    found = [Measured(15), Measured(20, "timeout"), Measured(later + 15, "timeout")]
    history.apply(connection, [entry(9, *found, config=ON_GATEWAY, received=NOW + later + 15)], NOW + later + 15)

    assert check_intervals(connection) == [
        (1, "gw", 0, 15_000, "ok"),
        (1, "gw", 20_000, 20_000, "failed"),
        (1, "gw", later * 1000, later * 1000, "ok"),
        (1, "gw", (later + 15) * 1000, (later + 15) * 1000, "failed"),
    ]
    assert max(read) < 300
