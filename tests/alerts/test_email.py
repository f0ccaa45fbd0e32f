"""E-mail as a channel, against a real mail server."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from certificates import Authority
from sansang_alerts.channels import Channel
from sansang_alerts.channels.email_message import written
from sansang_alerts.notice import Message, Outcome
from tests.support import channels
from tests.support.channels import MESSAGE
from tests.support.mail_server import MailServer

SENDER = "Giám sát <sansang@tinh.invalid>"
STARTTLS: dict[str, Any] = {"security": "starttls", "user": "sansang"}
PASSWORD = "mật khẩu & more"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def email(port: int, *, deadline_s: float = 5.0, **more: Any) -> Channel:
    said = {"server": f"127.0.0.1:{port}", "sender": SENDER, "security": "none"} | more
    return channels.build(channels.settings("email", **said), deadline_s=deadline_s / 3)["email"]


async def test_an_e_mail_arrives_with_its_letters(server: MailServer) -> None:
    answer = await email(server.port).send(MESSAGE)

    assert answer.outcome is Outcome.SENT
    [mail] = server.mails
    assert (mail.sender, mail.to) == ("sansang@tinh.invalid", (MESSAGE.to,))
    assert mail.parsed["Subject"] == MESSAGE.subject
    assert mail.parsed["From"] == SENDER
    assert mail.text.rstrip() == MESSAGE.body
    assert mail.parsed["Auto-Submitted"] == "auto-generated"


async def test_a_repeat_has_the_same_message_id(server: MailServer) -> None:
    channel = email(server.port)
    await channel.send(MESSAGE)
    await channel.send(MESSAGE._replace(repeat=True, body=f"(gửi lại) {MESSAGE.body}"))

    assert [mail.parsed["Message-ID"] for mail in server.mails] == ["<n1.a2b3@tinh.invalid>"] * 2


def test_a_name_with_a_newline_begins_no_header() -> None:
    evil = Message("a@b.invalid", "One\r\nBcc: all@xa.invalid", "text", "<x\r\nBcc: y@z.invalid>")

    head = written(evil, SENDER, 0).partition(b"\r\n\r\n")[0]

    assert b"\r\nBcc" not in head


@pytest.mark.parametrize("to", ["", "nobody", "a@b, c@d", "a@b\r\nRCPT TO:<c@d>", "@b", "ạ@b"])
async def test_what_is_no_address_is_refused_before_anybody_is_asked(to: str, server: MailServer) -> None:
    answer = await email(server.port).send(MESSAGE._replace(to=to))

    assert answer.outcome is Outcome.REFUSED
    assert server.mails == []


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("451 4.7.1 try again later", Outcome.AGAIN),
        ("550 5.1.1 no such user", Outcome.REFUSED),
    ],
)
@pytest.mark.parametrize("where", ["at_rcpt", "at_data"])
async def test_for_now_and_for_good_are_told_apart(server: MailServer, where: str, said: str, outcome: Outcome) -> None:
    setattr(server, where, said)

    answer = await email(server.port).send(MESSAGE)

    assert (answer.outcome, answer.said[:3]) == (outcome, said[:3])


@pytest.mark.parametrize("how", ["hang", "reset"])
async def test_a_text_that_left_and_was_not_answered_may_have_arrived(server: MailServer, how: str) -> None:
    server.taken_but = how

    answer = await email(server.port, deadline_s=3.0).send(MESSAGE)

    assert len(server.mails) == 1
    assert answer.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("how", ["hang", "reset", "500 no"])
async def test_what_goes_wrong_at_the_farewell_is_no_matter(server: MailServer, how: str) -> None:
    server.at_quit = how

    assert (await email(server.port, deadline_s=3.0).send(MESSAGE)).outcome is Outcome.SENT


async def test_nobody_listening_means_that_it_did_not_arrive() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    answer = await email(port).send(MESSAGE)

    assert answer.outcome is Outcome.AGAIN
    assert "refused" in answer.said


async def test_a_server_that_never_greets_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = await email(silent.getsockname()[1], deadline_s=0.6).send(MESSAGE)

    assert (answer.outcome, answer.said) == (Outcome.AGAIN, "no answer within 0.6 s")


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\xff" * 5000 + b"\r\n", b""])
async def test_what_is_no_mail_server_is_tried_again(said: bytes) -> None:
    with channels.raw_server(said) as port:
        answer = await email(port).send(MESSAGE)

    assert answer.outcome is Outcome.AGAIN


async def test_with_starttls_nothing_goes_in_the_clear(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    password = channels.secret(tmp_path, "password", PASSWORD)
    with MailServer(authority.context(), user="sansang", password=PASSWORD) as server:
        channel = email(server.port, **STARTTLS, ca=str(authority.ca_file), password_file=password)
        answer = await channel.send(MESSAGE)

        assert answer.outcome is Outcome.SENT
        assert [(mail.tls, mail.user) for mail in server.mails] == [(True, "sansang")]


async def test_tls_from_the_first_byte_works_too(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with MailServer(authority.context(), implicit=True) as server:
        answer = await email(server.port, security="tls", ca=str(authority.ca_file)).send(MESSAGE)

        assert answer.outcome is Outcome.SENT


async def test_a_server_without_starttls_gets_nothing(server: MailServer) -> None:
    answer = await email(server.port, security="starttls").send(MESSAGE)

    assert answer.outcome is Outcome.REFUSED
    assert "STARTTLS" in answer.said
    assert server.mails == []


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(tmp_path: Path) -> None:
    with MailServer(Authority(tmp_path).context()) as server:
        answer = await email(server.port, security="starttls").send(MESSAGE)

        assert (answer.outcome, server.mails) == (Outcome.AGAIN, [])
        assert "certificate is not trusted" in answer.said


async def test_a_wrong_password_is_refused_and_not_repeated_to_anybody(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    password = channels.secret(tmp_path, "password", "wrong-password")
    with MailServer(authority.context(), user="sansang", password=PASSWORD) as server:
        channel = email(server.port, **STARTTLS, ca=str(authority.ca_file), password_file=password)
        answer = await channel.send(MESSAGE)

    assert (answer.outcome, answer.said[:4]) == (Outcome.REFUSED, "535:")
    assert "wrong-password" not in answer.said
