"""/people and /api/v1/people over real HTTP: accounts made and changed by whoever may, and by nobody else."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sansang_collector import people
from sansang_collector.rights import EVERYWHERE, Held
from tests.support.accounts import (
    ADMIN,
    PASSWORD,
    add_person,
    browser_of,
    deeds,
    forget_people,
    log_in,
    logged_in,
    send,
    token_of,
)
from tests.support.province import province
from tests.support.web_collector import WebCollector, web_collector

PATH = "/api/v1/people"
KHANH_KHE = "06286"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    with web_collector(tmp_path_factory.mktemp("people")) as started:
        yield started


@pytest.fixture
def running(shared: WebCollector) -> WebCollector:
    forget_people(shared)
    return shared


@pytest.fixture
def admin(running: WebCollector) -> Iterator[httpx.Client]:
    """An administrator's browser; the account's number is 1 of this test."""
    add_person(running, "quản-trị", ADMIN)
    with logged_in(running, "quản-trị") as browser:
        yield browser


@pytest.fixture
def api(running: WebCollector) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {running.token('admin')}"}) as client:
        yield client


def number_of(running: WebCollector, name: str) -> int:
    account = running.read_ledger(lambda it: people.find(it, name))
    assert account
    return account.id


def held(running: WebCollector, name: str) -> set[Held]:
    person = number_of(running, name)
    return set(running.read_ledger(lambda it: people.roles_of(it, person)))


def shown_password(page: str) -> str:
    found = re.search(r"<code>([a-z2-9-]{24})</code>", page)
    assert found, page
    return found[1]


def can_log_in(running: WebCollector, name: str, password: str = PASSWORD) -> bool:
    with browser_of(running) as browser:
        return log_in(browser, name, password).status_code == 303


def test_an_account_is_made_with_a_start_password_shown_once(running: WebCollector, admin: httpx.Client) -> None:
    made = send(
        admin, "/people", "/people", name="Nguyễn.An", role="technician", where="communes", commune="05983, 06019"
    )
    password = shown_password(made.text)

    assert made.status_code == 200
    assert made.headers["cache-control"] == "no-store"
    assert held(running, "nguyễn.an") == {Held("technician", "05983"), Held("technician", "06019")}
    assert can_log_in(running, "nguyễn.an", password)
    assert password not in admin.get("/people").text
    assert deeds(running, "person_add")[-1] == ("quản-trị", "", "nguyễn.an")
    assert not any(password in detail for _, _, detail in deeds(running, "person_add"))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "quản-trị", "role": "viewer", "where": "everywhere"}, "Đã có tài khoản"),
        ({"name": "<script>", "role": "viewer", "where": "everywhere"}, "không dùng làm tên tài khoản"),
        ({"name": "an", "role": "king", "where": "everywhere"}, "Không có vai trò"),
        ({"name": "an", "role": "viewer", "where": "communes"}, "cho những xã nào"),
        ({"name": "an", "role": "viewer", "where": "communes", "commune": "x"}, "mã"),
        ({}, "không dùng làm tên tài khoản"),
    ],
)
def test_a_form_that_makes_no_account_says_why(admin: httpx.Client, fields: dict[str, str], why: str) -> None:
    answer = send(admin, "/people", "/people", **fields)

    assert answer.status_code == 422
    assert why in answer.text
    assert "<script>" not in answer.text.replace("<script defer", "")


def test_a_role_is_for_communes_of_the_inventory_in_force(tmp_path_factory: pytest.TempPathFactory) -> None:
    with province(tmp_path_factory.mktemp("province"), 1) as running:
        forget_people(running)
        add_person(running, "quản-trị", ADMIN)
        with logged_in(running, "quản-trị") as admin:
            assert "Xã Khánh Khê (06286)" in admin.get("/people").text
            wrong = send(admin, "/people", "/people", name="an", role="viewer", where="communes", commune="99999")
            assert "không có xã 99999" in wrong.text
            chosen = [KHANH_KHE, "06019"]
            made = send(admin, "/people", "/people", name="an", role="viewer", where="communes", commune=chosen)
            assert made.status_code == 200
            assert "Xã Khánh Khê" in admin.get(f"/people/{number_of(running, 'an')}").text


def test_roles_are_given_and_withdrawn_with_a_question_before(running: WebCollector, admin: httpx.Client) -> None:
    person = add_person(running, "an", [Held("viewer", EVERYWHERE)])
    page = f"/people/{person}"
    send(admin, page, f"{page}/deeds", deed="grant", role="commune", where="communes", commune="05983")
    assert held(running, "an") == {Held("viewer", EVERYWHERE), Held("commune", "05983")}
    asked = admin.get(f"{page}/confirm?deed=withdraw&role=viewer&commune=*")
    assert "Thu hồi vai trò của an?" in asked.text
    assert held(running, "an") == {Held("viewer", EVERYWHERE), Held("commune", "05983")}
    confirm = f"{page}/confirm?deed=withdraw&role=viewer&commune=*"
    gone = send(admin, confirm, f"{page}/deeds", deed="withdraw", role="viewer", where="everywhere")

    assert (gone.status_code, gone.headers["location"]) == (303, page)
    assert held(running, "an") == {Held("commune", "05983")}


def test_a_role_given_or_taken_applies_to_the_next_request(running: WebCollector, admin: httpx.Client) -> None:
    person = add_person(running, "an", [Held("viewer", EVERYWHERE)])
    page = f"/people/{person}"
    with logged_in(running, "an") as browser:
        assert browser.get("/people").status_code == 403
        send(admin, page, f"{page}/deeds", deed="grant", role="admin", where="everywhere")
        assert browser.get("/people").status_code == 200
        send(admin, page, f"{page}/deeds", deed="withdraw", role="admin", where="everywhere")
        assert browser.get("/people").status_code == 403


def test_disabling_ends_sessions_and_enabling_lets_in_again(running: WebCollector, admin: httpx.Client) -> None:
    person = add_person(running, "an")
    page = f"/people/{person}"
    with logged_in(running, "an") as browser:
        send(admin, f"{page}/confirm?deed=disable", f"{page}/deeds", deed="disable")
        assert browser.get("/account").status_code == 401
    assert not can_log_in(running, "an")
    assert "đã khóa" in admin.get("/people").text
    send(admin, page, f"{page}/deeds", deed="enable")

    assert can_log_in(running, "an")


def test_a_new_password_is_shown_once_and_the_old_one_is_none(running: WebCollector, admin: httpx.Client) -> None:
    person = add_person(running, "an")
    page = f"/people/{person}"
    with logged_in(running, "an") as browser:
        told = send(admin, f"{page}/confirm?deed=password", f"{page}/deeds", deed="password")
        assert browser.get("/account").status_code == 401

    assert not can_log_in(running, "an")
    assert can_log_in(running, "an", shown_password(told.text))


@pytest.mark.parametrize("deed", ["disable", "password", "withdraw"])
def test_nobody_does_that_to_themselves(running: WebCollector, admin: httpx.Client, deed: str) -> None:
    page = f"/people/{number_of(running, 'quản-trị')}"
    answer = send(admin, page, f"{page}/deeds", deed=deed, role="admin", where="everywhere")

    assert answer.status_code == 422
    assert "một quản trị viên khác làm được" in answer.text
    assert "Đây là bạn" in answer.text
    assert "<form" not in admin.get(f"{page}/confirm?deed={deed}").text.partition("<main")[2]
    assert admin.get("/people").status_code == 200


@pytest.mark.parametrize("deed", ["", "promote", "grant' OR 1"])
def test_a_deed_there_is_none_of_is_refused(running: WebCollector, admin: httpx.Client, deed: str) -> None:
    page = f"/people/{add_person(running, 'an')}"

    assert send(admin, page, f"{page}/deeds", deed=deed).status_code == 422


@pytest.mark.parametrize("address", ["/people/999", "/people/999/confirm?deed=disable", "/people/9007199254740991"])
def test_whom_there_is_none_of_is_not_found(admin: httpx.Client, address: str) -> None:
    assert admin.get(address).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "commune", "technician"])
def test_no_other_role_sees_or_changes_accounts(running: WebCollector, role: str) -> None:
    person = add_person(running, "an", [Held(role, EVERYWHERE)])
    with logged_in(running, "an") as browser:
        for address in ("/people", f"/people/{person}", f"/people/{person}/confirm?deed=disable", PATH):
            assert browser.get(address).status_code == 403, address
        fields = {"deed": "grant", "role": "admin", "where": "everywhere"}
        assert send(browser, "/account", f"/people/{person}/deeds", **fields).status_code == 403
        assert send(browser, "/account", "/people", name="b", role="admin", where="everywhere").status_code == 403


def test_an_administrator_of_one_commune_has_no_say_over_people(running: WebCollector) -> None:
    person = add_person(running, "an", [Held("admin", "05983")])
    with logged_in(running, "an") as browser:
        assert browser.get("/people").status_code == 403
        fields = {"deed": "grant", "role": "admin", "where": "everywhere"}
        assert send(browser, "/account", f"/people/{person}/deeds", **fields).status_code == 403


def test_accounts_are_listed_made_and_changed_by_api(running: WebCollector, api: httpx.Client) -> None:
    roles = [{"role": "commune", "commune": "05983"}]
    made = api.post(PATH, json={"name": "An", "roles": roles})
    own = api.post(PATH, json={"name": "bình", "roles": roles, "password": PASSWORD})
    number = made.json()["id"]
    changed = api.patch(f"{PATH}/{number}", json={"roles": [{"role": "viewer", "commune": "*"}], "disabled": True})
    listed: Any = api.get(PATH).json()

    assert (made.status_code, own.status_code, changed.status_code) == (201, 201, 204)
    assert made.headers["cache-control"] == "no-store"
    assert own.json() == {"id": number + 1, "password": None}
    assert [(one["name"], one["roles"], one["disabled_at"]) for one in listed["items"]] == [
        ("an", [{"role": "viewer", "commune": "*"}], running.now),
        ("bình", roles, None),
    ]
    assert "argon2" not in api.get(PATH).text
    assert can_log_in(running, "bình")
    assert api.patch(f"{PATH}/{number}", json={"disabled": False, "password": PASSWORD}).status_code == 204
    assert can_log_in(running, "an")
    assert {who for who, _, _ in deeds(running, "password")} == {deeds(running, "person_disable")[0][0]}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "name"),
        ({"name": "an", "roles": []}, "for which communes"),
        ({"name": "an", "roles": [{"role": "king", "commune": "*"}]}, "king"),
        ({"name": "an", "roles": [{"role": "viewer", "commune": "5"}]}, "commune"),
        ({"name": "an", "roles": [{"role": "viewer", "commune": "*"}], "password": "short"}, "at least 12"),
        ({"name": "an", "roles": [{"role": "viewer", "commune": "*"}], "password": ""}, "at least 12"),
        ({"name": "a n", "roles": [{"role": "viewer", "commune": "*"}]}, "cannot be an account's name"),
        ({"name": "an", "roles": [{"role": "viewer", "commune": "*"}], "admin": True}, "admin"),
        ({"name": "x" * 300, "roles": []}, "256"),
    ],
)
def test_a_body_that_cannot_be_is_refused_with_what_is_wrong(api: httpx.Client, body: dict[str, Any], why: str) -> None:
    refused = api.post(PATH, json=body)

    assert refused.status_code == 422
    assert why in refused.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"roles": [{"role": "viewer", "commune": "x"}]}, {"password": "123456789012"}])
def test_a_change_that_cannot_be_changes_nothing(
    running: WebCollector, api: httpx.Client, body: dict[str, Any]
) -> None:
    person = add_person(running, "an")

    assert api.patch(f"{PATH}/{person}", json=body).status_code == 422
    assert held(running, "an") == {Held("viewer", EVERYWHERE)}
    assert can_log_in(running, "an")


def test_an_account_there_is_none_of_is_a_404(api: httpx.Client) -> None:
    assert api.patch(f"{PATH}/999", json={"disabled": True}).status_code == 404


@pytest.mark.parametrize("scope", ["read", "metrics"])
def test_another_token_lists_and_changes_nobody(running: WebCollector, scope: str) -> None:
    with httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {running.token(scope)}"}) as client:
        assert client.get(PATH).status_code == 403
        assert client.post(PATH, json={"name": "an", "roles": []}).status_code == 403
        assert client.patch(f"{PATH}/1", json={"disabled": True}).status_code == 403
        assert client.post("/people", data={"name": "an", "role": "admin", "where": "everywhere"}).status_code == 403


def test_a_session_cannot_use_the_api_to_change_anything(running: WebCollector, admin: httpx.Client) -> None:
    person = add_person(running, "an")

    assert admin.get(PATH).json()["total"] == 2
    assert admin.patch(f"{PATH}/{person}", json={"disabled": True}).status_code == 401


def test_two_administrators_who_withdraw_from_each_other_at_once_leave_one(
    running: WebCollector, admin: httpx.Client
) -> None:
    """Both are let in while both may; the second deed finds that its doer may no more."""
    first, second = number_of(running, "quản-trị"), add_person(running, "phó", ADMIN)
    store, statuses = running.app.collector.store, []
    with logged_in(running, "phó") as other:
        forms = [
            (admin, second, token_of(admin.get("/people").text)),
            (other, first, token_of(other.get("/people").text)),
        ]
        turn = threading.Event()
        blocker = threading.Thread(target=store.write_sync, args=(lambda _: turn.wait(20),))
        blocker.start()

        def withdraw(browser: httpx.Client, of: int, token: str) -> None:
            fields = {"token": token, "deed": "withdraw", "role": "admin", "where": "everywhere"}
            statuses.append(browser.post(f"/people/{of}/deeds", data=fields).status_code)

        at_once = [threading.Thread(target=withdraw, args=form) for form in forms]
        for one in at_once:
            one.start()
        turn.wait(1.0)
        turn.set()
        for one in (blocker, *at_once):
            one.join(20)

    assert sorted(statuses) == [303, 403]
    assert sorted(held(running, "quản-trị") | held(running, "phó")) == list(ADMIN)


def test_a_form_of_a_page_from_before_another_login_says_so(running: WebCollector, admin: httpx.Client) -> None:
    token = token_of(admin.get("/people").text)
    log_in(admin, "quản-trị")  # in another tab
    answer = admin.post("/people", data={"token": token, "name": "an", "role": "viewer", "where": "everywhere"})

    assert answer.status_code == 403
    assert "Trang đã mở quá lâu" in answer.text
    assert "sansang-collector person" not in answer.text


def test_an_account_that_may_not_is_told_so_and_no_commands(running: WebCollector) -> None:
    add_person(running, "an")
    with logged_in(running, "an") as browser:
        answer = browser.get("/people")

    assert answer.status_code == 403
    assert "Quản trị viên có thể trao vai trò" in answer.text
    assert "sansang-collector person" not in answer.text
