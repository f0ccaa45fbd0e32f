"""The board: what the ledger has of machines, the inventory and its opening hours make a commune's state."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from sansang_agent.contract.check import HttpCheck, IcmpCheck, Profile, TlsCheck
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.report import GoodbyeReason
from sansang_agent.contract.rung import Rung
from sansang_collector import profiles_seen, running
from sansang_collector.agents import AGENT
from sansang_collector.board import Work
from sansang_collector.inventory import versions
from sansang_collector.inventory.calendars import calendars
from sansang_collector.running import Collector
from sansang_collector.serving import Serving, State, Why
from sansang_collector.settings import CollectorSettings
from sansang_collector.state import State as Consumer
from sansang_collector.store import Store
from sansang_collector.web.phrases import local
from tests.collector.inventory.folders import read
from tests.support.ledgers import Place, add_agent, entry_of
from tests.support.reports import report, result

FRIDAY = datetime.fromisoformat("2026-06-26T09:00:00+07:00").timestamp()
HOUR = 3600.0
DVC = HttpCheck(id="dvc-http", rung=Rung.SERVICE, target="https://dvc.example/", confirm=False)
DVC_TLS = TlsCheck(id="dvc-tls", rung=Rung.SERVICE, target="dvc.example:443", confirm=False)
QLVB = IcmpCheck(id="qlvb-tcp", rung=Rung.SERVICE, target="10.9.8.7")
LINE = IcmpCheck(id="line", rung=Rung.LINE, target="192.0.2.1")
LOCAL = IcmpCheck(id="own", rung=Rung.SERVICE, target="192.0.2.9", name="Phần mềm riêng", mandatory=False)
ASKS, ONLY_LINE = Profile(checks=(LINE, DVC, DVC_TLS, QLVB)), Profile(checks=(LINE,))
WITH_LOCAL = Profile(checks=(LINE, DVC, QLVB, LOCAL))
GOOD = (result("line"), result("dvc-http"), result("dvc-tls"), result("qlvb-tcp"))
BAD = (result("line"), result("dvc-http", reason="timeout"), result("dvc-tls"), result("qlvb-tcp"))


class Still:
    """A collector that is not running, with a clock of its own, and an inventory in force."""

    def __init__(self, folder: Path, **changed: str) -> None:
        self.now = FRIDAY
        self.collector = Collector(CollectorSettings(data_dir=str(folder / "data")), lambda: self.now)
        self.position = 0
        self.asked: list[str] = []
        event.listen(self.store._reading, "before_cursor_execute", lambda *call: self.asked.append(call[2]))
        profiles = {profile_hash(one): one for one in (ASKS, ONLY_LINE, WITH_LOCAL)}
        self.store.write_sync(lambda connection: profiles_seen.keep(connection, profiles, FRIDAY))
        self.apply(folder, **changed)

    @property
    def store(self) -> Any:
        return self.collector.store

    def apply(self, folder: Path, **changed: str) -> None:
        inventory = read(folder / "inventory", **changed).inventory
        self.store.write_sync(lambda connection: versions.apply(connection, inventory, self.now, ""))
        assert self.collector.inventory.reload("") == ""
        self.collector.know_calendars(calendars(inventory))

    def agent(self, name: str = "pc-1", commune: str = "06001", role: str = "counter") -> int:
        number = self.store.write_sync(lambda connection: add_agent(connection, commune, name))
        row = AGENT.update().where(AGENT.c.id == number).values(role=role)
        self.store.write_sync(lambda connection: connection.execute(row))
        return int(number)

    def take(self, agent: int, *results: dict[str, Any], by: Profile = ASKS, **more: Any) -> None:
        """A report arrives and takes effect."""
        self.position += 1
        made = report(self.position, results=list(results), config=profile_hash(by), **more)
        arrived = entry_of(self.position, made, agent=agent, received=self.now)
        self.store.write_sync(lambda connection: Consumer().apply(connection, [arrived], self.now))

    def serving(self, code: str = "06001", **more: Any) -> Serving:
        with self.store.read() as connection:
            everywhere = self.collector.board.province(connection, self.collector.present(), **more).serving[code]
            alone = self.collector.board.province(connection, self.collector.present(), code, **more).serving
        assert alone == {code: everywhere}
        return everywhere


@pytest.fixture
def still(tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Still]:
    monkeypatch.setattr(running, "Store", lambda _folder: Store(place))
    still = Still(tmp_path)
    yield still
    still.collector.log.close()
    still.store.close()


def test_a_commune_without_an_agent_is_not_measured(still: Still) -> None:
    assert (still.serving("06073").state, still.serving("06073").why) == (State.NOT_MEASURED, Why.NO_AGENT)


def test_a_counter_that_reaches_every_service_serves(still: Still) -> None:
    still.take(still.agent(), *GOOD)

    assert (still.serving().state, still.serving().counters, still.serving().working) == (State.SERVING, 1, 1)


def test_a_service_is_reached_only_if_none_of_its_checks_failed(still: Still) -> None:
    still.take(still.agent(), *BAD)

    assert (still.serving().state, still.serving().services) == (State.CANNOT_SERVE, ("Cổng dịch vụ công",))


def test_what_could_not_be_found_out_is_no_failure(still: Still) -> None:
    still.take(still.agent(), result("dvc-http", reason="no_internet", outcome="unknown"), *GOOD[2:])

    assert still.serving().state is State.SERVING


def test_the_inventory_says_which_machines_stand_at_counters(still: Still) -> None:
    still.take(still.agent("pc-1"), *GOOD)
    still.take(still.agent("back-office"), result("line", reason="timeout"), by=ONLY_LINE)

    assert (still.serving().state, still.serving().counters) == (State.SERVING, 1)


def test_without_it_machines_of_the_role_counter_do(still: Still) -> None:
    for name, role in (("a", "counter"), ("b", "kiosk"), ("c", "mini")):
        still.take(still.agent(name, "06073", role), *GOOD)

    assert (still.serving("06073").state, still.serving("06073").counters) == (State.SERVING, 1)


def test_the_second_pc_is_waited_for_and_then_the_first_ones_word_counts(still: Still) -> None:
    first, second = still.agent("pc-1"), still.agent("pc-2")
    states = []
    for _ in range(10):
        still.take(first, *BAD)
        still.take(second, result("line"), by=ONLY_LINE)
        states.append(still.serving().state)
        still.now += 15

    assert states == [State.SERVING] * 8 + [State.CANNOT_SERVE] * 2


@pytest.mark.parametrize(
    ("reached", "answered", "lapsed"),
    [(False, State.CANNOT_SERVE, State.CANNOT_SERVE), (True, State.LIMITED, State.SERVING)],
)
def test_an_answer_of_the_second_pc_settles_a_doubt_and_unsays_nothing_when_it_lapses(
    still: Still, reached: bool, answered: State, lapsed: State
) -> None:
    first, second = still.agent("pc-1"), still.agent("pc-2")
    found = []
    for seconds in range(0, 360, 30):
        still.take(first, *BAD)
        still.take(second, result("line"), by=ONLY_LINE)
        if seconds == 0:
            still.collector.board.heard(second, "dvc", reached, still.now)
        found.append(still.serving().state)
        still.now += 30

    assert (found[0], found[-1]) == (answered, lapsed)


def test_what_the_only_pc_said_is_not_unsaid_when_another_comes_on(still: Still) -> None:
    first, second = still.agent("pc-1"), still.agent("pc-2")
    still.take(first, *BAD)
    alone = still.serving().state
    still.take(second, result("line"), by=ONLY_LINE)

    assert (alone, still.serving().state) == (State.CANNOT_SERVE, State.CANNOT_SERVE)


def test_before_it_opens_no_doubt_grows_old(still: Still) -> None:
    still.now = datetime.fromisoformat("2026-06-26T07:20:00+07:00").timestamp()
    first, second = still.agent("pc-1"), still.agent("pc-2")
    states = []
    for _ in range(22):
        still.take(first, *BAD)
        still.take(second, result("line"), by=ONLY_LINE)
        states.append(still.serving().state)
        still.now += 30

    assert states == [State.CLOSED] * 20 + [State.SERVING] * 2


def test_a_doubt_that_went_away_begins_anew(still: Still) -> None:
    first, second = still.agent("pc-1"), still.agent("pc-2")
    for results in (BAD, GOOD, BAD):
        still.take(first, *results)
        still.take(second, result("line"), by=ONLY_LINE)
        assert still.serving().state is State.SERVING
        still.now += 100


def test_results_go_stale_without_any_report(still: Still) -> None:
    still.take(still.agent(), *GOOD)
    before = still.serving().state
    still.now += 44
    stale = still.serving()
    still.now += 20

    assert (before, stale.state, still.serving().why) == (State.SERVING, State.SERVING, Why.SILENT)


def test_a_machine_that_said_goodbye_is_expected_off_and_one_that_did_not_is_silent(still: Still) -> None:
    agent = still.agent()
    still.take(agent, *GOOD, goodbye={"reason": GoodbyeReason.SHUTDOWN})
    still.now += 60

    assert still.serving().why is Why.EXPECTED_OFF


def test_a_retired_machine_is_none(still: Still) -> None:
    still.take(still.agent(), *GOOD)
    still.store.write_sync(lambda connection: connection.execute(AGENT.update().values(retired_at=FRIDAY)))

    assert still.serving().why is Why.NO_AGENT


def test_at_night_on_sunday_and_on_a_holiday_it_is_closed_and_says_when_it_opens(tmp_path: Path, still: Still) -> None:
    def opens(at: str) -> str:
        still.now = datetime.fromisoformat(f"{at}+07:00").timestamp()
        found = still.serving()
        assert found.state is State.CLOSED
        assert found.opens_at is not None
        return f"{local(found.opens_at):%m-%d %H:%M}"

    assert opens("2026-06-26T12:00:00") == "06-26 13:30"
    assert opens("2026-06-26T17:00:00") == "06-29 07:30"
    still.apply(tmp_path, province_yml='name: Lạng Sơn\ncode: "20"\nholidays: [2026-06-26, 2026-06-29..2026-06-30]\n')
    assert opens("2026-06-26T09:00:00") == "07-01 07:30"


def test_announced_work_is_said_while_it_lasts(still: Still) -> None:
    still.take(still.agent(), *BAD)

    def state(since: float, until: float, commune: str = "06001") -> State:
        return still.serving(work=[Work(commune, FRIDAY + since, FRIDAY + until)]).state

    assert state(0, 1) is State.PLANNED_WORK
    assert {state(-HOUR, 0), state(1, HOUR), state(0, 1, "06004")} == {State.CANNOT_SERVE}


def test_a_service_outside_its_own_hours_is_not_missed(tmp_path: Path, still: Still) -> None:
    still.apply(
        tmp_path,
        services_yml="services:\n"
        '  - {id: dvc, name: Dịch vụ, host: dvc.example, checks: [{kind: http}], hours: "mon-fri 10:00-11:00"}\n'
        "  - {id: qlvb, name: Văn bản, host: 10.9.8.7, checks: [{kind: tcp}]}\n",
    )
    still.take(still.agent(), *BAD)
    early = still.serving().state
    still.now += HOUR
    still.take(1, *BAD)

    assert (early, still.serving().state) == (State.SERVING, State.CANNOT_SERVE)


def test_a_service_that_only_the_pcs_own_profile_names_counts_as_that_says(still: Still) -> None:
    still.take(still.agent(), *GOOD[:2], GOOD[3], result("own", reason="timeout"), by=WITH_LOCAL)

    assert (still.serving().state, still.serving().services) == (State.LIMITED, ("Phần mềm riêng",))


def test_only_machines_that_reported_are_read_again(still: Still) -> None:
    for name in ("pc-1", "pc-2"):
        still.take(still.agent(name), *GOOD)
    still.serving()
    still.asked.clear()
    still.serving()
    assert not any("latest" in one for one in still.asked)
    still.now += 15
    still.take(2, *BAD)
    assert still.serving().state is State.LIMITED


def test_a_new_inventory_counts_at_once(tmp_path: Path, still: Still) -> None:
    still.take(still.agent(), *BAD)
    before = still.serving().state
    still.apply(
        tmp_path,
        services_yml="services:\n"
        "  - {id: dvc, name: Dịch vụ, host: dvc.example, checks: [{kind: http}], mandatory: false}\n"
        "  - {id: qlvb, name: Văn bản, host: 10.9.8.7, checks: [{kind: tcp}]}\n",
    )

    assert (before, still.serving().state) == (State.CANNOT_SERVE, State.LIMITED)


def test_a_service_that_the_machine_s_own_policy_refuses_is_not_measured_and_the_machine_is_counted(
    still: Still,
) -> None:
    refused = result("dvc-http", outcome="unknown", reason="refused_by_policy", detail="dvc.example is not among …")
    agent = still.agent()
    still.take(agent, result("line"), refused, result("qlvb-tcp"))

    assert (still.serving().state, still.serving().services) == (State.NOT_MEASURED, ("Cổng dịch vụ công",))
    assert still.collector.board.refusing() == {agent: ("dvc-http",)}
    still.now += 15
    still.take(agent, *GOOD)
    assert still.serving().state is State.SERVING
    assert still.collector.board.refusing() == {}
