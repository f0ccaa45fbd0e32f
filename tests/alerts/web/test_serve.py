"""``sansang-alerts serve`` as it is started: from Alertmanager's webhook to a mail server, back by a link; the desk."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sansang_alerts import cli
from tests.alerts.web.visiting import alert
from tests.support.alerts_process import AlertsProcess
from tests.support.mail_server import MailServer

SETTINGS = """
data_dir: {data}
public_url: https://bao-tin.example.vn
recovery_after_minutes: 0
people:
  - {{id: line-1, name: Trực đường truyền 1, email: line-1@example.org}}
  - {{id: line-2, name: Trực đường truyền 2, email: line-2@example.org}}
teams:
  - {{id: line, name: Đội đường truyền, takes: [{{}}], fallback: line-2, shifts: [{{people: [line-1]}}]}}
channels:
  - {{id: mail, kind: email, server: "127.0.0.1:{port}", sender: sansang@example.org, security: none}}
"""


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, mails: MailServer) -> Path:
    folder = tmp_path_factory.mktemp("serve")
    file = folder / "alerts.yml"
    file.write_text(SETTINGS.format(data=folder / "data", port=mails.port), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def served(config: Path) -> Iterator[AlertsProcess]:
    with AlertsProcess(config, config.with_name("data")) as process:
        yield process


@pytest.fixture
def desk(served: AlertsProcess) -> Iterator[httpx.Client]:
    """A browser at the desk."""
    with httpx.Client(base_url=served.url, follow_redirects=True) as browser:
        assert browser.post("/login", data={"token": served.token("page")}).url.path == "/"
        yield browser


def post(served: AlertsProcess, *alerts: dict[str, object]) -> None:
    headers = {"Authorization": f"Bearer {served.token('alertmanager')}"}
    payload = {"version": "4", "groupKey": "{}", "alerts": alerts}
    assert httpx.post(f"{served.url}/api/v1/alertmanager", json=payload, headers=headers).status_code == 200


def told(mails: MailServer, word: str, times: int = 1) -> str:
    """The last mail with a word in it, once there are so many."""
    mails.until(lambda: sum(word in mail.text for mail in mails.mails) >= times)
    return [mail.text for mail in mails.mails if word in mail.text][-1]


def link_in(text: str) -> str:
    found = re.search(r"https://bao-tin\.example\.vn(/a/\S+)", text)
    assert found is not None
    return found[1]


def form_of(page: httpx.Response) -> str:
    return page.text.partition('name="form" value="')[2].partition('"')[0]


def test_an_alert_comes_by_mail_is_taken_on_by_its_link_and_its_end_is_told(
    served: AlertsProcess, mails: MailServer
) -> None:
    post(served, alert("RingCut"))
    link = link_in(told(mails, "RingCut"))
    with httpx.Client(base_url=served.url, follow_redirects=True) as phone:
        page = phone.get(link)
        pressed = phone.post(link, data={"form": form_of(page)}, headers={"Sec-Fetch-Site": "same-origin"})
    post(served, alert("RingCut", "resolved"))

    assert "Anh/chị đã nhận xử lý lúc" in pressed.text
    assert "Hết lúc" in told(mails, "RingCut", 2)


def test_a_link_still_holds_after_a_kill_and_nobody_is_told_twice(tmp_path: Path, mails: MailServer) -> None:
    config = tmp_path / "alerts.yml"
    config.write_text(SETTINGS.format(data=tmp_path / "data", port=mails.port), encoding="utf-8")
    with AlertsProcess(config, tmp_path / "data") as first:
        post(first, alert("KilledOnce"))
        link = link_in(told(mails, "KilledOnce"))
    with AlertsProcess(config, tmp_path / "data") as second:
        post(second, alert("KilledOnce"))
        post(second, alert("AfterTheKill"))
        told(mails, "AfterTheKill")

        assert "<button>" in httpx.get(second.url + link).text
        # killed between sending and recording it comes again, and says so
        texts = [mail.text for mail in mails.mails if "KilledOnce" in mail.text]
        assert sum("(gửi lại)" not in text for text in texts) == 1
        assert len(texts) <= 2
        assert second.stop() == 0


def test_the_desk_sees_who_is_on_call_and_takes_on_for_somebody_at_the_telephone(
    served: AlertsProcess, mails: MailServer, desk: httpx.Client
) -> None:
    post(served, alert("DeskRings"))
    code = link_in(told(mails, "DeskRings")).split("/")[2].partition("?")[0]
    page = desk.get("/")
    fields = {"form": form_of(page), "code": code.lower(), "person": "line-2", "phone": "1"}

    taken = desk.post("/desk/take", data=fields)
    again = desk.post("/desk/take", data=fields | {"person": "line-1"})

    assert "Đang trực: Trực đường truyền 1 (line-1)" in page.text
    assert "DeskRings: còn 2 %" in page.text
    for answer in (taken, again):
        assert f"Sự cố {code} đã do Trực đường truyền 2 nhận lúc" in answer.text
    assert (taken.status_code, again.status_code) == (200, 422)


def test_a_stand_in_is_arranged_shown_and_cancelled(desk: httpx.Client) -> None:
    form = form_of(desk.get("/"))
    wish = {"form": form, "team": "line", "person": "line-2", "until": "31/12/2099 08:00", "by": "line-1"}

    long = desk.post("/desk/stand-in", data=wish)
    nonsense = desk.post("/desk/stand-in", data=wish | {"until": "<b>mai"})
    made = desk.post("/desk/stand-in", data=wish | {"until": "23:59", "why": "đổi ca"})
    gone = desk.post("/desk/cancel", data={"form": form, "number": "1", "by": "line-1"})

    assert [one.status_code for one in (long, nonsense, made, gone)] == [422, 422, 200, 200]
    assert "<b>mai" not in nonsense.text
    assert "Đang trực: Trực đường truyền 2 (line-2) (trực thay)" in made.text
    assert "Đang trực: Trực đường truyền 1 (line-1)" in gone.text


def test_the_hand_over_says_what_is_open_and_who_comes(desk: httpx.Client) -> None:
    page = desk.get("/handover?lang=en")

    assert page.status_code == 200
    assert "Hand-over" in page.text
    assert "Trực đường truyền 1" in page.text


@pytest.mark.parametrize("path", ["/", "/handover", "/desk/take"])
def test_without_the_token_the_desk_is_shut(served: AlertsProcess, path: str) -> None:
    method = "POST" if path.startswith("/desk") else "GET"

    forged = {"sansang_alerts": "99999999999.00"}
    for cookies in ({}, forged):
        answer = httpx.request(method, served.url + path, cookies=cookies)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_a_form_of_another_site_does_nothing(served: AlertsProcess, desk: httpx.Client) -> None:
    form = form_of(desk.get("/"))

    assert desk.post("/desk/take", data={"form": form}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert desk.post("/desk/take", data={"form": "wrong"}).status_code == 403
    assert desk.post("/desk/no-such-deed", data={"form": form}).status_code == 404
    assert desk.post("/desk/pair", data={"form": form, "person": "line-1", "channel": "x"}).status_code == 422


def test_programs_ask_with_the_token(served: AlertsProcess) -> None:
    bearer = {"Authorization": f"Bearer {served.token('page')}"}

    teams = httpx.get(f"{served.url}/api/v1/oncall", headers=bearer).json()["teams"]
    figures = httpx.get(f"{served.url}/metrics", headers=bearer).text

    assert [(one["team"], one["people"][0]["id"]) for one in teams] == [("line", "line-1")]
    assert "# TYPE sansang_alert_unacknowledged gauge" in figures
    assert 'sansang_alert_notifications_total{channel="mail",outcome="sent"}' in figures
    for path in ("/api/v1/oncall", "/metrics"):
        refused = httpx.get(served.url + path, headers={"Authorization": "Bearer x"})
        assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")


def test_only_our_own_names_are_answered(served: AlertsProcess) -> None:
    for host, status in (("bao-tin.example.vn", 200), ("localhost:9641", 200), ("evil.example", 421), ("a@b", 421)):
        assert httpx.get(f"{served.url}/-/healthy", headers={"Host": host}).status_code == status
    assert httpx.get(f"{served.url}/-/ready").text == "ready\n"


def test_a_token_that_is_guessed_is_soon_not_looked_at(config: Path, tmp_path: Path, mails: MailServer) -> None:
    other = tmp_path / "alerts.yml"
    other.write_text(SETTINGS.format(data=tmp_path / "data", port=mails.port), encoding="utf-8")
    with AlertsProcess(other, tmp_path / "data") as process:
        tries = [httpx.post(f"{process.url}/login", data={"token": f"guess {n}"}).status_code for n in range(12)]
        right = httpx.post(f"{process.url}/login", data={"token": process.token("page")})

        assert tries == [403] * 10 + [429] * 2
        assert right.status_code == 429
        second = cli.main(["serve", "--config", str(other), "--lang", "en", "--listen", "127.0.0.1:0"])
        assert second == 1


def test_secrets_are_nobody_elses(served: AlertsProcess) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in served.data.iterdir()}

    assert {name for name, mode in modes.items() if mode & 0o077 and not name.startswith("alerts.db-")} == set()
    assert {"link.key", "alertmanager.token", "page.token", "alerts.db"} <= set(modes)


def test_the_command_line_takes_on_and_says_who_was_first(
    served: AlertsProcess, mails: MailServer, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    post(served, alert("TypedAck"))
    code = link_in(told(mails, "TypedAck")).split("/")[2].partition("?")[0]

    def ack(*arguments: str) -> tuple[int, str]:
        status = cli.main(["ack", *arguments, "--config", str(config), "--lang", "en"])
        said = capsys.readouterr()
        return status, (said.out + said.err).strip()

    assert ack("ZZZZZZ") == (1, "Nothing has the code ZZZZZZ.")
    assert ack(code, "--by", "nobody")[0] == 1
    status, said = ack(code.lower(), "--by", "line-2", "--phone")
    assert (status, said.startswith(f"{code} was taken on by Trực đường truyền 2 at ")) == (0, True)
    assert ack(code) == (1, said)
    told(mails, "TypedAck", 2)  # line-1 learns that line-2 has it


def test_an_address_in_use_is_said_in_a_sentence(
    served: AlertsProcess, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = served.url.removeprefix("http://")

    for address in (taken, "nonsense", "127.0.0.1:no"):
        assert cli.main(["serve", "--config", str(config), "--lang", "en", "--listen", address]) == 1
        assert f"Cannot listen on {address}: " in capsys.readouterr().err
