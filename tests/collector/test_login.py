"""Logging in over real HTTP: who gets in, who does not and learns nothing, and what no other site can bring about."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookies import Morsel, SimpleCookie
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import select

from sansang_collector import person_changes, rights
from sansang_collector.links import SESSION
from sansang_collector.passwords import Passwords
from sansang_collector.people import PERSON
from sansang_collector.rights import EVERYWHERE, Held
from sansang_collector.tokens import digest
from sansang_collector.web.own_paths import own_path
from tests.support.accounts import (
    ADMIN,
    PASSWORD,
    add_person,
    browser_of,
    deeds,
    forget_people,
    log_in,
    logged_in,
    make_cheap,
    send,
    token_of,
)
from tests.support.web_collector import COMMUNE, WebCollector, web_collector

WRONG = "một mật khẩu nào khác"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    with web_collector(tmp_path_factory.mktemp("login")) as started:
        yield started


@pytest.fixture
def running(shared: WebCollector) -> WebCollector:
    forget_people(shared)
    return shared


@pytest.fixture
def browser(running: WebCollector) -> Iterator[httpx.Client]:
    with browser_of(running) as opened:
        yield opened


def cookies_of(answer: httpx.Response) -> dict[str, Morsel[str]]:
    found: dict[str, Morsel[str]] = {}
    for line in answer.headers.get_list("set-cookie"):
        found.update(SimpleCookie(line))
    return found


def words(answer: httpx.Response) -> str:
    """What a page says, but for the name that was typed and what a minute more or less changes."""
    return re.sub(r'value="[^"]*"', "", answer.text)


def test_a_right_password_opens_a_session_that_reads_and_acts(running: WebCollector) -> None:
    add_person(running, "an", ADMIN)
    with logged_in(running, "AN ") as browser:
        page = browser.get("/fleet")
        assert page.status_code == 200
        assert "an</a>" in page.text
        assert (
            send(
                browser, "/fleet/confirm?deed=role&to=kiosk&id=1", "/fleet/deeds", deed="role", id="1", to="kiosk"
            ).status_code
            == 303
        )

    assert deeds(running, "login") == [("an", "", "from 127.0.0.1")]
    assert deeds(running, "role") == [("an", COMMUNE, "counter -> kiosk")]


def test_a_person_does_what_the_roles_allow_and_nothing_else(running: WebCollector) -> None:
    add_person(running, "an", [Held("commune", COMMUNE)])
    with logged_in(running, "an") as browser:
        assert browser.get(f"/communes/{COMMUNE}").status_code == 200
        assert browser.get("/fleet").status_code == 403
        assert browser.get("/people").status_code == 403
        assert 'href="/people"' not in browser.get(f"/communes/{COMMUNE}").text


def test_whoever_comes_without_a_session_logs_in_and_is_where_they_wanted_to_be(
    running: WebCollector, browser: httpx.Client
) -> None:
    add_person(running, "an")
    first = browser.get("/fleet?state=silent")
    wanted = re.search(r'name="next" value="([^"]*)"', first.text)

    assert first.status_code == 401
    assert wanted
    assert log_in(browser, "an", next=wanted[1]).headers["location"] == "/fleet?state=silent"


def test_the_session_is_kept_as_a_hash_and_is_new_with_every_login(
    running: WebCollector, browser: httpx.Client
) -> None:
    add_person(running, "an")
    secrets = {cookies_of(log_in(browser, "an"))["sansang_session"].value for _ in range(3)}
    kept = running.read_ledger(lambda it: list(it.scalars(select(SESSION.c.digest))))

    assert len(secrets) == 3
    assert {len(secret) for secret in secrets} == {43}
    assert len(kept) == 1  # the ones that the browser carried have ended
    assert set(kept) < {digest(secret) for secret in secrets}


def test_a_cookie_brought_along_is_never_adopted(running: WebCollector, browser: httpx.Client) -> None:
    add_person(running, "an")
    planted = "x" * 43
    browser.cookies.set("sansang_session", planted)
    browser.cookies.set("sansang_acting", planted)
    given = cookies_of(log_in(browser, "an"))

    assert planted not in {one.value for one in given.values()}
    with browser_of(running) as thief:
        thief.cookies.set("sansang_session", planted)
        assert thief.get("/account").status_code == 401


def test_a_session_of_somebody_else_ends_when_another_logs_in_over_it(running: WebCollector) -> None:
    add_person(running, "an", ADMIN)
    add_person(running, "bình")
    with logged_in(running, "an") as browser:
        old = browser.cookies["sansang_session"]
        log_in(browser, "bình")
        assert browser.get("/people").status_code == 403
    with browser_of(running) as thief:
        thief.cookies.set("sansang_session", old)
        assert thief.get("/people").status_code == 401


def test_cookies_are_for_this_site_and_no_script(running: WebCollector, browser: httpx.Client) -> None:
    add_person(running, "an")
    given = cookies_of(log_in(browser, "an"))

    assert set(given) == {"sansang_session", "sansang_acting"}
    assert {one["httponly"] for one in given.values()} == {True}
    assert {one["secure"] for one in given.values()} == {""}
    assert {one["max-age"] for one in given.values()} == {"43200"}
    assert (given["sansang_session"]["samesite"], given["sansang_acting"]["samesite"]) == ("lax", "strict")
    assert given["sansang_session"].value == given["sansang_acting"].value


def test_by_https_cookies_are_secure_and_no_other_host_can_have_set_them(tmp_path: Path) -> None:
    with web_collector(tmp_path, public_url="https://sansang.example") as running, browser_of(running) as browser:
        make_cheap(running)
        add_person(running, "an")
        given = cookies_of(log_in(browser, "an"))

        assert set(given) == {"__Host-sansang_session", "__Host-sansang_acting"}
        assert {(one["secure"], one["path"], one["domain"]) for one in given.values()} == {(True, "/", "")}
        secret = given["__Host-sansang_session"].value
        assert browser.get("/account", headers={"Cookie": f"__Host-sansang_session={secret}"}).status_code == 200
        assert browser.get("/account", headers={"Cookie": f"sansang_session={secret}"}).status_code == 401


def test_a_one_time_link_gives_the_same_cookies_by_https(tmp_path: Path) -> None:
    with web_collector(tmp_path, public_url="https://sansang.example") as running, browser_of(running) as browser:
        given = cookies_of(browser.get(f"/login/{running.link('admin')}"))

    assert set(given) == {"__Host-sansang_session", "__Host-sansang_acting"}


def test_unknown_wrong_and_disabled_are_answered_alike_after_the_same_work(
    running: WebCollector, browser: httpx.Client
) -> None:
    add_person(running, "an")
    person = add_person(running, "bình")
    running.write_ledger(
        lambda it: person_changes.disable(it, person_changes.account_of(it, person), "test", running.now)
    )
    counting = make_cheap(running)
    answers = []
    for name, password in (("an", WRONG), ("bình", PASSWORD), ("bình", WRONG), ("nobody", WRONG), ("\x00<b>", WRONG)):
        before = counting.compared
        answers.append(log_in(browser, name, password))
        assert counting.compared == before + 1, name

    assert {answer.status_code for answer in answers} == {401}
    assert len({words(answer) for answer in answers}) == 1
    assert {tuple(sorted(set(answer.headers) - {"date"})) for answer in answers} == {
        tuple(sorted(set(answers[0].headers) - {"date"}))
    }
    assert not any("set-cookie" in answer.headers for answer in answers)


def test_five_wrong_passwords_make_one_wait_and_the_right_one_waits_too(
    running: WebCollector, browser: httpx.Client
) -> None:
    add_person(running, "an")
    counting = make_cheap(running)
    statuses = [log_in(browser, "an", WRONG).status_code for _ in range(5)]
    refused = log_in(browser, "an")

    assert statuses == [401] * 5
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert "Thử lại sau 30 giây" in refused.text
    assert counting.compared == 5
    running.turn_clock(30)
    assert log_in(browser, "an").status_code == 303


def test_whoever_waits_learns_not_whether_there_is_such_an_account(
    running: WebCollector, browser: httpx.Client
) -> None:
    add_person(running, "an")
    for _ in range(6):
        there, none = log_in(browser, "an", WRONG), log_in(browser, "nobody", WRONG)

    assert (there.status_code, words(there)) == (none.status_code, words(none))


def test_many_tries_at_the_same_moment_are_many(running: WebCollector) -> None:
    add_person(running, "an")
    counting = make_cheap(running)

    def one(_: int) -> int:
        with browser_of(running) as browser:
            return log_in(browser, "an", WRONG).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = sorted(pool.map(one, range(24)))

    assert counting.compared == 5
    assert statuses == [401] * 5 + [429] * 19


def test_ten_at_once_all_get_in(running: WebCollector) -> None:
    for number in range(10):
        add_person(running, f"an{number}")

    def one(number: int) -> int:
        with logged_in(running, f"an{number}") as browser:
            return browser.get("/account").status_code

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(one, range(10))) == [200] * 10


def test_an_attacker_fills_neither_audit_nor_log(
    running: WebCollector, browser: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    add_person(running, "an")
    for name in ["an"] * 5 + [f"nobody{number}\r\nlogin of an" for number in range(14)]:
        assert log_in(browser, name, WRONG).status_code == 401
    running.turn_clock(61)
    assert log_in(browser, "nobody", WRONG).status_code == 401
    running.until(lambda: len(deeds(running, "login_failed")) == 3)

    assert deeds(running, "login_failed") == [
        ("an", "", "1 times, now from 127.0.0.1"),
        ("no such account", "", "1 times, now from 127.0.0.1"),
        ("no such account", "", "14 times, now from 127.0.0.1"),
    ]
    assert not any("nobody" in text or "\n" in text for text in caplog.messages)
    assert not any(WRONG in text for text in caplog.messages)


def test_wrong_tries_that_no_row_told_of_are_told_with_the_login(running: WebCollector, browser: httpx.Client) -> None:
    add_person(running, "an")
    for _ in range(4):
        log_in(browser, "an", WRONG)
    log_in(browser, "an")

    assert deeds(running, "login") == [("an", "", "from 127.0.0.1, after 3 more wrong tries")]


def test_a_password_kept_with_old_parameters_is_kept_anew(running: WebCollector, browser: httpx.Client) -> None:
    add_person(running, "an")

    running.app.collector.login.passwords = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    log_in(browser, "an")
    kept = running.read_ledger(lambda it: str(it.scalar(select(PERSON.c.password))))

    assert extract_parameters(kept).memory_cost == 16
    assert log_in(browser, "an").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_logs_no_browser_in_or_out(running: WebCollector, headers: dict[str, str]) -> None:
    add_person(running, "an")
    counting = make_cheap(running)
    with browser_of(running) as stranger:
        stranger.headers.update(headers)
        assert log_in(stranger, "an").status_code == 403
        assert counting.compared == 0
    with logged_in(running, "an") as browser:
        token = token_of(browser.get("/account").text)
        assert browser.post("/logout", data={"token": token}, headers=headers).status_code == 403
        assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "ü", None])
def test_a_form_without_the_sessions_own_token_does_nothing(running: WebCollector, token: str | None) -> None:
    add_person(running, "an", ADMIN)
    fields = {} if token is None else {"token": token}
    with logged_in(running, "an") as browser:
        for address, more in (
            ("/logout", {}),
            ("/account/password", {"password": PASSWORD, "new": WRONG, "again": WRONG}),
            ("/people", {"name": "bình", "role": "viewer", "where": "everywhere"}),
            ("/people/1/deeds", {"deed": "disable"}),
            ("/fleet/deeds", {"deed": "retire", "id": "1"}),
        ):
            assert browser.post(address, data=fields | more).status_code == 403, address
        assert browser.get("/account").status_code == 200


def test_a_token_of_another_session_is_none_of_this_one(running: WebCollector) -> None:
    add_person(running, "an", ADMIN)
    with logged_in(running, "an") as first, logged_in(running, "an") as second:
        token = token_of(first.get("/account").text)
        assert second.post("/logout", data={"token": token}).status_code == 403


def test_the_reading_cookie_alone_does_nothing(running: WebCollector) -> None:
    add_person(running, "an", ADMIN)
    with logged_in(running, "an") as browser:
        token = token_of(browser.get("/account").text)
        browser.cookies.delete("sansang_acting")
        answer = browser.post("/people", data={"token": token, "name": "b", "role": "viewer", "where": "everywhere"})
        assert answer.status_code == 401


def test_leaving_ends_the_session_for_whoever_copied_it_too(running: WebCollector) -> None:
    add_person(running, "an")
    with logged_in(running, "an") as browser, browser_of(running) as copied:
        for name, value in browser.cookies.items():
            copied.cookies.set(name, value)
        assert copied.get("/account").status_code == 200
        left = send(browser, "/account", "/logout")
        assert (left.status_code, left.headers["location"]) == (303, "/login")
        assert not list(browser.cookies.items())
        assert copied.get("/account").status_code == 401

    assert [who for who, _, _ in deeds(running, "logout")] == ["an"]


def test_a_one_time_links_session_can_be_left_too(running: WebCollector) -> None:
    with running.session("read") as browser:
        browser.headers.update({"Origin": running.url})
        page = browser.get("/").text
        assert "liên kết dùng một lần" in page
        assert browser.get("/account").status_code == 403
        assert browser.post("/logout", data={"token": token_of(page)}).status_code == 303
        assert browser.get("/").status_code == 401


def test_a_disabled_account_is_out_with_the_next_request(running: WebCollector) -> None:
    person = add_person(running, "an")
    with logged_in(running, "an") as browser:
        assert browser.get("/account").status_code == 200
        running.write_ledger(
            lambda it: person_changes.disable(it, person_changes.account_of(it, person), "root", running.now)
        )
        assert browser.get("/account").status_code == 401
        assert log_in(browser, "an").status_code == 401


def test_a_session_ends_after_twelve_hours(running: WebCollector) -> None:
    add_person(running, "an")
    with logged_in(running, "an") as browser:
        running.turn_clock(12 * 3600 - 1)
        assert browser.get("/account").status_code == 200
        running.turn_clock(1)
        assert browser.get("/account").status_code == 401


def test_ones_own_password_is_changed_with_the_present_one_and_ends_all_other_sessions(running: WebCollector) -> None:
    add_person(running, "an")
    with logged_in(running, "an") as here, logged_in(running, "an") as elsewhere:
        before = here.cookies["sansang_session"]
        fields = {"password": PASSWORD, "new": WRONG, "again": WRONG}
        changed = send(here, "/account", "/account/password", **fields)
        assert (changed.status_code, changed.headers["location"]) == (303, "/account?done=1")
        assert here.cookies["sansang_session"] != before
        assert "Đã đổi mật khẩu" in here.get("/account?done=1").text
        assert elsewhere.get("/account").status_code == 401
    with browser_of(running) as browser:
        assert log_in(browser, "an").status_code == 401
        assert log_in(browser, "an", WRONG).status_code == 303

    assert deeds(running, "password") == [("an", "", "an")]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"password": WRONG, "new": WRONG, "again": WRONG}, "Mật khẩu hiện tại không đúng"),
        ({"password": PASSWORD, "new": WRONG, "again": PASSWORD}, "Hai lần nhập mật khẩu mới không giống nhau"),
        ({"password": PASSWORD, "new": "ngắn", "again": "ngắn"}, "ít nhất 12 ký tự"),
        ({"password": PASSWORD, "new": "123456789012", "again": "123456789012"}, "dễ đoán"),
        ({"password": "", "new": "", "again": ""}, "ít nhất 12 ký tự"),
    ],
)
def test_a_password_that_is_not_changed_says_why(running: WebCollector, fields: dict[str, str], why: str) -> None:
    add_person(running, "an")
    with logged_in(running, "an") as browser:
        answer = send(browser, "/account", "/account/password", **fields)
        assert answer.status_code == 422
        assert why in answer.text
        assert browser.get("/account").status_code == 200


def test_whoever_finds_a_session_open_cannot_guess_the_password_there_either(running: WebCollector) -> None:
    add_person(running, "an")
    fields = {"password": WRONG, "new": "mật khẩu của kẻ trộm", "again": "mật khẩu của kẻ trộm"}
    with logged_in(running, "an") as browser:
        statuses = [send(browser, "/account", "/account/password", **fields).status_code for _ in range(6)]

    assert statuses == [422] * 5 + [429]


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "",
        "evil.example",
        "/a\\b",
        "/x\r\nSet-Cookie: a=b",
        "/login/abc",
        "/login?next=/x",
        "/logout",
        "/" + "x" * 3000,
        "/\u2028",
    ],
)
def test_a_login_leads_nowhere_else(running: WebCollector, browser: httpx.Client, wanted: str) -> None:
    add_person(running, "an")
    answer = log_in(browser, "an", next=wanted)

    if wanted == "/\u2028":
        assert answer.headers["location"].startswith("/%")
    else:
        assert answer.headers["location"] == "/"
    assert "a" not in cookies_of(answer)


@pytest.mark.parametrize("wanted", ["/", "/fleet?state=silent&q=kh%C3%A1nh", "/%2f/evil.example", "/communes/05983#x"])
def test_a_path_of_this_site_is_kept(wanted: str) -> None:
    assert own_path(wanted) == wanted


def test_a_megabyte_of_password_is_refused_and_a_long_one_is_wrong(
    running: WebCollector, browser: httpx.Client
) -> None:
    add_person(running, "an")
    counting = make_cheap(running)

    assert log_in(browser, "an", "x" * 1_000_000).status_code == 413
    assert counting.compared == 0
    assert log_in(browser, "an", "x" * 10_000).status_code == 401


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"name=an&name=b&password", b"%", b"&" * 16_000, b"=" * 16_000])
def test_what_is_no_form_is_a_wrong_password(running: WebCollector, browser: httpx.Client, body: bytes) -> None:
    assert browser.post("/login", content=body).status_code == 401


def test_a_password_never_comes_back_in_a_page(running: WebCollector, browser: httpx.Client) -> None:
    answer = log_in(browser, '"><script>alert(1)</script>', "geheim-geheim-geheim")

    assert "geheim" not in answer.text
    assert "<script>alert" not in answer.text


def test_when_too_many_are_waiting_one_is_told_to_come_back_and_no_try_is_counted(
    running: WebCollector, browser: httpx.Client
) -> None:
    add_person(running, "an")
    passwords = make_cheap(running)
    passwords._waiting = 10**6
    answers = [log_in(browser, "an") for _ in range(10)]
    passwords._waiting = 0

    assert {(answer.status_code, answer.headers["retry-after"]) for answer in answers} == {(503, "3")}
    assert log_in(browser, "an").status_code == 303


def test_everybodys_role_can_be_held_everywhere(running: WebCollector) -> None:
    for role in rights.OF_ROLE:
        add_person(running, role, [Held(role, EVERYWHERE)])
        with logged_in(running, role) as browser:
            assert browser.get("/account").status_code == 200
