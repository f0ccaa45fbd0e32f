"""What an Alertmanager is handed: alerts of incidents again and again, their end, and silences of planned work."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts import schema
from sansang_alerts.alert_rows import Kept
from sansang_alerts.channels.outgoing import Outgoing
from sansang_alerts.desk import Desk
from sansang_alerts.fault import Fault, Happening, Place, Report
from sansang_alerts.standing import Standing
from sansang_alerts.texts.phrases import Phrases
from sansang_collector.incidents.maintenance import Kind, Maintenance
from sansang_collector.incidents.tables import MAINTENANCE, MAINTENANCE_COMMUNE
from sansang_collector.posted_alerts import alert_of, is_of, is_same, silence_of
from sansang_collector.posting import Members, Posting
from sansang_collector.silencing import Silencing
from sansang_collector.store import Store
from tests.alerts.desks import settings
from tests.support.faults import BEGAN, OPENED, OVER, RING
from tests.support.http_stand_in import Asked, Behaviour, HttpStandIn, Says

NOW = OPENED + 60
PLAN = Maintenance(
    id=7, kind=Kind.PLANNED_WORK, title="Hàn cáp", parts=("ring:a",), communes=("06112", "06115"), announced_at=BEGAN,
    begins=NOW, ends=NOW + 3600, ended_at=None, cancelled_at=None, made_by="lan", made_at=BEGAN, source="page",
)  # fmt: skip


class Member(HttpStandIn):
    """One Alertmanager: keeps what it is posted, and silences."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[list[dict[str, Any]]] = []
        self.silences: dict[str, dict[str, Any]] = {}
        self.says = 200

    def answer(self, asked: Asked) -> Behaviour:
        if self.says != 200:
            return Says(self.says, b'"no"')
        if asked.path == "/api/v2/alerts":
            self.posted.append(json.loads(asked.body))
            return Says(200, b"")
        if (asked.method, asked.path) == ("GET", "/api/v2/silences"):
            return Says(200, json.dumps([{"id": id_} | one for id_, one in self.silences.items()]).encode())
        if asked.path == "/api/v2/silences":
            id_ = f"s{len(self.silences) + 1}"
            self.silences[id_] = json.loads(asked.body) | {"status": {"state": "active"}}
            return Says(200, json.dumps({"silenceID": id_}).encode())
        id_ = asked.path.rpartition("/")[2]
        if id_ not in self.silences:
            return Says(404, b'"silence not found"')
        self.silences[id_]["status"] = {"state": "expired"}
        return Says(200, b"")

    def active(self) -> list[str]:
        return [id_ for id_, one in self.silences.items() if one["status"]["state"] == "active"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path)
    opened.write_sync(schema.migrate)
    yield opened
    opened.close()


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    async with Outgoing() as made:
        yield made


def kept(fault: Fault, **more: Any) -> Kept:
    return Kept(1, "M4T7QX", Standing(fault=fault, team="line", **more))


def test_an_incident_is_posted_with_the_labels_that_routes_go_by() -> None:
    posted = alert_of(kept(RING), "https://sansang.example.vn", NOW)

    assert posted["labels"] == {
        "alertname": "SansangIncident",
        "incident": "M4T7QX",
        "severity": "critical",
        "owner": "telecom",
        "kind": "ring",
    }
    assert posted["annotations"]["summary"] == Phrases("vi", NOW).said(RING).headline
    assert posted["annotations"]["runbook_url"] == "https://sansang.example.vn/runbooks/vong-truyen-dan"
    assert posted["generatorURL"] == "https://sansang.example.vn/incidents/12"
    assert posted["startsAt"] == "2026-06-26T01:14:00.000Z"
    assert posted["endsAt"] == "2026-06-26T01:20:40.000Z"


def test_a_commune_is_a_label_where_it_is_one() -> None:
    one = msgspec.structs.replace(RING, communes=(Place("06112", "Xã Bình Gia"),))

    assert alert_of(kept(one), "", NOW)["labels"]["commune"] == "06112"


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        (RING, {"over_at": OPENED + 30}),
        (RING, {"ended_at": OPENED + 30}),
        (msgspec.structs.replace(RING, held_back="maintenance:7"), {}),
        (msgspec.structs.replace(RING, severity=Severity.INFO), {}),
    ],
)
def test_what_is_over_or_held_back_is_posted_as_over_with_all_it_said(fault: Fault, more: dict[str, float]) -> None:
    posted = alert_of(kept(fault, **more), "", NOW)

    assert posted["endsAt"] <= "2026-06-26T01:15:40.000Z"
    assert posted["annotations"]["summary"] == Phrases("vi", NOW).said(RING).headline


async def test_every_member_is_posted_to_and_the_end_too(store: Store, outgoing: Outgoing) -> None:
    with Member() as one, Member() as other:
        members = Members([one.url, f"{other.url}/"], outgoing)
        desk, clock = Desk(settings(), announced=True), [NOW]
        posting = Posting(store, members, "", lambda: clock[0], _nobody)
        _report(store, desk, RING, Happening.OPENED)
        await posting.once()
        await posting.once()
        ended = msgspec.structs.replace(RING, ended_at=OVER)
        _report(store, desk, ended, Happening.RECOVERED, OVER)
        clock[0] = OVER + 5
        await posting.once()

    assert one.posted == other.posted
    assert [[alert["labels"]["incident"] for alert in alerts] for alerts in one.posted[:2]] == [["M4T7QX"]] * 2


