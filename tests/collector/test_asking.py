"""From a wish to a row, to a machine, to its answer: who is asked, what is refused, what is ignored, and the audit."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, select, update

from sansang_agent.contract.assignment import Request
from sansang_agent.contract.report import RequestAnswer
from sansang_collector import asking, requests
from sansang_collector.agents import AGENT
from sansang_collector.asking import Wish
from sansang_collector.asking_words import AskError, Refused
from sansang_collector.audit import AUDIT
from sansang_collector.request_answers import LATE_S, MOST_NAMED
from sansang_collector.request_desk import RequestDesk
from sansang_collector.requests import Asked
from sansang_collector.state import State
from sansang_collector.store import Store
from tests.support.ledgers import NOW, Measured, Place, add_agent, entry, entry_of
from tests.support.reports import report

WISH = Wish(commune="05983", kind="tcp", target="dvc.example:443", why="khách báo lỗi")


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    yield store
    store.close()


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    """Two machines of one commune and one of another, all in contact; pc-2 last."""
    with store._writing.begin() as connection:
        for commune, name, ago in (("05983", "pc-1", 9), ("05983", "pc-2", 4), ("06001", "pc-3", 1)):
            number = add_agent(connection, commune, name)
            heard(connection, number, NOW - ago)
        yield connection


def heard(connection: Connection, agent: int, at: float) -> None:
    State().apply(connection, [entry(1, Measured(at - NOW, agent=agent), received=at)], at)


def ask(connection: Connection, now: float = NOW, **more: Any) -> Asked:
    return asking.ask(connection, msgspec.structs.replace(WISH, **more), "an", now)


def refused(connection: Connection, now: float = NOW, **more: Any) -> AskError:
    with pytest.raises(AskError) as error:
        ask(connection, now, **more)
    return error.value


def answered(connection: Connection, asked: Asked, at: float = NOW, agent: int | None = None, **more: Any) -> None:
    """Let a machine's answer arrive."""
    results = [{"check": "asked", "outcome": "ok", **more}]
    answers = [{"id": asked.request.id, "results": results}]
    tell(connection, answers, agent or asked.agent, at)


def tell(connection: Connection, answers: list[dict[str, Any]], agent: int, at: float) -> None:
    told = report(results=[], why="request", answers=answers)
    State().apply(connection, [entry_of(9, told, agent=agent, received=at)], at)


def deeds(connection: Connection) -> list[tuple[str, str, str]]:
    rows = connection.execute(select(AUDIT).order_by(AUDIT.c.id))
    return [(row.who, row.what, row.detail) for row in rows]


def test_the_machine_that_was_in_contact_last_is_asked_unless_one_is_named(connection: Connection) -> None:
    assert ask(connection).agent_name == "pc-2"
    assert ask(connection, target="other.example:443", agent="pc-1").agent_name == "pc-1"


def test_a_vantage_is_asked_only_where_there_is_no_other_machine(connection: Connection) -> None:
    connection.execute(update(AGENT).where(AGENT.c.name == "pc-2").values(role="vantage"))

    assert ask(connection).agent_name == "pc-1"


def test_a_request_is_audited_with_who_and_why(connection: Connection) -> None:
    asked = ask(connection, count=2)

    assert deeds(connection) == [("an", "ask", f"{asked.request.id} tcp dvc.example:443 x2: khách báo lỗi")]
    assert (asked.request.count, asked.request.expires, asked.request.check.confirm) == (2, NOW + 60, False)


