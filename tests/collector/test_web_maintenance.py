"""Planned work by pages and API: announced, cancelled, ended; by whom and for which communes. And asking a machine."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Report, Result, Why
from sansang_collector import requests
from sansang_collector.rights import EVERYWHERE, Held
from tests.support.forms import signed
from tests.support.incidents import KHANH_KHE, ON_RING, TAM_THANH, at
from tests.support.troubled import Trouble, troubled
from tests.support.visitors import Visitor, let_in
from tests.support.web_collector import PROFILE

PATH = "/api/v1/maintenance"
PLAN = {"kind": "planned_work", "title": "Thay cáp", "begins": at("22:00"), "ends": at("23:00")}
FORM = {"kind": "power_cut", "title": "Cắt điện", "begins": "2026-06-27T08:00", "ends": "2026-06-27T10:00"}


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trouble]:
    with troubled(tmp_path_factory.mktemp("maintenance")) as found:
        yield found


@pytest.fixture(scope="module")
def api(trouble: Trouble) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {trouble.running.token('admin')}"}
    with httpx.Client(base_url=trouble.running.url, headers=headers, timeout=20) as client:
        yield client


def person(trouble: Trouble, name: str, *held: Held) -> httpx.Client:
    return let_in(trouble.running, Visitor(name, held=held, is_person=True, is_session=True))


@pytest.fixture(scope="module")
def technician(trouble: Trouble) -> Iterator[httpx.Client]:
    with person(trouble, "lan.nguyen", Held("technician", KHANH_KHE)) as client:
        yield client


def test_work_on_a_ring_is_about_every_commune_below_it(api: httpx.Client) -> None:
    made = api.post(PATH, json=PLAN | {"parts": ["ring:vq-bg"]})

    assert made.status_code == 201
    found = made.json()
    assert [hit["code"] for hit in found["communes"]] == sorted(ON_RING)
    assert (found["state"], found["notice_days"], found["short_notice"]) == ("to_come", 0, True)
    assert api.post(f"{PATH}/{found['id']}/cancel").json()["state"] == "cancelled"
    assert api.post(f"{PATH}/{found['id']}/cancel").status_code == 409


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"communes": ["99999"]}, "communes: The inventory has no commune '99999'"),
        ({"parts": ["ring:vq"]}, "parts: The inventory has no part 'ring:vq'; did you mean 'ring:vq-bg'?"),
        ({"communes": [TAM_THANH], "ends": at("21:00")}, "ends: It has to end after it begins."),
        ({"communes": [TAM_THANH], "kind": "party"}, "Invalid enum value 'party'"),
        ({"communes": [TAM_THANH], "reason": "x"}, "unknown field `reason`"),
    ],
)
def test_a_plan_that_cannot_be_says_which_field_and_why(api: httpx.Client, more: dict[str, Any], why: str) -> None:
    refused = api.post(PATH, json=PLAN | more)

    assert refused.status_code == 422
    assert why in refused.json()["detail"]


def test_a_technician_announces_for_their_own_commune_and_for_no_other(
    trouble: Trouble, technician: httpx.Client
) -> None:
    own = technician.post("/maintenance", data=signed(technician, FORM | {"commune": KHANH_KHE}))
    others = [
        technician.post("/maintenance", data=signed(technician, FORM | {"commune": code})).status_code
        for code in (TAM_THANH, "99999")
    ]
    shared = technician.post("/maintenance", data=signed(technician, FORM | {"commune": KHANH_KHE, "part": "core"}))

    assert (own.status_code, others, shared.status_code) == (303, [403, 403], 403)
    page = technician.get("/maintenance").text
    assert page.count("Cắt điện") >= 1
    assert "Lộc Bình" not in page


def test_a_form_that_cannot_be_comes_back_with_what_was_typed(technician: httpx.Client) -> None:
    sent = FORM | {"commune": KHANH_KHE, "ends": "2026-06-27T07:00"}

    refused = technician.post("/maintenance?lang=en", data=signed(technician, sent))

    assert refused.status_code == 422
    assert "It has to end after it begins." in refused.text
    assert 'value="2026-06-27T08:00"' in refused.text
    assert f'<option value="{KHANH_KHE}" selected>' in refused.text


def test_work_under_way_is_ended_and_no_longer_explains(trouble: Trouble, technician: httpx.Client) -> None:
    sent = technician.post(f"/maintenance/{trouble.plan}/deeds", data=signed(technician, {"deed": "end"}))

    assert sent.status_code == 303
    serving = technician.get(f"/api/v1/communes/{KHANH_KHE}").json()["serving"]["state"]
    assert serving != "planned_work"


def test_whoever_may_not_plan_is_offered_no_form(trouble: Trouble) -> None:
    with person(trouble, "xem", Held("viewer", EVERYWHERE)) as viewer:
        page = viewer.get("/maintenance").text

    assert 'method="post" action="/maintenance' not in page
    assert "Bảo dưỡng đường dây" in page


def test_a_machine_is_asked_again_from_its_page_and_the_answer_is_shown(
    trouble: Trouble, technician: httpx.Client
) -> None:
    number, secret = trouble.agents[KHANH_KHE, "may-1"]
    place = f"/agents/{number}"
    good = tuple(Result(check=check.id, outcome=Outcome.OK) for check in PROFILE.checks)
    report = Report(
        stream="0f" * 16, seq=1, boot="b1", mono=trouble.running.mono, wall=trouble.running.now, why=Why.PERIODIC,
        version="0.3.0", config=profile_hash(PROFILE), results=good,
    )  # fmt: skip
    trouble.running.send([report], PROFILE, secret)
    trouble.running.until(lambda: 'name="check"' in technician.get(place).text)

    asked = technician.post(f"{place}/ask", data=signed(technician, {"check": "dvc"}))
    unknown = technician.post(f"{place}/ask", data=signed(technician, {"check": "nope"}))

    assert (asked.status_code, asked.headers["location"]) == (303, f"{place}#again")
    assert unknown.status_code == 422
    (one,) = trouble.running.read_ledger(lambda it: requests.of_agent(it, number, 5))
    assert (one.who, one.request.check.target) == ("lan.nguyen", "https://dvc.example/")
    page = technician.get(f"{place}?lang=vi").text
    assert "máy chưa nhận được yêu cầu" in page
    for _ in range(5):
        refused = technician.post(f"{place}/ask", data=signed(technician, {"check": "gw"}))
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text


def test_a_viewer_is_offered_no_asking(trouble: Trouble) -> None:
    number, _ = trouble.agents[KHANH_KHE, "may-1"]
    with person(trouble, "xem kỹ", Held("viewer", EVERYWHERE)) as viewer:
        assert 'name="check"' not in viewer.get(f"/agents/{number}").text
