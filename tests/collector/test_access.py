"""Who may do what: scopes, one-time links, sessions, host names, health and reload, over real HTTP."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sansang_agent.contract.report import Problem
from sansang_collector import access, cookies, hosts, links, tokens
from sansang_collector.settings import CollectorSettings
from sansang_collector.store import Store
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.ledgers import NOW, Place

ALLOWED = {"read": {"read"}, "metrics": {"metrics"}, "admin": {"read", "metrics", "admin"}, "agent": set[str]()}
DOORS = {"read": ("GET", "/api/v1/communes"), "metrics": ("GET", "/metrics"), "admin": ("POST", "/-/reload")}


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    yield store
    store.close()


@pytest.mark.parametrize("scope", ALLOWED)
def test_a_scope_opens_its_doors_and_no_others(collector: CollectorProcess, scope: str) -> None:
    with collector.client(scope, "05983", "pc-1") as client:
        for needed, (method, path) in DOORS.items():
            status = client.request(method, path).status_code
            assert status == 403 if needed not in ALLOWED[scope] else status < 300, (needed, status)


def test_without_a_credential_only_health_answers(collector: CollectorProcess) -> None:
    with collector.client() as stranger:
        for path in ("/-/healthy", "/-/ready"):
            assert stranger.get(path).status_code == stranger.head(path).status_code == 200
        for method, path in (*DOORS.values(), ("GET", "/"), ("GET", "/api/v1/openapi.json"), ("GET", "/api/v1/stream")):
            response = stranger.request(method, path)
            assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
            assert json.loads(response.content)["status"] == 401


def test_a_browser_without_a_session_reads_how_to_get_in(collector: CollectorProcess) -> None:
    with collector.client() as stranger:
        response = stranger.get("/", headers={"Accept": "text/html"})

    assert response.status_code == 401
    assert "sansang-collector link" in response.text
    assert response.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("language", "title"), [("vi", "Liên kết này đã dùng rồi hoặc đã quá hạn"), ("en", "This link is spent or too old")]
)
def test_a_spent_link_is_a_page_in_either_language_that_says_how_to_make_another(
    collector: CollectorProcess, language: str, title: str
) -> None:
    with collector.client() as stranger:
        response = stranger.get(f"/login/spent?lang={language}", headers={"Accept": "text/html"})

    assert response.status_code == 410
    assert f"<h1>{title}</h1>" in response.text
    assert "sansang-collector link" in response.text
    assert "app.css" in response.text


def test_a_browser_whose_credential_does_not_suffice_reads_so(collector: CollectorProcess) -> None:
    with collector.client("metrics") as scraper:
        response = scraper.get("/", headers={"Accept": "text/html"})

    assert response.status_code == 403
    assert "<h1>Không có quyền</h1>" in response.text
    assert "sansang-collector link" in response.text


def test_a_session_reads_but_whatever_its_scope_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    secret = store.write_sync(lambda connection: links.issue_link(connection, time.time(), scope="admin"))
    session = store.write_sync(lambda connection: links.use_link(connection, secret, time.time()))
    store.close()
    with running_collector(tmp_path) as collector, collector.client() as browser:
        browser.cookies.set(cookies.SESSION_COOKIE, str(session))
        assert browser.get("/api/v1/communes").status_code == 200
        assert browser.post("/-/reload").status_code == 401


def test_a_link_opens_one_session_and_is_spent(collector: CollectorProcess) -> None:
    link = collector.run("link", "--data", str(collector.data), "--url", collector.url)
    with httpx.Client() as browser:
        response = browser.get(link)
        assert (response.status_code, response.headers["location"]) == (303, "/")
        assert response.headers["referrer-policy"] == "no-referrer"
        cookie = response.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert browser.get(f"{collector.url}/api/v1/openapi.json").status_code == 200
        assert browser.get(f"{collector.url}/metrics").status_code == 403
        assert browser.post(f"{collector.url}/-/reload").status_code == 401
        assert browser.get(link).status_code == 410
    assert json.loads(httpx.get(link).content)["title"] == "Link spent"
    assert "Liên kết này đã dùng rồi" in httpx.get(link, headers={"Accept": "text/html"}).text


def test_a_link_older_than_ten_minutes_opens_nothing(store: Store) -> None:
    secret = store.write_sync(lambda connection: links.issue_link(connection, NOW))

    assert store.write_sync(lambda connection: links.use_link(connection, secret, NOW + 600)) is None


def test_a_session_ends_after_twelve_hours(store: Store) -> None:
    secret = store.write_sync(lambda connection: links.issue_link(connection, NOW))
    session = store.write_sync(lambda connection: links.use_link(connection, secret, NOW + 599))
    assert session

    with store.read() as connection:
        assert access.principal(connection, "", session, NOW + 600) == access.Principal("read")
        assert access.principal(connection, "", session, NOW + 599 + 12 * 3600) is None


def test_a_wrong_header_is_not_overruled_by_a_good_session(store: Store) -> None:
    secret = store.write_sync(lambda connection: links.issue_link(connection, NOW))
    session = store.write_sync(lambda connection: links.use_link(connection, secret, NOW))

    with store.read() as connection:
        assert access.principal(connection, "Bearer wrong", session, NOW) is None


def test_the_ledger_holds_no_secret(store: Store, tmp_path: Path) -> None:
    _, secret = store.write_sync(lambda connection: tokens.issue(connection, "read", "read", NOW))
    link = store.write_sync(lambda connection: links.issue_link(connection, NOW))
    store.close()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert secret.encode() not in files
    assert link.encode() not in files


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "", "[::1", "localhost@evil.example", "evil@localhost", "localhost/x"],
)
def test_an_unknown_host_name_is_refused(collector: CollectorProcess, host: str) -> None:
    with collector.client("read") as client:
        response = client.get("/api/v1/openapi.json", headers={"Host": host})

    assert response.status_code == 421
    assert json.loads(response.content)["title"] == "Unknown host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]:9640"])
def test_loopback_by_any_of_its_names_is_answered(collector: CollectorProcess, host: str) -> None:
    with collector.client() as stranger:
        assert stranger.get("/-/healthy", headers={"Host": host}).status_code == 200


def test_the_public_name_and_the_configured_ones_are_known() -> None:
    settings = CollectorSettings(listen="0.0.0.0:9640", hosts=("a.example",), public_url="https://B.example:8443/x")

    assert hosts.known_hosts(settings, "may-chu") == {
        "localhost",
        "127.0.0.1",
        "::1",
        "may-chu",
        "a.example",
        "b.example",
    }


def test_reload_takes_new_hosts_over_and_refuses_a_wrong_file_whole(tmp_path: Path) -> None:
    config = tmp_path / "collector.yml"
    config.write_text("hosts: [one.example]\n", encoding="utf-8")
    with running_collector(tmp_path / "data", config) as collector, collector.client("admin") as admin:

        def status(host: str) -> int:
            return admin.get("/-/healthy", headers={"Host": host}).status_code

        assert (status("one.example"), status("two.example")) == (200, 421)
        config.write_text("hosts: [two.example]\n", encoding="utf-8")
        assert admin.post("/-/reload").status_code == 204
        assert (status("one.example"), status("two.example")) == (421, 200)
        config.write_text("hosts: [three.example]\nhoosts: []\n", encoding="utf-8")
        refused = admin.post("/-/reload")
        assert refused.status_code == 422
        assert "hoosts" in Problem(**json.loads(refused.content)).detail
        assert status("two.example") == 200
        config.write_text("hosts: [four.example]\n", encoding="utf-8")
        collector.hang_up()
        deadline = time.monotonic() + 20
        while status("four.example") != 200:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_stopping_ends_an_open_stream_and_exits_cleanly(tmp_path: Path) -> None:
    with (
        running_collector(tmp_path) as collector,
        collector.client("read") as client,
        client.stream("GET", "/api/v1/stream") as stream,
    ):
        assert stream.status_code == 200
        began = time.monotonic()
        assert collector.stop() == 0
        assert time.monotonic() - began < 5
        for _ in stream.iter_bytes():
            pass
