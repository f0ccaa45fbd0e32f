"""/fleet, its deeds and the wall over real HTTP, with the first inventory of Lạng Sơn and machines in most communes."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from sansang_collector import roster
from sansang_collector.agents import AGENT
from sansang_collector.audit import AUDIT
from sansang_collector.diagnosis.doubts import Doubt
from sansang_collector.incidents import doubts
from sansang_collector.incidents.doubts import Noted
from tests.collector.test_web_pages import page, text
from tests.support.forms import signed
from tests.support.province import NO_MACHINES, province
from tests.support.web_collector import COMMUNE, WebCollector, web_collector

EACH = 2
KHANH_KHE = "06286"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    with province(tmp_path_factory.mktemp("province"), EACH) as started:
        yield started


@pytest.fixture
def small(tmp_path: Path) -> Iterator[WebCollector]:
    """One machine that nobody else's test changes."""
    with web_collector(tmp_path) as started:
        yield started


def api(running: WebCollector, address: str) -> Any:
    answer = running.client.get(f"/api/v1{address}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_wall_shows_every_commune_of_the_inventory(running: WebCollector) -> None:
    html = page(running, "/")

    assert html.count('class="tile ') == 65
    assert f"{NO_MACHINES} chưa đo" in text(html)
    assert "Huyện Cao Lộc" in html


def test_the_wall_is_narrowed_by_a_name_without_marks(running: WebCollector) -> None:
    html = page(running, "/?q=khanh khe")

    assert html.count('class="tile ') == 1
    assert "Xã Khánh Khê" in text(html)


def test_what_needs_somebody_stands_on_top_of_the_wall_and_may_stand_alone(running: WebCollector) -> None:
    everything, problems = page(running, "/"), page(running, "/?problems=1")

    assert everything.index("Cần xử lý") < everything.index('id="commune-06019"') < everything.index("Huyện Bình Gia")
    assert 'id="commune-06019"' in problems
    assert f'id="commune-{KHANH_KHE}"' not in problems


def test_a_wall_on_which_nothing_fits_says_so(running: WebCollector) -> None:
    assert "Không có mục nào phù hợp." in text(page(running, "/?q=<script>"))


def test_the_fleet_counts_states_and_versions_and_shows_a_hundred_a_page(running: WebCollector) -> None:
    html = page(running, "/fleet")
    total = api(running, "/fleet")["total"]

    assert html.count('id="agent-') == 100
    assert f"{total} máy" in text(html)
    assert "trang 1 trên 2" in text(html)
    assert "0.2.9" in text(html)


def test_pages_of_the_fleet_hold_every_machine_once_in_any_order(running: WebCollector) -> None:
    for sort in ("state", "-version", "commune", "-spool", "skew"):
        pieces = [api(running, f"/fleet?sort={sort}&limit=50&offset={offset}") for offset in (0, 50, 100, 150)]
        ids = [row["id"] for piece in pieces for row in piece["items"]]

        assert len(ids) == len(set(ids)) == pieces[0]["total"], sort


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("state=silent", lambda row: row["state"] == "silent"),
        ("state=goodbye", lambda row: row["state"] == "goodbye" and row["why"] == "shutdown"),
        ("version=0.2.9", lambda row: row["version"] == "0.2.9"),
        ("place=Huyện Cao Lộc", lambda row: row["district"] == "Huyện Cao Lộc"),
        ("q=khanh khe", lambda row: row["commune"] == KHANH_KHE),
    ],
)
def test_a_filter_leaves_those_that_are_so(running: WebCollector, query: str, holds: Any) -> None:
    found = api(running, f"/fleet?{query}&limit=1000")

    assert 0 < found["total"] < api(running, "/fleet")["total"]
    assert all(holds(row) for row in found["items"])


@pytest.mark.parametrize("query", ["state=broken", "sort=colour", "role=king", "config=x", "offset=-1"])
def test_a_question_that_cannot_be_is_refused(running: WebCollector, query: str) -> None:
    assert running.client.get(f"/fleet?{query}").status_code == 422


def test_the_spreadsheet_holds_all_that_was_asked_for_and_not_one_page(running: WebCollector) -> None:
    answer = running.client.get("/fleet.csv?version=0.3.0")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer.headers["content-disposition"] == 'attachment; filename="sansang-fleet.csv"'
    assert len(rows) - 1 == api(running, "/fleet?version=0.3.0")["total"] > 100
    assert rows[0][:4] == ["Mã", "Xã, phường", "Huyện cũ", "Máy"]


def test_blind_spots_are_told_with_what_they_hide_and_what_mends_them(running: WebCollector) -> None:
    shown = text(page(running, "/fleet/blind-spots"))

    assert "chưa có máy nào gửi báo cáo" in shown.lower() or "65 trên 65 xã, phường" in shown
    assert "Cách khắc phục:" in shown
    assert page(running, "/fleet/blind-spots?kind=no_pc").count('class="row"') == NO_MACHINES


