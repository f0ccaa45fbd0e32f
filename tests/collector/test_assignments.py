"""The running collector: what changes is compiled anew, told with every answer, and fetched by its hash."""

from collections.abc import Iterator

import httpx
import msgspec
import pytest

from sansang_agent.assigned import hash_of, read
from sansang_agent.contract.assignment import Assignment, Role
from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import Envelope, Report, Sent, Why
from sansang_collector import agents, assignments, fleet_changes
from sansang_collector.assignments import Assignments
from sansang_collector.contact import CONTACT, MACHINE, ContactRow, touch
from sansang_collector.fleet_changes import Change
from sansang_collector.inventory import versions
from sansang_collector.inventory.versions import Version
from sansang_collector.store import Store
from tests.collector.profiles.fleets import an_inventory
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.ledgers import Place

NOW = 1_782_450_000.0
COMMUNE = "00004"


class Ledger:
    """A ledger with an inventory and machines, and the assignments made of it."""

    def __init__(self, place: Place) -> None:
        self.store = Store(place)
        self.made = Assignments()
        self.version: Version | None = None

    def apply(self, communes: int) -> None:
        inventory = an_inventory(communes)
        self.store.write_sync(lambda it: versions.apply(it, inventory, NOW, ""))
        with self.store.read() as connection:
            self.version = versions.current(connection)

    def machine(self, name: str, role: Role = Role.COUNTER, commune: str = COMMUNE, *, speaks: bool = True) -> int:
        def write(connection: object) -> int:
            id_ = agents.register(connection, commune, name, NOW, role)  # type: ignore[arg-type]
            if speaks:
                touch(connection, [ContactRow(id_, NOW, "b", 0.0, 0, None, 0, 1)])  # type: ignore[arg-type]
            return id_

        return self.store.write_sync(write)

    def fall_silent(self, agent: int, silent: bool = True) -> None:
        self.store.write_sync(
            lambda it: it.execute(CONTACT.update().where(CONTACT.c.agent == agent).values(silent=silent))
        )

    def wake(self, agent: int) -> None:
        self.fall_silent(agent, silent=False)

    def refresh(self) -> int:
        with self.store.read() as connection:
            return self.made.refresh(connection, self.version)

    def asks(self, agent: int) -> bool:
        body = self.made.body_of(agent)
        assert body is not None
        profile = read(body.content).profile
        assert profile is not None
        return "dvc-http" in {check.id for check in profile.checks}


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    made = Ledger(place)
    yield made
    made.store.close()


def test_without_an_inventory_nobody_is_assigned_anything(ledger: Ledger) -> None:
    agent = ledger.machine("pc")

    assert ledger.refresh() == 0
    assert ledger.made.hash_of(agent) is None
    assert ledger.made.body_of(agent) is None


def test_the_hash_told_is_that_of_the_body_fetched(ledger: Ledger) -> None:
    agent = ledger.machine("pc")
    ledger.apply(3)
    ledger.refresh()
    body = ledger.made.body_of(agent)

    assert body is not None
    assert ledger.made.hash_of(agent) == body.hash == hash_of(body.content)


def test_nothing_is_made_again_while_nothing_changes(ledger: Ledger) -> None:
    ledger.machine("pc")
    ledger.apply(3)

    assert [ledger.refresh() for _ in range(3)] == [1, 0, 0]


def test_a_machine_that_falls_silent_hands_over_within_its_commune_only(ledger: Ledger) -> None:
    mini, pc = ledger.machine("mini", Role.MINI), ledger.machine("pc")
    other = ledger.machine("pc", commune="00007")
    ledger.apply(3)
    ledger.refresh()
    assert (ledger.asks(mini), ledger.asks(pc), ledger.asks(other)) == (True, False, True)

    ledger.fall_silent(mini)

    assert ledger.refresh() == 2
    assert (ledger.asks(mini), ledger.asks(pc), ledger.asks(other)) == (False, True, True)


def test_a_machine_never_heard_asks_only_where_there_is_no_other(ledger: Ledger) -> None:
    silent, pc = ledger.machine("mini", Role.MINI, speaks=False), ledger.machine("pc")
    ledger.apply(1)
    ledger.refresh()

    assert (ledger.asks(silent), ledger.asks(pc)) == (False, True)


def test_a_new_role_a_new_machine_a_retired_one_and_a_new_inventory_are_noticed(ledger: Ledger) -> None:
    pc = ledger.machine("pc")
    ledger.apply(1)
    ledger.refresh()
    hashes = [ledger.made.hash_of(pc)]

    ledger.store.write_sync(lambda it: fleet_changes.apply(it, [pc], Change(Role.KIOSK), "test", NOW + 1))
    ledger.refresh()
    hashes.append(ledger.made.hash_of(pc))
    ledger.machine("second")
    ledger.refresh()
    hashes.append(ledger.made.hash_of(pc))
    ledger.store.write_sync(lambda it: it.execute(agents.AGENT.update().values(retired_at=NOW, changed_at=NOW + 2)))
    ledger.refresh()
    hashes.append(ledger.made.hash_of(pc))

    assert hashes[3] is None
    assert len(set(hashes)) == 4


