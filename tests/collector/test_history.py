"""The history consumer: intervals per check and per rung, whatever the order, and nothing overwritten."""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from sansang_agent.contract.check import HttpCheck
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.rung import Rung
from sansang_collector import profiles_seen, rung_history, rung_renewal
from sansang_collector.boots import BOOT
from sansang_collector.changes import CHANGE
from sansang_collector.check_history import INTERVAL
from sansang_collector.history import History
from sansang_collector.rung_history import RUNG_INTERVAL
from sansang_collector.store import Store
from tests.support import reports
from tests.support.ledgers import NOW, Measured, Place, add_agent, check_intervals, entry, entry_of, rung_intervals

PROFILE = reports.profile(reports.GATEWAY, HttpCheck(id="gw2", rung=Rung.GATEWAY, target="http://192.0.2.1/"))
CONFIG = profile_hash(PROFILE)


class Rollback(Exception):  # noqa: N818  # not an error: the end of one example
    pass


@pytest.fixture(scope="module")
def store(shared_place: Place) -> Iterator[Store]:
    store = Store(shared_place)
    store.write_sync(ledger)
    yield store
    store.close()


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as connection:
        ledger(connection)
        yield connection
    store.close()


measured = st.builds(
    Measured,
    st.integers(-180, 0),
    st.sampled_from([None, None, "timeout", "no_permission"]),
    st.sampled_from(["gw", "gw2"]),
    st.sampled_from([1, 2]),
)
batches = st.lists(measured, max_size=25, unique_by=lambda one: (one.at_s, one.check, one.agent))


def ledger(connection: Connection) -> None:
    add_agent(connection)
    add_agent(connection, name="pc-2")
    profiles_seen.keep(connection, {CONFIG: PROFILE}, NOW)


def play(store: Store, results: list[Measured], batch: int) -> tuple[list[Any], list[Any]]:
    """The intervals a ledger ends up with when these results arrive in this order, so many in a transaction."""
    kept: list[tuple[list[Any], list[Any]]] = []

    def example(connection: Connection) -> None:
        entries = [entry(position, one, config=CONFIG) for position, one in enumerate(results, start=1)]
        for start in range(0, len(entries), batch):
            History().apply(connection, entries[start : start + batch], NOW)
        kept.append((check_intervals(connection), rung_intervals(connection)))
        raise Rollback

    with pytest.raises(Rollback):
        store.write_sync(example)
    return kept[0]


@settings(max_examples=25, deadline=None)
@given(found=batches, random=st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_current_intervals(
    store: Store, found: list[Measured], random: Random
) -> None:
    shuffled = random.sample(found, len(found))
    in_order = sorted(found, key=lambda one: one.at_s)
    expected = play(store, in_order, 1)

    assert play(store, shuffled, 1) == expected
    assert play(store, shuffled, 7) == expected
    assert play(store, in_order, 100) == expected


class Step(NamedTuple):
    """One report of one of two machines: how long after the last one, what it found, how late it came."""

    agent: int
    after_s: float
    gw: str | None
    gw2: str | None
    late_s: float


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from([1, 1, 2]),
        st.sampled_from([5, 15, 15, 20, 60]),
        st.sampled_from([None, None, None, "timeout"]),
        st.sampled_from([None, None, "timeout", "no_permission"]),
        st.sampled_from([0, 0, 0, 100]),
    ),
    max_size=30,
)


def live(store: Store, walked: list[Step], put_off_s: float, restart_every: int) -> list[tuple[Any, ...]]:
    """All rows of rungs that are left when these reports come one by one."""
    kept: list[list[tuple[Any, ...]]] = []

    def example(connection: Connection) -> None:
        history, at = History(put_off_s), NOW
        for position, step in enumerate(walked, start=1):
            if position % restart_every == 0:
                history = History(put_off_s)
            at += step.after_s
            found = (Measured(at - NOW, step.gw, "gw", step.agent), Measured(at - NOW + 1, step.gw2, "gw2", step.agent))
            one = entry(position, *found, config=CONFIG, received=at + 1 + step.late_s)
            history.apply(connection, [one], at + 1 + step.late_s)
        history.rest(connection, at + 1000)
        columns = [RUNG_INTERVAL.c[name] for name in ("first_ms", "last_ms", "light", "late")]
        rows = select(*columns).where(RUNG_INTERVAL.c.revised_at.is_(None)).order_by(RUNG_INTERVAL.c.first_ms)
        kept.append([tuple(row) for row in connection.execute(rows)])
        raise Rollback

    with pytest.raises(Rollback):
        store.write_sync(example)
    return kept[0]


@settings(max_examples=40, deadline=None)
@given(walked=steps, restart_every=st.integers(2, 40))
def test_a_rung_that_is_put_off_ends_up_as_if_it_had_been_renewed_at_once(
    store: Store, walked: list[Step], restart_every: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rung_renewal, "continuation", lambda *_: None)  # the long way, each time
        expected = live(store, walked, 0.0, 1000)

    assert live(store, walked, 0.0, 1000) == expected
    assert live(store, walked, 40.0, restart_every) == expected