def test_a_commune_that_incidents_speak_against_stands_with_the_blind_spots(running: WebCollector) -> None:
    calm = text(page(running, "/fleet/blind-spots"))
    for incident in (3, 8):
        noted = Noted(incident, (Doubt(KHANH_KHE, "core", ""),))
        running.write_ledger(lambda it, noted=noted: doubts.note(it, [noted], running.now))  # type: ignore[misc]
    shown = text(page(running, "/fleet/blind-spots"))

    assert "khai báo sai vị trí" not in calm
    assert "Có thể khai báo sai vị trí đấu nối" in shown
    assert "Xã Khánh Khê được khai báo dưới" in shown
    assert "trong 2 sự cố" in shown


def test_without_an_inventory_blind_spots_say_that_nothing_is_known(small: WebCollector) -> None:
    assert "Chưa áp dụng danh mục nào" in text(page(small, "/fleet/blind-spots"))


def test_a_communes_page_shows_centre_lines_desks_services_and_blind_spots(running: WebCollector) -> None:
    shown = text(page(running, f"/communes/{KHANH_KHE}"))

    for words in (
        "thứ Hai đến thứ Sáu 07:30–11:30, 13:30–17:00",
        "Mạng TSLCD cấp II",
        "số điện thoại chưa được cấu hình",
        "Cổng Dịch vụ công quốc gia",
        "Điểm mù",
        "GE0/2",
    ):
        assert words in shown, words


def test_a_commune_without_a_machine_has_a_page_too(running: WebCollector) -> None:
    (code, *_) = [one["code"] for one in api(running, "/communes?limit=100")["items"] if not one["agents"]]

    assert "Chưa đo" in text(page(running, f"/communes/{code}"))


def test_a_reader_sees_no_buttons_and_can_do_nothing(small: WebCollector) -> None:
    with small.session("read") as reader:
        html = reader.get("/fleet").text
        confirm = reader.get(f"/fleet/confirm?deed=retire&id={small.agent}")
        deed = reader.post("/fleet/deeds", data=signed(reader, retire(small)), headers=own(small))

    assert "may-1" in html
    assert "tick-all" not in html
    assert 'name="deed"' not in html
    assert (confirm.status_code, deed.status_code) == (403, 401)
    assert not retired(small)


def test_an_admin_is_told_what_will_happen_before_it_does(small: WebCollector) -> None:
    with small.session("admin") as admin:
        assert 'name="deed"' in admin.get("/fleet").text
        asked = text(admin.get(f"/fleet/confirm?deed=retire&id={small.agent}&q=may").text)
        assert not retired(small)
        done = admin.post("/fleet/deeds", data=signed(admin, retire(small) | {"back": "?q=may"}), headers=own(small))
        after = text(admin.get(done.headers["location"]).text)

    assert "Cho nghỉ 1 máy?" in asked
    assert "may-1 , Xã Tân Tiến" in asked
    assert (done.status_code, done.headers["location"]) == (303, "/fleet?q=may&done=1")
    assert "Đã thay đổi 1 máy." in after
    assert "Không có mục nào phù hợp." in after
    assert retired(small)


def test_a_retired_machine_goes_on_reporting_and_the_fleet_says_so(small: WebCollector) -> None:
    with small.session("admin") as admin:
        admin.post("/fleet/deeds", data=signed(admin, retire(small)), headers=own(small))
    small.turn_clock(5)
    small.report()

    assert "đã cho nghỉ" in text(page(small, "/fleet?state=retired"))
    assert "vẫn gửi báo cáo" in text(page(small, "/fleet?state=retired"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "{own}", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_that_no_page_of_ours_sent_does_nothing(small: WebCollector, headers: dict[str, str]) -> None:
    sent = {name: value.format(own=small.url) for name, value in headers.items()}
    with small.session("admin") as admin:
        answer = admin.post("/fleet/deeds", data=signed(admin, retire(small)), headers=sent)

    assert answer.status_code == 403
    assert not retired(small)


def test_a_session_without_its_strict_cookie_does_nothing(small: WebCollector) -> None:
    with small.session("admin") as admin:
        admin.cookies.delete("sansang_acting")
        answer = admin.post("/fleet/deeds", data=signed(admin, retire(small)), headers=own(small))

    assert answer.status_code == 401
    assert not retired(small)


def test_the_acting_cookie_is_strict_and_only_an_admins(small: WebCollector) -> None:
    with small.session("admin") as admin, small.session("read") as reader:
        assert "sansang_acting" in admin.cookies
        assert "sansang_acting" not in reader.cookies


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "\r\nX: y"])
def test_a_deed_leads_back_to_the_fleet_and_nowhere_else(small: WebCollector, back: str) -> None:
    with small.session("admin") as admin:
        answer = admin.post("/fleet/deeds", data=signed(admin, retire(small) | {"back": back}), headers=own(small))

    assert answer.headers["location"] == "/fleet?done=1"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"deed": "explode", "id": "1"},
        {"deed": "retire"},
        {"deed": "retire", "id": "x"},
        {"deed": "role", "id": "1", "to": "king"},
        {"deed": "retire", "id": "999"},
        {"deed": "retire", "id": "9" * 30},
        {"deed": "role", "id": "1", "to": "vantage"},
    ],
)
def test_a_form_that_makes_no_sense_is_refused(small: WebCollector, form: dict[str, str]) -> None:
    with small.session("admin") as admin:
        answer = admin.post("/fleet/deeds", data=signed(admin, form), headers=own(small))

    assert answer.status_code == 422
    assert not retired(small)