def test_a_reason_is_one_line_that_the_ledger_can_hold(connection: Connection) -> None:
    asked = ask(connection, why="khách báo\nlỗi\0 \ud800!")

    found = requests.find(connection, asked.request.id)
    assert found is not None
    assert found.why == "khách báo lỗi   !"
    assert deeds(connection)[0][2].endswith(f"x1: {found.why}")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"commune": "5983"}, "'5983' is not a commune's code of five digits."),
        ({"commune": "06999"}, "No machine of 06999 is known here."),
        ({"agent": "pc-9"}, "There is no machine 'pc-9' in 05983; there are pc-1, pc-2."),
        ({"kind": "snmp"}, "'snmp' cannot be asked for; there are icmp, tcp, dns, tls, http, timestamp, host, path."),
        (
            {"target": "dvc.example"},
            "'dvc.example' is no target for tcp: host:port for tcp and tls, a URL for http and",
        ),
        ({"kind": "http"}, "'dvc.example:443' is no target for http"),
        ({"target": "dvc\0\ud800.example:443"}, "'dvc  .example:443' is no target for tcp"),
        ({"kind": "icmp", "target": ""}, "'' is no target for icmp"),
    ],
)
def test_a_wrong_wish_is_refused_in_words(connection: Connection, wrong: dict[str, Any], said: str) -> None:
    error = refused(connection, **wrong)

    assert str(error).startswith(said)
    assert error.refused.is_mistake
    assert deeds(connection) == []


def test_a_silent_or_retired_machine_is_not_asked(connection: Connection) -> None:
    assert "pc-2 in 05983 is not in contact since" in str(refused(connection, NOW + 60))
    assert refused(connection, NOW + 42, agent="pc-1").refused is Refused.SILENT
    add_agent(connection, "06002", "new")
    assert "has never been in contact" in str(refused(connection, commune="06002"))
    connection.execute(update(AGENT).where(AGENT.c.name == "pc-2").values(retired_at=NOW))
    assert refused(connection, agent="pc-2").refused is Refused.RETIRED
    assert ask(connection).agent_name == "pc-1"


def test_a_shared_service_is_asked_by_one_request_of_the_whole_fleet_at_a_time(connection: Connection) -> None:
    first = ask(connection)

    error = refused(connection, commune="06001", kind="http", target="https://DVC.example/page")
    assert str(error).startswith("dvc.example is being asked already, by pc-2 (05983) for an.")
    assert not error.refused.is_mistake
    answered(connection, first, NOW + 10)
    assert refused(connection, NOW + 14.9, commune="06001").refused is Refused.BUSY
    assert ask(connection, NOW + 15.1, commune="06001").agent_name == "pc-3"


def test_a_shared_service_whose_request_expired_may_be_asked_again(connection: Connection) -> None:
    ask(connection)
    heard(connection, 2, NOW + 60)

    assert ask(connection, NOW + 60.1).agent_name == "pc-2"


@pytest.mark.parametrize("target", ["{gateway}", "192.168.1.1"])
def test_what_is_a_communes_own_is_asked_in_two_communes_at_once(connection: Connection, target: str) -> None:
    ask(connection, kind="icmp", target=target)

    assert ask(connection, commune="06001", kind="icmp", target=target).agent_name == "pc-3"


def test_a_sixth_open_request_of_one_machine_is_refused(connection: Connection) -> None:
    for number in range(5):
        ask(connection, target=f"host-{number}.example:1")

    assert str(refused(connection)) == "pc-2 has 5 requests to answer already; ask again in a minute."


def test_an_answer_is_kept_and_audited(connection: Connection) -> None:
    asked = ask(connection)
    answered(connection, asked, NOW + 3, outcome="failed", reason="timeout")

    found = requests.find(connection, asked.request.id)
    assert found is not None
    assert (found.answered_at, [result.reason for result in found.results]) == (NOW + 3, ["timeout"])
    assert deeds(connection)[-1] == ("05983/pc-2", "answer", f"{asked.request.id} timeout")


def test_of_two_answers_the_first_stays_and_the_second_is_audited(connection: Connection) -> None:
    asked = ask(connection)
    answered(connection, asked, NOW + 3)
    answered(connection, asked, NOW + 4, outcome="failed", reason="timeout")

    found = requests.find(connection, asked.request.id)
    assert found is not None
    assert (found.answered_at, found.results[0].reason) == (NOW + 3, None)
    assert deeds(connection)[-1][1:] == ("answer ignored", f"{asked.request.id} was answered before")


def test_an_answer_by_another_machine_or_to_nothing_is_ignored_and_audited(connection: Connection) -> None:
    asked = ask(connection)
    answered(connection, asked, agent=1)
    tell(connection, [{"id": "f" * 32, "results": []}], 1, NOW)

    found = requests.find(connection, asked.request.id)
    assert found is not None
    assert found.answered_at is None
    assert [deed[1] for deed in deeds(connection)] == ["ask", "answer ignored", "answer ignored"]
    assert deeds(connection)[1][0] == "05983/pc-1"


