"""``sansang-alerts test`` and ``pair`` against stand-ins: what is sent, what is said, and no secret in it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sansang_alerts import cli
from tests.support import channels
from tests.support.http_stand_in import HttpStandIn, Resets, Says
from tests.support.mail_server import MailServer
from tests.support.sms_gateway import SECRET, SmsGatewayServer
from tests.support.zalo_server import TOKEN, ZaloServer

PEOPLE = [
    {"id": "line-1", "name": "Trực đường truyền 1", "email": "line-1@example.org", "phone": "0000000001"},
    {"id": "noc", "name": "Trực điều hành", "email": "noc@example.org", "phone": "0000000002"},
]
TEAMS = [{"id": "all", "name": "Trực", "takes": [{}], "fallback": "noc"}]


class Alerts:
    """The command line, with channels to stand-ins."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.file = folder / "alerts.yml"
        self._capsys = capsys

    def configure(self, *found: dict[str, Any]) -> None:
        said = {"people": PEOPLE, "teams": TEAMS, "channels": found, "data_dir": str(self.folder / "data")}
        self.file.write_bytes(msgspec.yaml.encode(said))

    def __call__(self, *arguments: str, lang: str = "vi") -> tuple[int, str, str]:
        status = cli.main([*arguments, "--config", str(self.file), "--lang", lang])
        said = self._capsys.readouterr()
        assert TOKEN not in said.out + said.err
        assert SECRET not in said.out + said.err
        return status, said.out.strip(), said.err.strip()


@pytest.fixture
def alerts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Alerts:
    return Alerts(tmp_path, capsys)


@pytest.fixture
def zalo() -> Iterator[ZaloServer]:
    with ZaloServer() as server:
        yield server


def bot(alerts: Alerts, server: ZaloServer, id_: str = "zalo") -> dict[str, Any]:
    token = channels.secret(alerts.folder, "token", TOKEN)
    return {"id": id_, "kind": "zalo", "token_file": token, "api": server.url}


def test_an_e_mail_tries_the_channel(alerts: Alerts) -> None:
    with MailServer() as server:
        mail = {"id": "mail", "kind": "email", "server": f"127.0.0.1:{server.port}", "sender": "s@example.org"}
        alerts.configure(mail | {"security": "none"})

        assert alerts("test", "mail", "--to", "line-1") == (0, "mail: đã gửi tới line-1@example.org.", "")
        assert server.mails[0].parsed["Subject"].startswith("[Tin thử] sansang gửi thử qua kênh mail")


def test_an_sms_says_what_it_costs(alerts: Alerts) -> None:
    with SmsGatewayServer() as server:
        secret = channels.secret(alerts.folder, "secret", SECRET)
        alerts.configure({"id": "sms"} | server.settings(secret_file=secret, price=350))

        status, out, _ = alerts("test", "sms", "--to", "0000000009", lang="en")

        assert (status, out) == (0, "sms: sent to 0000000009.\nCharged as 1 message (350 VND).")
        assert server.sent[0].text.startswith("TEST MESSAGE: sansang tries the channel sms")


def test_a_webhook_needs_nobody(alerts: Alerts) -> None:
    with HttpStandIn() as server:
        address = channels.secret(alerts.folder, "address", f"{server.url}/hook")
        alerts.configure({"id": "hook", "kind": "webhook", "url_file": address})

        assert alerts("test", "hook") == (0, "hook: đã gửi tới hook.", "")
        assert msgspec.json.decode(server.asked[0].body)["kind"] == "test"


@pytest.mark.parametrize(
    ("met", "said"),
    [
        (Says(503, b"busy"), "hook: could not be sent to hook just now: 503: busy"),
        (Says(403, b"who are you"), "hook: refused for hook: 403: who are you"),
        (Resets(), "hook: sent to hook, and whether it arrived is not known: "),
    ],
)
def test_what_is_not_taken_says_why(alerts: Alerts, met: Says | Resets, said: str) -> None:
    with HttpStandIn() as server:
        server.always = met
        address = channels.secret(alerts.folder, "address", f"{server.url}/hook")
        alerts.configure({"id": "hook", "kind": "webhook", "url_file": address})

        status, out, _ = alerts("test", "hook", lang="en")

        assert status == 1
        assert out.startswith(said)


def test_a_channel_that_is_not_there_is_said_with_those_that_are(alerts: Alerts, zalo: ZaloServer) -> None:
    alerts.configure(bot(alerts, zalo))

    assert alerts("test", "mail", lang="en") == (1, "", "There is no channel 'mail'; known are: zalo")