def test_the_api_assigns_and_retires_with_an_admins_token_and_audits_it(small: WebCollector) -> None:
    admin = {"Authorization": f"Bearer {small.token('admin')}"}
    body = {"ids": [small.agent], "role": "kiosk", "retired": True}

    answer = httpx.patch(f"{small.url}/api/v1/agents", json=body, headers=admin)
    again = httpx.patch(f"{small.url}/api/v1/agents", json=body, headers=admin)

    assert (answer.json(), again.json()) == ({"changed": [small.agent]}, {"changed": []})
    deeds = small.read_ledger(lambda it: it.execute(select(AUDIT.c.what, AUDIT.c.who).order_by(AUDIT.c.id)).all())
    assert [deed.what for deed in deeds] == ["role", "retire"]
    assert all(deed.who.startswith("test (token ") for deed in deeds)


def test_the_api_refuses_whom_and_what_it_must(small: WebCollector) -> None:
    admin = {"Authorization": f"Bearer {small.token('admin')}"}
    reader = {"Authorization": f"Bearer {small.read_secret}"}
    good = {"ids": [small.agent], "retired": True}

    assert httpx.patch(f"{small.url}/api/v1/agents", json=good, headers=reader).status_code == 403
    bodies: tuple[Any, ...] = (
        {},
        {"ids": []},
        {"ids": [1]},
        {"ids": [1], "retire": True},
        {"ids": [1, 999], "retired": True},
        {"ids": [1, 10**30], "retired": True},
        {"ids": [-(2**63)], "retired": True},
        {"ids": [1], "role": "vantage"},
        [],
    )
    for bad in bodies:
        assert httpx.patch(f"{small.url}/api/v1/agents", json=bad, headers=admin).status_code == 422, bad
    assert not retired(small)


def test_a_sessions_cookies_alone_never_change_anything_by_the_api(small: WebCollector) -> None:
    with small.session("admin") as admin:
        answer = admin.patch("/api/v1/agents", json={"ids": [1], "retired": True}, headers=own(small))

    assert answer.status_code == 401


def test_a_page_beyond_the_end_is_the_last_one(running: WebCollector) -> None:
    last = running.client.get("/fleet?offset=10000000").text

    assert last.count('<tr class="edge') > 0
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last
    assert '<li class="tile' in page(running, "/?offset=1000000000")
    assert '<li class="row">' in page(running, "/fleet/blind-spots?offset=9999")


def test_who_has_no_machine_yet_is_told_how_to_make_the_first(small: WebCollector) -> None:
    small.forget_agents()

    assert "sansang-collector join-code 06019\nsansang run\nsansang enrol CODE" in page(small, "/fleet")
    assert "sansang-collector inventory init" in page(small, "/fleet/blind-spots")


def test_a_machine_removed_by_the_api_has_left_the_list_for_who_looks_next(
    small: WebCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "MANY", 0)
    admin = {"Authorization": f"Bearer {small.token('admin')}"}
    assert api(small, "/fleet")["total"] == 1

    httpx.delete(f"{small.url}/api/v1/agents/{small.agent}", headers=admin)
    after = api(small, "/fleet")["total"]
    httpx.post(f"{small.url}/api/v1/agents", json={"commune": COMMUNE, "name": "may-2"}, headers=admin)

    assert (after, api(small, "/fleet")["total"]) == (0, 1)


def test_of_many_who_retire_a_machine_at_once_one_does(small: WebCollector) -> None:
    admin = {"Authorization": f"Bearer {small.token('admin')}"}
    body = {"ids": [small.agent], "retired": True}

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: httpx.patch(f"{small.url}/api/v1/agents", json=body, headers=admin), range(8))
        )

    assert sorted(len(one.json()["changed"]) for one in answers) == [0] * 7 + [1]
    assert small.read_ledger(lambda it: it.scalar(select(func.count()).select_from(AUDIT))) == 1


def test_names_with_markup_are_shown_as_text(small: WebCollector) -> None:
    small.register([("06001", "<script>alert(1)</script>")])

    html = page(small, "/fleet")

    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


def retire(running: WebCollector) -> dict[str, str]:
    return {"deed": "retire", "to": "counter", "id": str(running.agent)}


def own(running: WebCollector) -> dict[str, str]:
    return {"Origin": running.url, "Sec-Fetch-Site": "same-origin"}


def retired(running: WebCollector) -> bool:
    return running.read_ledger(lambda it: it.scalar(select(AGENT.c.retired_at))) is not None


def test_machines_on_trial_are_marked_as_such_where_they_are_listed(small: WebCollector) -> None:
    small.report()

    assert "Hộp cát: mọi đích là máy giả trên máy này" in text(page(small, "/fleet"))
    assert "Hộp cát" not in text(page(small, "/fleet?q=nobody"))