def test_nothing_is_renewed_while_all_checks_only_go_on(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed: list[str] = []
    renew = rung_history.renew

    def counted(connection: Connection, commune: str, rung: str, *more: Any) -> None:
        renewed.append(rung)
        renew(connection, commune, rung, *more)

    monkeypatch.setattr(rung_history, "renew", counted)
    history = History(40.0)
    for number in range(20):
        found = [Measured(15 * number, None, check, agent) for check in ("gw", "gw2") for agent in (1, 2)]
        for agent in (1, 2):
            own = [one for one in found if one.agent == agent]
            received = NOW + 15 * number
            history.apply(connection, [entry(2 * number + agent, *own, config=CONFIG, received=received)], received)
    history.rest(connection, NOW + 1000)

    assert renewed == ["gateway", "gateway"], "once for the first results of each machine"
    assert rung_intervals(connection) == [("05983", "gateway", 0, 285_000, "ok")]


def test_the_gateways_failure_opens_an_interval_of_its_check_and_of_the_communes_rung(connection: Connection) -> None:
    found = [Measured(-60), Measured(-45), Measured(-30, "timeout"), Measured(-15, "timeout")]
    History().apply(connection, [entry(1, *found, config=CONFIG)], NOW)

    assert check_intervals(connection) == [(1, "gw", -60000, -45000, "ok"), (1, "gw", -30000, -15000, "failed")]
    assert rung_intervals(connection) == [
        ("05983", "gateway", -60000, -30000, "ok"),
        ("05983", "gateway", -30000, -15000, "failed"),
    ]


def test_history_is_never_overwritten_by_a_split(connection: Connection) -> None:
    History().apply(
        connection, [entry(1, Measured(-60), Measured(-45), Measured(-15), Measured(0), config=CONFIG)], NOW
    )
    History().apply(connection, [entry(2, Measured(-30, "timeout"), config=CONFIG)], NOW + 5)

    rows = connection.execute(select(INTERVAL).order_by(INTERVAL.c.id)).all()
    assert [(row.revision, row.revised_at) for row in rows] == [(1, NOW + 5), (2, None), (2, None), (2, None)]
    rungs = connection.execute(select(RUNG_INTERVAL).where(RUNG_INTERVAL.c.revised_at == NOW + 5)).all()
    assert [(row.first_ms, row.last_ms) for row in rungs] == [(round((NOW - 60) * 1000), round(NOW * 1000))]


def test_what_arrived_late_says_so(connection: Connection) -> None:
    History().apply(connection, [entry(1, Measured(-300), config=CONFIG), entry(2, Measured(-5), config=CONFIG)], NOW)

    rows = connection.execute(select(INTERVAL.c.late).order_by(INTERVAL.c.first_ms)).scalars().all()
    assert rows == [True, False]
    assert [row.kind for row in connection.execute(select(CHANGE))] == ["late"]


def test_a_profile_that_comes_later_puts_what_came_before_on_its_rung(connection: Connection) -> None:
    late_profile = reports.profile(reports.GATEWAY, label="later")
    config = profile_hash(late_profile)
    History().apply(connection, [entry(1, Measured(-30), Measured(-15), config=config)], NOW)
    assert rung_intervals(connection) == []

    profiles_seen.keep(connection, {config: late_profile}, NOW)
    History().apply(connection, [entry(2, Measured(0), config=config)], NOW)
    assert rung_intervals(connection) == [("05983", "gateway", -30000, 0, "ok")]


@pytest.mark.parametrize("days", [-3, 0, 3])
def test_a_result_of_an_earlier_boot_is_dated_whatever_the_machines_clock_says(
    connection: Connection, days: int
) -> None:
    """The PC loses its line, its clock is set by days, it measures once more and reboots; then the line is back."""
    before = {"boot": "boot-0", "mono": 500.0, "wall": NOW}
    History().apply(connection, [entry_of(1, sent=before, received=NOW)], NOW)
    old = reports.report(2, 560.0, boot="boot-0", wall=NOW + 60 + days * 86_400)
    after = {"boot": "boot-1", "mono": 30.0, "wall": NOW + 900 + days * 86_400}
    History().apply(connection, [entry_of(2, old, received=NOW + 900, sent=after)], NOW + 900)

    assert check_intervals(connection) == [(1, "gw", 60_000, 60_000, "ok")]


def test_a_boot_of_the_first_schema_is_dated_by_its_skew(connection: Connection) -> None:
    connection.execute(BOOT.insert().values(agent=1, boot="boot-0", skew=3600.0, at=NOW))
    old = reports.report(2, 400.0, boot="boot-0", wall=NOW + 3600 + 60)
    History().apply(connection, [entry_of(2, old, received=NOW + 900)], NOW + 900)

    assert check_intervals(connection) == [(1, "gw", 60_000, 60_000, "ok")]


def test_a_result_whose_time_is_unsure_opens_nothing(connection: Connection) -> None:
    unknown_boot = reports.report(1, 400.0, boot="boot-never-seen", wall=NOW - 60)
    History().apply(connection, [entry_of(1, unknown_boot)], NOW)

    assert check_intervals(connection) == []