async def test_what_is_posted_with_other_labels_ends_under_the_old_ones(store: Store, outgoing: Outgoing) -> None:
    with Member() as one:
        desk = Desk(settings(), announced=True)
        posting = Posting(store, Members([one.url], outgoing), "", lambda: NOW, _nobody)
        _report(store, desk, msgspec.structs.replace(RING, owner=Owner.POWER), Happening.OPENED)
        await posting.once()
        _report(store, desk, RING, Happening.UPDATED)
        await posting.once()
        await posting.once()

    before, changed, after = one.posted
    assert [alert["labels"]["owner"] for alert in before] == ["power"]
    assert [alert["labels"]["owner"] for alert in changed] == ["power", "telecom"]
    assert changed[0]["endsAt"] < changed[1]["endsAt"]
    assert [alert["labels"]["owner"] for alert in after] == ["telecom"]


async def test_one_member_that_is_away_holds_nothing_up(store: Store, outgoing: Outgoing) -> None:
    with Member() as away, Member() as there:
        away.says = 503
        released: list[str] = []
        clock = [NOW]
        posting = Posting(store, Members([away.url, there.url], outgoing), "", lambda: clock[0], _into(released))
        _report(store, Desk(settings(), announced=True), RING, Happening.OPENED)
        clock[0] += 600
        await posting.once()

    assert len(there.posted) == 1
    assert released == []


async def test_people_are_told_without_them_when_all_members_are_away_for_two_minutes(
    store: Store, outgoing: Outgoing
) -> None:
    with Member() as away:
        away.says = 503
        released: list[str] = []
        clock = [NOW]
        posting = Posting(store, Members([away.url], outgoing), "", lambda: clock[0], _into(released))
        _report(store, Desk(settings(), announced=True), RING, Happening.OPENED)
        await posting.once()
        assert released == []
        clock[0] += 121
        await posting.once()

    assert released == ["M4T7QX"]


async def test_planned_work_makes_a_silence_once_and_its_cancelling_expires_it(
    store: Store, outgoing: Outgoing
) -> None:
    with Member() as member:
        members, clock = Members([member.url], outgoing), [NOW]
        store.write_sync(_planned)
        await Silencing(store, members, lambda: clock[0]).once()
        await Silencing(store, members, lambda: clock[0]).once()
        assert member.active() == ["s1"]
        store.write_sync(lambda it: it.execute(MAINTENANCE.update().values(cancelled_at=NOW)))
        await Silencing(store, members, lambda: clock[0]).once()

    assert member.active() == []
    assert member.silences["s1"]["matchers"] == [
        {"name": "commune", "value": "06112|06115", "isRegex": True, "isEqual": True}
    ]


async def test_a_silence_that_an_alertmanager_has_lost_is_made_again(store: Store, outgoing: Outgoing) -> None:
    with Member() as member:
        clock = [NOW]
        silencing = Silencing(store, Members([member.url], outgoing), lambda: clock[0])
        store.write_sync(_planned)
        await silencing.once()
        member.silences["s1"]["status"] = {"state": "expired"}
        clock[0] += 61
        await silencing.once()

    assert member.active() == ["s2"]


async def test_work_that_ends_at_another_time_moves_its_silence(store: Store, outgoing: Outgoing) -> None:
    with Member() as member:
        silencing = Silencing(store, Members([member.url], outgoing), lambda: NOW)
        store.write_sync(_planned)
        await silencing.once()
        store.write_sync(lambda it: it.execute(MAINTENANCE.update().values(ends=NOW + 7200)))
        await silencing.once()

    assert member.active() == ["s2"]


async def test_a_member_that_does_not_say_what_is_silenced_is_given_no_second_silence(
    store: Store, outgoing: Outgoing
) -> None:
    with Member() as member:
        store.write_sync(_planned)
        silencing = Silencing(store, Members([member.url], outgoing), lambda: NOW)
        member.next.append(Says(500, b'"no"'))
        await silencing.once()
        assert member.active() == []
        await silencing.once()

    assert member.active() == ["s1"]


def test_a_silence_is_told_from_another() -> None:
    assert is_of(PLAN, silence_of(PLAN))
    assert not is_of(PLAN, silence_of(msgspec.structs.replace(PLAN, id=70)))
    assert not is_of(PLAN, silence_of(msgspec.structs.replace(PLAN, made_at=BEGAN + 1)))
    assert not is_of(PLAN, silence_of(PLAN) | {"createdBy": "lan"})
    assert is_same(PLAN, silence_of(PLAN))
    assert not is_same(PLAN, silence_of(msgspec.structs.replace(PLAN, ends=NOW + 7200)))
    assert not is_same(PLAN, {"matchers": None, "endsAt": 7})


def _planned(connection: Any) -> None:
    row = {
        "id": 7, "kind": PLAN.kind.value, "title": PLAN.title, "parts": '["ring:a"]', "announced_at": BEGAN,
        "begins": PLAN.begins, "ends": PLAN.ends, "made_by": "lan", "made_at": BEGAN, "source": "page",
    }  # fmt: skip
    connection.execute(MAINTENANCE.insert().values(row))
    connection.execute(MAINTENANCE_COMMUNE.insert(), [{"maintenance": 7, "commune": code} for code in PLAN.communes])


def _report(store: Store, desk: Desk, fault: Fault, happened: Happening, at: float = NOW) -> None:
    store.write_sync(lambda connection: desk.report(connection, Report(fault, happened, at), at))


async def _nobody(_codes: Any) -> None:
    """Not called."""


def _into(released: list[str]) -> Any:
    async def release(codes: list[str]) -> None:
        released.extend(codes)

    return release