def test_who_is_to_be_told_has_to_be_said(alerts: Alerts) -> None:
    alerts.configure({"id": "mail", "kind": "email", "server": "127.0.0.1:1", "sender": "s@example.org"})

    said = "Who is to be told by 'mail'? Say --to with a person who can be: line-1, noc"
    assert alerts("test", "mail", lang="en") == (1, "", said)


@pytest.mark.parametrize("channel", ["mail", "sms"])
def test_somebodys_id_with_a_letter_wrong_is_no_address(alerts: Alerts, channel: str) -> None:
    mail = {"id": "mail", "kind": "email", "server": "127.0.0.1:1", "sender": "s@example.org"}
    with SmsGatewayServer() as gateway:
        sms = gateway.settings(secret_file=channels.secret(alerts.folder, "secret", SECRET))
        alerts.configure(mail, {"id": "sms"} | sms)

        status, out, err = alerts("test", channel, "--to", "lin-1", lang="en")

        said = f"Who is to be told by '{channel}'? Say --to with a person who can be: line-1, noc"
        assert (status, out, err, gateway.sent) == (1, "", said, [])


def test_who_is_not_paired_cannot_be_told(alerts: Alerts, zalo: ZaloServer) -> None:
    alerts.configure(bot(alerts, zalo))

    said = "Who is to be told by 'zalo'? Say --to with a person who can be: –"
    assert alerts("test", "zalo", "--to", "noc", lang="en") == (1, "", said)
    assert zalo.asked == []


def test_somebody_is_paired_from_the_command_line_alone(alerts: Alerts, zalo: ZaloServer) -> None:
    """As on the first day, when nothing else runs yet."""
    alerts.configure(bot(alerts, zalo))
    command = [sys.executable, "-m", "sansang_alerts", "pair", "line-1", "--listen", "--lang", "en"]
    with subprocess.Popen([*command, "--config", str(alerts.file)], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        first, digits = running.stdout.readline(), running.stdout.readline()
        assert first.startswith("From the Zalo account of Trực đường truyền 1, send the bot of 'zalo' these digits")
        zalo.write("chat-1", digits)
        assert running.stdout.read().strip() == "Paired."
        assert running.wait(30) == 0

    assert alerts("test", "zalo", "--to", "line-1")[0] == 0
    assert [sent.chat for sent in zalo.sent] == ["chat-1", "chat-1"]
    assert alerts("pair", lang="en")[1].startswith("line-1  zalo  a chat  since ")


def test_who_is_forgotten_is_told_nothing_there_any_more(alerts: Alerts, zalo: ZaloServer) -> None:
    alerts.configure(bot(alerts, zalo))

    status, out, _ = alerts("pair", "line-1")
    assert status == 0
    assert len(out.splitlines()[1].replace(" ", "")) == 6
    assert alerts("pair", "line-1", "--forget", lang="en") == (0, "Trực đường truyền 1 was not paired.", "")
    assert alerts("pair", lang="en") == (0, "Nobody is paired.", "")


def test_of_several_bots_one_has_to_be_named(alerts: Alerts, zalo: ZaloServer) -> None:
    alerts.configure(bot(alerts, zalo), bot(alerts, zalo, "zalo-2"))

    said = "Which Zalo channel? Say --channel with one of: zalo, zalo-2"
    assert alerts("pair", "line-1", lang="en") == (1, "", said)
    assert alerts("pair", "line-1", "--channel", "mail", lang="en") == (1, "", said)
    assert alerts("pair", "line-1", "--channel", "zalo-2", lang="en")[0] == 0


def test_what_zalo_hands_over_is_not_fetched(alerts: Alerts, zalo: ZaloServer) -> None:
    alerts.configure(bot(alerts, zalo) | {"webhook_secret_file": channels.secret(alerts.folder, "hook", "s" * 20)})

    said = "Zalo hands over what is written to this bot, so it cannot be fetched here."
    assert alerts("pair", "line-1", "--listen", lang="en") == (1, "", said)


def test_nobody_whom_the_settings_do_not_know_is_paired(alerts: Alerts, zalo: ZaloServer) -> None:
    alerts.configure(bot(alerts, zalo))

    assert alerts("pair", "line-9", lang="en") == (1, "", "There is no person 'line-9'; known are: line-1, noc")


def test_a_question_makes_no_database(alerts: Alerts, zalo: ZaloServer) -> None:
    alerts.configure(bot(alerts, zalo))

    assert alerts("pair", lang="en") == (0, "Nobody is paired.", "")
    assert not (alerts.folder / "data").exists()
