"""What people with roles for some communes see and do: their own, as if there were no others; and what would leak."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.report import Report, Why
from sansang_collector import people
from sansang_collector.access import NOT_YOURS, Principal, require
from sansang_collector.agents import AGENT
from sansang_collector.audit import AUDIT
from sansang_collector.rights import EVERYWHERE, Held, Right
from tests.support.doors import DOORS, Door, Place
from tests.support.forms import signed
from tests.support.two_communes import EVERYBODY, OTHER, OTHER_NAMES, STREAMS, House, knock, two_communes
from tests.support.visitors import Visitor, let_in
from tests.support.web_collector import COMMUNE, PROFILE, WebCollector

NOWHERE_ELSE = "99999"
NO_AGENT, NO_JOIN_CODE, NO_REQUEST, NO_CODE, NO_INCIDENT, NO_PLAN = 4711, "???", "0" * 32, "ZZZZZZ", 4711, 4711
CHANGING = (Right.ASK, Right.CHANGE_MACHINES, Right.HANDLE, Right.PLAN)
LISTS = ("/", "/api/v1/communes", "/api/v1/agents", "/api/v1/fleet", "/api/v1/requests", "/fleet", "/fleet.csv",
         "/fleet/blind-spots", "/api/v1/stream?after=0", "/api/v1/incidents?state=all", "/api/v1/maintenance",
         "/incidents", "/maintenance")  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with two_communes(tmp_path_factory.mktemp("house")) as furnished:
        yield furnished


@pytest.mark.parametrize("visitor", [one for one in EVERYBODY if one.is_scoped], ids=lambda visitor: visitor.name)
@pytest.mark.parametrize("address", LISTS)
def test_a_list_shows_what_is_theirs_and_never_the_others(house: House, visitor: Visitor, address: str) -> None:
    status, said = knock(house, visitor, "GET", Door(None, address), house.own)

    assert not OTHER_NAMES.search(said), OTHER_NAMES.search(said)
    if status == 200 and "requests" not in address:
        assert "Tân Tiến" in said or COMMUNE in said


@pytest.mark.parametrize("address", LISTS)
def test_who_sees_everything_sees_the_others_too(house: House, address: str) -> None:
    _, said = knock(house, Visitor("read token", "read"), "GET", Door(None, address), house.own)

    assert OTHER_NAMES.search(said)


@pytest.mark.parametrize("role", ["viewer", "commune", "technician", "admin"])
@pytest.mark.parametrize(("method", "path"), [at for at, door in DOORS.items() if "{" in door.address])
def test_what_is_not_theirs_and_what_does_not_exist_are_told_alike(
    house: House, method: str, path: str, role: str
) -> None:
    visitor = next(one for one in EVERYBODY if one.name == f"{role} here")
    nothing = Place(NOWHERE_ELSE, NO_AGENT, NO_AGENT, NO_JOIN_CODE, NO_REQUEST, NO_CODE, NO_INCIDENT, NO_PLAN)

    theirs, none = (knock(house, visitor, method, DOORS[method, path], at) for at in (house.other, nothing))

    assert theirs[0] == none[0] != 200
    assert _plain(theirs[1], house.other) == _plain(none[1], nothing)


def _plain(said: str, place: Place) -> str:
    """Without the address that was asked for, its length, and the second it was asked in."""
    for each in sorted(map(str, place), key=len, reverse=True):
        said = said.replace(each, "…") if len(each) > 3 else said
    return re.sub(r"'(content-length|date)': '[^']*'", "", said)


def test_who_sees_everything_is_told_that_there_is_none(house: House) -> None:
    for address in (f"/communes/{NOWHERE_ELSE}", f"/agents/{NO_AGENT}", f"/api/v1/requests/{NO_REQUEST}"):
        assert house.running.client.get(address).status_code == 404


def test_another_communes_page_is_refused_in_words(house: House) -> None:
    clerk = house.clients["commune here"]

    refused = clerk.get(f"/communes/{OTHER}", headers={"Accept": "text/html"})

    assert refused.status_code == 403
    assert "<h1>Không có quyền</h1>" in refused.text
    assert NOT_YOURS not in refused.text


def test_whoever_has_one_centre_is_sent_to_its_page_and_offered_no_wall_and_no_fleet(house: House) -> None:
    clerk = house.clients["commune here"]

    sent = clerk.get("/")
    page = clerk.get(sent.headers["location"]).text

    assert (sent.status_code, sent.headers["location"]) == (303, f"/communes/{COMMUNE}")
    assert 'href="/fleet' not in page
    assert f'href="/agents/{house.own.agent}"' in page
    assert "/config" not in clerk.get(f"/agents/{house.own.agent}").text


def test_the_wall_and_the_fleet_count_what_is_theirs(house: House) -> None:
    viewer = house.clients["viewer here"]

    wall, fleet = viewer.get("/").text, viewer.get("/fleet").text

    assert wall.count('class="tile ') == 1
    assert fleet.count('id="agent-') == viewer.get("/api/v1/fleet?limit=1000").json()["total"] >= 1
    assert "Huyện Cao Lộc" not in fleet
    assert "Huyện Tràng Định" in fleet


def test_asking_for_a_place_that_is_not_theirs_tells_no_name_of_it(house: House) -> None:
    page = house.clients["viewer here"].get(f"/fleet?place={OTHER}").text

    assert "Khánh Khê" not in page


def test_a_viewer_is_offered_no_deeds(house: House) -> None:
    assert "<fieldset" not in house.clients["viewer here"].get("/fleet").text
    assert "<fieldset" in house.clients["admin here"].get("/fleet").text


def test_the_record_of_deeds_is_offered_to_whoever_may_see_it(house: House) -> None:
    assert 'href="/audit"' not in house.clients["viewer here"].get("/fleet").text
    assert 'href="/audit"' in house.clients["admin here"].get("/fleet").text


def test_only_machines_of_communes_they_may_change_can_be_ticked(house: House) -> None:
    both = Visitor("two roles", held=(Held("viewer", OTHER), Held("admin", COMMUNE)), is_person=True, is_session=True)
    with let_in(house.running, both) as person:
        page = person.get("/fleet").text

    assert f'id="tick-{house.own.agent}"' in page
    assert f'id="agent-{house.other.agent}"' in page
    assert f'id="tick-{house.other.agent}"' not in page


def test_a_deed_on_machines_of_two_communes_is_done_to_none(house: House) -> None:
    admin = house.clients["admin here"]
    ids = [house.own.agent, house.other.agent]

    refused = admin.post("/fleet/deeds", data=signed(admin, {"id": ids, "deed": "retire"}))
    shown = admin.get("/fleet/confirm", params={"id": ids, "deed": "retire"})

    retired = house.running.read_ledger(
        lambda it: it.scalars(select(AGENT.c.retired_at).where(AGENT.c.id.in_(ids))).all()
    )
    assert (refused.status_code, shown.status_code) == (403, 403)
    assert list(retired) == [None, None]


def test_an_audit_calls_people_by_their_name(house: House) -> None:
    with web_admin(house) as (admin, name):
        for role in ("mini", "counter"):
            sent = {"id": house.own.agent, "deed": "role", "to": role}
            assert admin.post("/fleet/deeds", data=signed(admin, sent)).status_code == 303

    noted = house.running.read_ledger(lambda it: it.scalars(select(AUDIT.c.who).where(AUDIT.c.what == "role")).all())
    assert set(noted) == {name}


@contextmanager
def web_admin(house: House) -> Iterator[tuple[httpx.Client, str]]:
    visitor = Visitor("lan", held=(Held("admin", COMMUNE),), is_person=True, is_session=True)
    with let_in(house.running, visitor) as client:
        yield client, visitor.name


@pytest.mark.parametrize("change", ["disabled_at", "changed_at"])
def test_the_session_of_an_account_that_is_disabled_or_changed_is_none(house: House, change: str) -> None:
    visitor = Visitor(f"whoever has {change}", held=(Held("viewer", EVERYWHERE),), is_person=True, is_session=True)
    mine = people.PERSON.c.name == visitor.name
    with let_in(house.running, visitor) as person:
        before = person.get("/fleet").status_code
        later = {change: house.running.now + 1}
        house.running.write_ledger(lambda it: it.execute(people.PERSON.update().where(mine).values(later)))

        assert (before, person.get("/fleet").status_code) == (200, 401)


def test_a_role_that_is_withdrawn_is_gone_at_the_next_request(house: House) -> None:
    visitor = Visitor("whoever was a viewer", held=(Held("viewer", EVERYWHERE),), is_person=True, is_session=True)
    with let_in(house.running, visitor) as person:
        before = person.get("/fleet").status_code
        house.running.write_ledger(lambda it: it.execute(people.HELD_ROLE.delete().where(_held_by(visitor.name))))

        assert (before, person.get("/fleet").status_code) == (200, 403)


def _held_by(name: str) -> Any:
    return people.HELD_ROLE.c.person == select(people.PERSON.c.id).where(people.PERSON.c.name == name).scalar_subquery()


@pytest.mark.parametrize(
    ("method", "path"),
    [at for at, door in DOORS.items() if door.right in CHANGING],
)
def test_what_changes_things_asks_for_the_commune_whoever_comes(house: House, method: str, path: str) -> None:
    """As if a credential for one commune could act by the API: today only tokens can, and they hold everywhere."""
    door = DOORS[method, path]
    assert door.right is not None
    scoped = Principal(person=1, name="lan", held=(Held("admin", COMMUNE),))
    overrides = house.running.app.fastapi.dependency_overrides
    overrides[require(door.right)] = lambda: scoped
    try:
        visitor = Visitor("admin token", "admin") if not door.is_form else Visitor("admin here")
        own, other = (knock(house, visitor, method, door, place) for place in (house.own, house.other))
    finally:
        overrides.clear()

    assert own[0] in door.ok
    assert other[0] == 403
    assert not OTHER_NAMES.search(other[1])


def test_a_service_that_is_asked_from_another_commune_is_busy_and_nothing_else_is_told(house: House) -> None:
    admin = house.clients["admin token"]
    wish = {"kind": "tcp", "target": "chung.example:443"}
    overrides = house.running.app.fastapi.dependency_overrides
    house.running.turn_clock(61)  # what was asked before is over
    for code in (COMMUNE, OTHER):
        house.running.send([_later(house.running, STREAMS[code])], PROFILE, _secret(house, code))
    house.running.until(lambda: _are_in_contact(house))
    assert admin.post("/api/v1/requests", json=wish | {"commune": OTHER}).status_code == 201
    overrides[require(Right.ASK)] = lambda: Principal(person=1, name="lan", held=(Held("technician", COMMUNE),))
    try:
        busy = admin.post("/api/v1/requests", json=wish | {"commune": COMMUNE})
    finally:
        overrides.clear()

    assert busy.status_code == 409
    assert "chung.example is being asked already, from another commune" in busy.json()["detail"]
    assert not OTHER_NAMES.search(busy.text)


def _are_in_contact(house: House) -> bool:
    rows = house.running.client.get("/api/v1/fleet?limit=1000").json()["items"]
    heard = {row["id"] for row in rows if row["last_contact"] == house.running.now}
    return {house.own.agent, house.other.agent} <= heard


def _later(running: WebCollector, stream: str) -> Report:
    return Report(
        stream=stream, seq=2, boot="b1", mono=running.mono, wall=running.now, why=Why.PERIODIC, version="0.3.0",
        config=profile_hash(PROFILE),
    )  # fmt: skip


def _secret(house: House, code: str) -> str:
    return house.running.token("agent", house.own.agent if code == COMMUNE else house.other.agent)