def test_an_answer_that_comes_long_after_the_end_is_ignored_and_audited(connection: Connection) -> None:
    asked = ask(connection)
    answered(connection, asked, NOW + 60 + LATE_S + 1)

    found = requests.find(connection, asked.request.id)
    assert found is not None
    assert found.answered_at is None
    assert deeds(connection)[-1][1:] == ("answer ignored", f"{asked.request.id} had expired")


def test_a_machine_that_answers_what_nobody_asked_does_not_fill_the_ledger(connection: Connection) -> None:
    told = [
        report(seq, results=[], answers=[{"id": f"{seq * 10 + number:032x}"} for number in range(5)])
        for seq in range(1, 100)
    ]
    State().apply(connection, [entry_of(9, *told, agent=1, received=NOW)], NOW)

    assert len(deeds(connection)) == 1
    assert deeds(connection)[0][2].endswith(f"and {99 * 5 - MOST_NAMED} more")


class Desk:
    """The desk of a collector whose clock the test turns."""

    def __init__(self, store: Store) -> None:
        self.now = NOW
        self._desk = RequestDesk(store, lambda: self.now)

    def look(self) -> None:
        asyncio.run(self._desk.look())

    def hand_out(self, agent: int) -> list[Request]:
        return [msgspec.json.decode(raw, type=Request) for raw in self._desk.hand_out(agent)]


@pytest.fixture
def desk(store: Store) -> Desk:
    def add(connection: Connection) -> None:
        for name in ("pc-1", "pc-2"):
            heard(connection, add_agent(connection, "05983", name), NOW)

    store.write_sync(add)
    return Desk(store)


def asked_by(store: Store, **more: Any) -> Asked:
    return store.write_sync(lambda connection: ask(connection, **more))


def sent_at(store: Store, asked: Asked) -> float | None:
    with store.read() as connection:
        found = requests.find(connection, asked.request.id)
    assert found is not None
    return found.sent_at


def test_a_request_is_handed_to_its_machine_only_and_marked_as_sent(store: Store, desk: Desk) -> None:
    asked = asked_by(store, agent="pc-1")
    desk.look()

    assert desk.hand_out(2) == []
    assert desk.hand_out(1) == [asked.request]
    desk.now += 1
    desk.look()
    assert sent_at(store, asked) == NOW


def test_a_request_that_is_answered_at_once_says_when_it_was_sent_all_the_same(store: Store, desk: Desk) -> None:
    asked = asked_by(store, agent="pc-1")
    desk.look()
    desk.hand_out(1)
    store.write_sync(lambda it: requests.mark_answered(it, RequestAnswer(id=asked.request.id), NOW))
    desk.look()

    assert sent_at(store, asked) == NOW


def test_a_request_is_handed_out_again_until_it_is_answered(store: Store, desk: Desk) -> None:
    asked = asked_by(store, agent="pc-1")
    desk.look()

    assert [desk.hand_out(1), desk.hand_out(1)] == [[asked.request], [asked.request]]
    store.write_sync(lambda it: requests.mark_answered(it, RequestAnswer(id=asked.request.id), NOW))
    desk.look()
    assert desk.hand_out(1) == []


def test_an_expired_request_is_never_handed_out(store: Store, desk: Desk) -> None:
    asked_by(store, agent="pc-1")
    desk.look()
    desk.now = NOW + 60

    assert desk.hand_out(1) == []


def test_at_most_five_are_handed_out_and_those_that_were_not_yet_come_first(store: Store, desk: Desk) -> None:
    first = [asked_by(store, agent="pc-1", now=NOW + number / 10, target=f"h{number}.example:1") for number in range(5)]
    desk.look()
    assert desk.hand_out(1) == [asked.request for asked in first]
    store.write_sync(lambda it: heard(it, 1, NOW + 60))
    late = asked_by(store, now=NOW + 60.05, agent="pc-1", target="late.example:1").request
    desk.now = NOW + 60.05
    desk.look()

    assert desk.hand_out(1)[0] == late
