"""The SMS gateway as a channel, against a stand-in of one."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sansang_alerts.channels import Channel
from sansang_alerts.channels.building import Channels
from sansang_alerts.notice import Message, Outcome
from tests.support import channels
from tests.support.http_stand_in import Garbage, Hangs, Resets, Says
from tests.support.sms_gateway import SECRET, Sms, SmsGatewayServer

TEXT = 'Xã "Khánh Khê" \\ {to}: mất kết nối từ 08:14 & 3 quầy'
MESSAGE = Message("+84 00-000.0678", "a subject that no SMS has", TEXT, "n1")
Make = Callable[..., Channel]


@pytest.fixture
def server() -> Iterator[SmsGatewayServer]:
    with SmsGatewayServer() as server:
        yield server


@pytest.fixture
async def make(server: SmsGatewayServer, tmp_path: Path) -> AsyncIterator[Make]:
    built: list[Channels] = []
    secret = channels.secret(tmp_path, "secret", SECRET)

    def channel(**more: Any) -> Channel:
        said = server.settings(secret_file=secret, **more)
        built.append(channels.build(channels.settings(said.pop("kind"), **said), deadline_s=2.0))
        return built[-1]["sms"]

    yield channel
    for one in built:
        await one.close()


async def test_an_sms_arrives_without_marks_and_is_counted(make: Make, server: SmsGatewayServer) -> None:
    answer = await make().send(MESSAGE)

    assert answer.outcome is Outcome.SENT
    assert (answer.reference, answer.parts) == ("gw-1", 1)
    [sms] = server.sent
    assert sms == Sms("+84000000678", 'Xa "Khanh Khe" \\ {to}: mat ket noi tu 08:14 & 3 quay', "SANSANG", sms.reference)


async def test_with_accents_it_keeps_its_marks_and_costs_more(make: Make, server: SmsGatewayServer) -> None:
    answer = await make(accents=True).send(MESSAGE._replace(body=TEXT * 2))

    assert server.sent[0].text == TEXT * 2
    assert answer.parts == 2


async def test_no_more_parts_are_sent_than_the_settings_allow(make: Make, server: SmsGatewayServer) -> None:
    answer = await make(most_parts=2).send(MESSAGE._replace(body="a" * 1000))

    assert answer.parts == 2
    assert len(server.sent[0].text) == 306


async def test_every_attempt_of_a_message_has_the_same_reference(make: Make, server: SmsGatewayServer) -> None:
    channel = make()
    for message in (MESSAGE, MESSAGE, MESSAGE._replace(message_id="n2")):
        await channel.send(message)

    first, again, other = (sms.reference for sms in server.sent)
    assert first == again != other


async def test_a_gateway_that_is_asked_by_a_query_gets_it_escaped(make: Make, server: SmsGatewayServer) -> None:
    url = f"{server.url}/send?to={{to}}&text={{text}}&password={{secret}}"
    server.always = Says(200, b"0: Accepted for delivery")

    answer = await make(method="GET", url=url, body="", accepted="^0:").send(MESSAGE)

    assert (answer.outcome, answer.reference) == (Outcome.SENT, "")
    asked = parse_qs(urlsplit(server.asked[0].path).query)
    assert asked == {
        "to": ["+84000000678"],
        "text": ['Xa "Khanh Khe" \\ {to}: mat ket noi tu 08:14 & 3 quay'],
        "password": [SECRET],
    }


async def test_a_form_and_xml_are_escaped_each_in_its_way(make: Make, server: SmsGatewayServer) -> None:
    server.always = Says(200, b"OK")
    form = {"body": "phone={to}&text={text}&ref={reference}", "accepted": "^OK"}
    xml = {"body": '<sms to="{to}">{text}</sms>', "accepted": "^OK", "headers": {"X-Key": "{secret}"}}

    answer = await make(**form).send(MESSAGE)
    await make(**xml).send(MESSAGE._replace(body='<a>&"b"</a>'))

    first, second = server.asked
    assert parse_qs(first.body.decode())["text"][0].startswith('Xa "Khanh Khe" \\ {to}')
    assert answer.reference == parse_qs(first.body.decode())["ref"][0]
    assert second.body == b'<sms to="+84000000678">&lt;a&gt;&amp;&quot;b&quot;&lt;/a&gt;</sms>'
    assert second.headers["content-type"].startswith("text/xml")


async def test_a_key_in_a_header_is_filled_in(make: Make, server: SmsGatewayServer) -> None:
    await make(headers={"Authorization": "Bearer {secret}"}).send(MESSAGE)

    assert server.asked[0].headers["authorization"].encode("latin-1").decode() == f"Bearer {SECRET}"


async def test_an_error_with_status_200_is_refused_and_the_password_in_it_is_not_kept(
    tmp_path: Path, server: SmsGatewayServer
) -> None:
    wrong = channels.secret(tmp_path, "wrong", "wrong-secret")
    said = server.settings(secret_file=wrong)
    built = channels.build(channels.settings(said.pop("kind"), **said))

    answer = await built["sms"].send(MESSAGE)
    await built.close()

    assert answer.outcome is Outcome.REFUSED
    assert answer.said == 'not accepted: 200: {"status": "error", "message": "wrong password ***"}'


async def test_what_the_gateway_calls_busy_is_tried_again(make: Make, server: SmsGatewayServer) -> None:
    server.next.append(Says(200, b'{"status": "error", "message": "queue full"}'))

    assert (await make(busy="queue full").send(MESSAGE)).outcome is Outcome.AGAIN


@pytest.mark.parametrize(
    ("met", "outcome"),
    [
        (Says(429, b"", {"Retry-After": "9"}), Outcome.AGAIN),
        (Says(401), Outcome.REFUSED),
        (Says(302, b"", {"Location": "/login"}), Outcome.REFUSED),
        (Says(502), Outcome.UNKNOWN),
        (Resets(), Outcome.UNKNOWN),
        (Garbage(), Outcome.UNKNOWN),
        (Hangs(), Outcome.UNKNOWN),
    ],
    ids=str,
)
async def test_what_is_not_taken_is_told_apart(
    make: Make, server: SmsGatewayServer, met: Says | Resets | Garbage | Hangs, outcome: Outcome
) -> None:
    server.next.append(met)

    answer = await make().send(MESSAGE)

    assert answer.outcome is outcome
    assert answer.after_s == (9 if "Retry-After" in str(met) else None)
    assert SECRET not in answer.said


@pytest.mark.parametrize("to", ["", "someone@xa.invalid", "+84000000678&to=+84000", "٠٩١٢٣٤٥٦٧٨"])
async def test_what_is_no_telephone_number_is_refused_and_nobody_is_asked(
    make: Make, server: SmsGatewayServer, to: str
) -> None:
    assert (await make().send(MESSAGE._replace(to=to))).outcome is Outcome.REFUSED
    assert server.asked == []


async def test_a_text_cannot_break_out_of_the_json(make: Make, server: SmsGatewayServer) -> None:
    await make(accents=True).send(MESSAGE._replace(body='", "to": "+84000"}\n\x00'))

    assert json.loads(server.asked[0].body)["text"] == '", "to": "+84000"}\n\x00'