def test_a_change_made_after_the_clock_was_set_back_is_noticed_too(ledger: Ledger) -> None:
    pc = ledger.machine("pc")
    ledger.apply(1)
    ledger.store.write_sync(lambda it: fleet_changes.apply(it, [pc], Change(Role.MINI), "test", NOW + 3600))
    ledger.refresh()
    hashes = [ledger.made.hash_of(pc)]
    ledger.store.write_sync(lambda it: fleet_changes.apply(it, [pc], Change(Role.KIOSK), "test", NOW))
    ledger.refresh()
    hashes.append(ledger.made.hash_of(pc))
    ledger.store.write_sync(lambda it: fleet_changes.apply(it, [pc], Change(retired=True), "test", NOW))
    ledger.refresh()
    hashes.append(ledger.made.hash_of(pc))

    assert hashes[2] is None
    assert len(set(hashes)) == 3


def follow(ledger: Ledger, *machines: int) -> None:
    """The machines report what they follow."""
    for one in machines:
        row = {"agent": one, "at": NOW, "version": "1", "config": "", "assigned": ledger.made.hash_of(one)}
        ledger.store.write_sync(lambda it, row=row: it.execute(MACHINE.insert().values(row)))  # type: ignore[misc]


def test_a_restart_moves_no_office(ledger: Ledger) -> None:
    first, second = ledger.machine("pc-1"), ledger.machine("pc-2")
    ledger.apply(2)
    ledger.fall_silent(first)
    ledger.refresh()
    ledger.wake(first)
    follow(ledger, first, second)
    told = [ledger.made.hash_of(one) for one in (first, second)]

    ledger.made = Assignments()
    ledger.refresh()

    assert [ledger.asks(first), ledger.asks(second)] == [False, True]
    assert [ledger.made.hash_of(one) for one in (first, second)] == told


def test_a_mistake_of_ours_leaves_what_was_assigned(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    pc = ledger.machine("pc")
    ledger.apply(1)
    assignments.look(ledger.made, ledger.store, ledger.version)
    before = ledger.made.hash_of(pc)
    ledger.machine("second")
    monkeypatch.setattr(assignments, "templates", dict)

    assignments.look(ledger.made, ledger.store, ledger.version)

    assert ledger.made.hash_of(pc) == before is not None


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    folder = tmp_path_factory.mktemp("collector")
    store = Store(folder)
    store.write_sync(lambda it: versions.apply(it, an_inventory(2), NOW, ""))
    for commune, role in ((COMMUNE, Role.MINI), ("99999", Role.COUNTER)):
        store.write_sync(lambda it, c=commune, r=role: agents.register(it, c, "may", NOW, r))  # type: ignore[misc]
    store.close()
    with running_collector(folder) as collector:
        yield collector


@pytest.fixture
def machine(running: CollectorProcess) -> Iterator[httpx.Client]:
    with running.client("agent", COMMUNE, "may") as client:
        yield client


def test_a_machine_fetches_its_own_once_and_then_by_its_hash(machine: httpx.Client) -> None:
    first = machine.get("/api/v1/agent/config")
    again = machine.get("/api/v1/agent/config", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})

    assert first.status_code == 200
    assert msgspec.json.decode(first.content, type=Assignment).role is Role.MINI
    assert first.headers["etag"] == f'"{hash_of(first.content)}"'
    assert first.headers["cache-control"] == "private, no-cache"
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_the_answer_to_a_report_names_the_hash(machine: httpx.Client) -> None:
    known = machine.get("/api/v1/agent/config").headers["etag"].strip('"')
    report = Report(stream="ab" * 16, seq=1, boot="b", mono=5.0, wall=NOW, why=Why.PERIODIC)
    sent = Sent(boot="b", mono=5.0, wall=NOW)
    answers = [
        machine.post(
            "/api/v1/reports", content=encode(Envelope(v=1, sent=sent, reports=(msgspec.Raw(encode(report)),)))
        ),
        machine.post(
            "/api/v1/reports", content=encode(Envelope(v=1, sent=sent)), headers={"Content-Encoding": "identity"}
        ),
    ]

    assert [answer.json()["config"] for answer in answers] == [known, known]


def test_a_machine_the_centre_has_nothing_for_is_told_so(running: CollectorProcess) -> None:
    with running.client("agent", "99999", "may") as stray:
        answer = stray.get("/api/v1/agent/config")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "its own configuration" in answer.json()["detail"]


def test_who_may_read_sees_every_machine_s_and_others_see_none(
    running: CollectorProcess, machine: httpx.Client
) -> None:
    with running.client("read") as reader, running.client() as nobody:
        assert reader.get("/api/v1/agents/1/config").content == machine.get("/api/v1/agent/config").content
        assert reader.get("/api/v1/agents/77/config").status_code == 404
        assert reader.get("/api/v1/agent/config").status_code == 403
        assert machine.get("/api/v1/agents/1/config").status_code == 403
        assert nobody.get("/api/v1/agent/config").status_code == 401
