"""What pages read: the present is only what is live now, and a commune's best agent speaks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from sansang_agent.contract.check import Profile
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.light import Light
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.rung import Rung
from sansang_collector import overview, profiles_seen, silence
from sansang_collector.history import History
from sansang_collector.liveness import Present
from sansang_collector.log import Entry
from sansang_collector.state import State
from sansang_collector.store import Store
from sansang_collector.view import AgentView, RungView
from tests.support import reports
from tests.support.ledgers import NOW, Measured, add_agent, entry, entry_of
from tests.support.reports import report, result

PROFILE = reports.profile(label="sandbox: stand-ins")
CONFIG = profile_hash(PROFILE)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    store = Store(tmp_path)
    with store._writing.begin() as connection:
        add_agent(connection)
        add_agent(connection, name="pc-2")
        profiles_seen.keep(connection, {CONFIG: PROFILE}, NOW)
        yield connection
    store.close()


def apply(connection: Connection, *entries: Entry) -> None:
    for consumer in (State(), History()):
        consumer.apply(connection, entries, NOW)


def rung(view: AgentView, wanted: Rung) -> RungView:
    return next(one for one in view.rungs if one.rung is wanted)


def agent(connection: Connection, number: int = 1, now: float = NOW) -> AgentView:
    view = overview.agent(connection, number, Present(now, 0))
    assert view
    return view


def test_an_agent_never_heard_of_is_none(connection: Connection) -> None:
    assert overview.agent(connection, 99, Present(NOW, 0)) is None
    assert overview.commune(connection, "99999", Present(NOW, 0)) is None
    assert overview.check_intervals(connection, 1, "gw", 0, NOW) == []


def test_an_agent_without_contact_is_silent_and_has_no_rung(connection: Connection) -> None:
    view = agent(connection)

    assert (view.silent, view.last_contact, view.commune_name) == (True, None, "Phường Lương Văn Tri")
    assert {one.light for one in view.rungs} == {Light.NOT_CONFIGURED}


def test_a_rung_with_a_check_that_has_no_result_yet_is_unknown(connection: Connection) -> None:
    apply(connection, entry(1, Measured(-5), config=CONFIG))
    lights = {one.rung: one.light for one in agent(connection).rungs}

    assert (lights[Rung.GATEWAY], lights[Rung.SERVICE], lights[Rung.DNS]) == (
        Light.OK,
        Light.UNKNOWN,
        Light.NOT_CONFIGURED,
    )


def test_an_old_result_is_shown_but_is_not_the_present(connection: Connection) -> None:
    apply(connection, entry(1, Measured(-5, "timeout"), config=CONFIG))
    now, later = (rung(agent(connection, now=NOW + after), Rung.GATEWAY) for after in (0, 60))

    assert (now.light, now.checks[0].live) == (Light.FAILED, True)
    assert (later.light, later.checks[0].live, later.checks[0].outcome) == (Light.UNKNOWN, False, Outcome.FAILED)


def test_a_check_says_what_its_profile_knows_and_since_when(connection: Connection) -> None:
    apply(connection, entry(1, *(Measured(at, "timeout") for at in (-40, -25, -10)), config=CONFIG))
    (check,) = rung(agent(connection), Rung.GATEWAY).checks

    assert (check.kind, check.target, check.name) == ("icmp", "192.0.2.1", "Cổng mạng")
    assert check.since == NOW - 40
    assert agent(connection).label == "sandbox: stand-ins"


def test_checks_that_left_the_profile_leave_the_page(connection: Connection) -> None:
    shorter = Profile(checks=(reports.SERVICE,))
    profiles_seen.keep(connection, {profile_hash(shorter): shorter}, NOW)
    apply(connection, entry(1, Measured(-9), config=CONFIG))
    apply(connection, entry(2, Measured(-2, check="dvc"), config=profile_hash(shorter)))

    assert [check.check for one in agent(connection).rungs for check in one.checks] == ["dvc"]


def test_the_best_agent_speaks_for_the_commune_and_a_failed_rung_for_the_whole(connection: Connection) -> None:
    first = report(1, 995.0, [result(), result("dvc", reason="refused")], config=CONFIG)
    second = report(1, 995.0, [result(reason="timeout"), result("dvc", reason="refused")], config=CONFIG)
    apply(connection, entry_of(1, first), entry_of(2, second, agent=2))
    (commune,) = overview.communes(connection, Present(NOW, 0))
    lights = {one.rung: one.light for one in commune.rungs}

    assert (commune.code, commune.agents, commune.silent_agents, commune.light) == ("05983", 2, 0, Light.FAILED)
    assert (lights[Rung.GATEWAY], lights[Rung.SERVICE]) == (Light.OK, Light.FAILED)
    assert commune == overview.commune(connection, "05983", Present(NOW, 0))
    assert commune.labels == ("sandbox: stand-ins",)


def test_a_degraded_stretch_keeps_its_light(connection: Connection) -> None:
    both = reports.profile(reports.GATEWAY, reports.GATEWAY.__class__(id="gw2", rung=Rung.GATEWAY, target="192.0.2.9"))
    profiles_seen.keep(connection, {profile_hash(both): both}, NOW)
    mixed = report(1, 995.0, [result(), result("gw2", reason="timeout")], config=profile_hash(both))
    apply(connection, entry_of(1, mixed))
    (stretch,) = overview.rung_intervals(connection, "05983", Rung.GATEWAY, NOW - 60, NOW)

    assert (stretch.light, stretch.outcome) == (Light.DEGRADED, Outcome.FAILED)


def test_results_come_newest_first(connection: Connection) -> None:
    apply(
        connection, entry(1, *(Measured(at, "timeout" if at == -25 else None) for at in (-40, -25, -10)), config=CONFIG)
    )
    found = overview.results(connection, 1, "gw", NOW, 2)

    assert [(one.at - NOW, one.outcome) for one in found] == [(-10, "ok"), (-25, "failed")]


def test_changes_are_read_by_number(connection: Connection) -> None:
    apply(connection, entry(1, Measured(-5), config=CONFIG))
    newest = overview.newest_change(connection)

    assert [one.kind for one in overview.changes_after(connection, 0, 10)] == ["agent", "outcome"]
    assert overview.changes_after(connection, newest, 10) == []


def test_after_a_restart_nobody_is_silent_who_had_no_time_to_speak(connection: Connection) -> None:
    apply(connection, entry(1, Measured(-5), config=CONFIG))

    def silent(after_start: float) -> bool:
        view = overview.agent(connection, 1, Present(NOW + 3600 + after_start, listening_since=NOW + 3600))
        assert view
        return view.silent

    assert [silent(after) for after in (1, 45, 46)] == [False, False, True]


def test_who_was_silent_before_a_restart_still_is(connection: Connection) -> None:
    apply(connection, entry(1, Measured(-5), config=CONFIG))
    silence.mark_silent(connection, Present(NOW + 60, 0))
    view = overview.agent(connection, 1, Present(NOW + 3601, listening_since=NOW + 3600))

    assert view
    assert view.silent


def test_nothing_measured_by_a_clock_set_back_since_is_the_present(connection: Connection) -> None:
    apply(connection, entry(1, Measured(-5), config=CONFIG))
    view = overview.agent(connection, 1, Present(NOW - 7 * 3600, listening_since=NOW - 8 * 3600))

    assert view
    assert view.silent
    assert not rung(view, Rung.GATEWAY).checks[0].live
