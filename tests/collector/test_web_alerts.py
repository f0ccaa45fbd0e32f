"""Who was told and who is on call, on pages and by API, at a real collector."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
import yaml
from sqlalchemy import select

from sansang_alerts import metrics, pairing
from sansang_collector.audit import AUDIT
from tests.support.incident_rows import add_incident
from tests.support.mail_server import MailServer
from tests.support.web_collector import COMMUNE, NOON, WebCollector, web_collector

SETTINGS = {
    "people": [
        {"id": "line-1", "name": "Trực đường truyền 1", "email": "line-1@example.vn"},
        {"id": "line-2", "name": "Trực đường truyền 2", "email": "line-2@example.vn"},
    ],
    "teams": [
        {"id": "line", "name": "Đội đường truyền", "takes": [{}], "fallback": "line-2",
         "shifts": [{"people": ["line-1", "line-2"]}]},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebCollector, MailServer, int]]:
    """A collector whose one open incident has been told by e-mail."""
    folder = tmp_path_factory.mktemp("alerts")
    with MailServer() as mail:
        channel = {"id": "mail", "kind": "email", "server": f"127.0.0.1:{mail.port}", "sender": "sansang@example.vn"}
        for secret in ("token", "hook"):
            (folder / secret).write_text("a secret of tests only\n")
            (folder / secret).chmod(0o600)
        # nobody listens there: what is written to the bot is of no interest here
        bot = {"id": "bot", "kind": "zalo", "token_file": "token", "webhook_secret_file": "hook"}
        bot["api"] = "http://127.0.0.1:9"
        settings = SETTINGS | {"channels": [channel | {"security": "none"}, bot]}
        (folder / "alerts.yml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
        with web_collector(folder, public_url="https://sansang.example.vn", alerts=str(folder / "alerts.yml")) as web:
            number = web.app.collector.store.write_sync(
                lambda it: add_incident(it, [COMMUNE], NOON - 60, code="K7F2QD")
            )
            mail.until(lambda: len(mail.mails) == 1)
            yield web, mail, number


def admin(web: WebCollector) -> httpx.Client:
    """Somebody with an admin token."""
    return httpx.Client(base_url=web.url, headers={"Authorization": f"Bearer {web.token('admin')}"})


Told = tuple[WebCollector, MailServer, int]


def test_an_incident_is_told_by_the_running_collector_with_a_link(told: Told) -> None:
    _, mail, _ = told

    assert mail.mails[0].to == ("line-1@example.vn",)
    assert "https://sansang.example.vn/a/K7F2QD?t=line-1." in mail.mails[0].text


def test_who_was_told_is_said_without_anybody_s_address(told: Told) -> None:
    web, _, number = told

    answer = web.client.get(f"/api/v1/incidents/{number}/notifications")

    (one,) = answer.json()["items"]
    assert (one["kind"], one["name"], one["channel"]) == ("opened", "Trực đường truyền 1", "mail")
    assert "@" not in answer.text


def test_an_incident_that_does_not_exist_has_no_notifications(told: Told) -> None:
    web, _, _ = told

    assert web.client.get("/api/v1/incidents/999/notifications").status_code == 404


def test_the_incident_s_page_names_who_was_told(told: Told) -> None:
    web, _, number = told

    page = web.client.get(f"/incidents/{number}", headers={"Accept-Language": "vi"}).text

    assert "Đã báo cho ai" in page
    assert "Trực đường truyền 1" in page
    assert "báo có sự cố" in page
    assert 'href="/runbooks/' in page


def test_who_is_on_call_stands_on_a_page_and_in_the_api(told: Told) -> None:
    web, _, _ = told

    now = web.client.get("/api/v1/oncall").json()["items"]
    team = web.client.get("/api/v1/oncall/line").json()
    page = web.client.get("/oncall", headers={"Accept-Language": "vi"}).text

    assert [person["id"] for person in now[0]["people"]] == ["line-1", "line-2"]
    assert team["week"][0]["people"][0]["name"] == "Trực đường truyền 1"
    assert "Đội đường truyền" in page
    assert "Trực đường truyền 1" in page
    assert "@" not in page
    assert web.client.get("/api/v1/oncall/nobody").status_code == 404


def test_an_admin_has_somebody_s_zalo_chat_paired_on_the_page_and_that_is_kept(told: Told) -> None:
    web, _, _ = told
    with admin(web) as browser:
        page = browser.get("/oncall?lang=vi").text
        done = browser.post("/oncall/pair?lang=vi", data={"person": "line-1", "channel": "bot"})
        code = re.search(r"bot của kênh 'bot'.*: (\d{3}) (\d{3})", unescape(done.text))

    assert "Ghép Zalo cho một người" in page
    assert done.status_code == 200
    assert code
    assert code[1] + code[2] not in str(done.url)
    (deed,) = [one for one in web.read_ledger(lambda it: it.execute(select(AUDIT)).all()) if one.what == "pair"]
    assert deed.detail == "line-1, bot"
    assert web.read_ledger(lambda it: pairing.is_waiting(it, "bot", web.now))


@pytest.mark.parametrize("wrong", [{"person": "nobody"}, {"channel": "mail"}, {"person": ""}])
def test_a_form_that_names_nobody_makes_no_code(told: Told, wrong: dict[str, str]) -> None:
    web, _, _ = told
    with admin(web) as browser:
        refused = browser.post("/oncall/pair", data={"person": "line-2", "channel": "bot"} | wrong)

    assert refused.status_code == 422
    assert not re.search(r"\d{3} \d{3}", refused.text)


def test_whoever_may_only_read_is_offered_no_pairing(told: Told) -> None:
    web, _, _ = told

    assert "/oncall/pair" not in web.client.get("/oncall").text


def test_figures_of_messages_are_exposed(told: Told) -> None:
    web, _, _ = told
    headers = {"Authorization": f"Bearer {web.token('metrics')}"}

    text = httpx.get(f"{web.url}/metrics", headers=headers).text

    assert all(f"# HELP {one.name} {one.help}" in text for one in metrics.FAMILIES)
    assert 'sansang_collector_info{public_url="https://sansang.example.vn"} 1.0\n' in text
    assert 'sansang_alert_unacknowledged{severity="critical"} 1.0' in text


def test_the_button_behind_the_link_takes_the_incident_on(told: Told) -> None:
    web, mail, number = told
    link = next(word for word in mail.mails[0].text.split() if "/a/K7F2QD?t=" in word)
    path = link.removeprefix("https://sansang.example.vn")

    page = httpx.get(f"{web.url}{path}", headers={"Host": "sansang.example.vn"})
    form = page.text.partition('name="form" value="')[2].partition('"')[0]
    before = web.client.get(f"/api/v1/incidents/{number}").json()
    headers = {"Host": "sansang.example.vn", "Origin": "https://sansang.example.vn"}
    httpx.post(f"{web.url}{path}", data={"form": form}, headers=headers)

    assert before["acknowledged_by"] is None
    assert web.client.get(f"/api/v1/incidents/{number}").json()["acknowledged_by"] == "Trực đường truyền 1"


def test_a_webhook_without_the_token_is_refused(told: Told) -> None:
    web, _, _ = told

    assert httpx.post(f"{web.url}/api/v1/alertmanager", json={}).status_code == 401


def test_a_collector_that_tells_nobody_has_no_doors(tmp_path: Path) -> None:
    with web_collector(tmp_path) as web:
        assert httpx.post(f"{web.url}/api/v1/alertmanager", json={}).status_code == 404
        assert web.client.get("/api/v1/oncall").json()["total"] == 0
        assert web.client.get("/oncall").status_code == 200
