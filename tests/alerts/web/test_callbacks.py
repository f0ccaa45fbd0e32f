"""What gateways and bots bring by themselves: with the channel's secret, and forged, garbled and replayed."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from sansang_alerts import alert_rows
from sansang_alerts.channels.outgoing import Outgoing
from sansang_alerts.channels.zalo import ZaloBot
from sansang_alerts.channels.zalo_api import ZaloApi
from sansang_alerts.channels.zalo_updates import SECRET_HEADER
from sansang_alerts.conversing import Conversations
from sansang_alerts.notice import State
from sansang_alerts.opening import Opened
from sansang_alerts.settings import SmsChannel, ZaloChannel
from sansang_alerts.sms_callbacks import MOST_BYTES
from sansang_alerts.tables import NOTIFICATION, PAIRING
from tests.alerts.desks import MAIL, settings
from tests.alerts.web.visiting import RING, House, secret
from tests.support.zalo_server import TOKEN, ZaloServer

SECRET = "a secret of callbacks"
BROUGHT = {"X-Sansang-Secret": SECRET}
ANYBODY = {"chat": {"id": "chat-a", "chat_type": "PRIVATE"}, "from": {"id": "chat-a"}, "message_id": "m1"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """One engine is enough for what no query tells apart."""
    return tmp_path / "alerts.db"


@pytest.fixture
def bot() -> Iterator[ZaloServer]:
    with ZaloServer("chat-a") as server:
        yield server


@pytest.fixture
async def house(ledger: Opened, tmp_path: Path, bot: ZaloServer) -> AsyncIterator[House]:
    file = secret(tmp_path, SECRET)
    token = tmp_path / "token"
    token.write_text(TOKEN, encoding="ascii")
    token.chmod(0o600)
    sms = SmsChannel(id="sms", url="http://127.0.0.1:1/", report_secret_file=file)
    deaf = SmsChannel(id="deaf", url="http://127.0.0.1:1/")
    zalo = ZaloChannel(id="zalo", token_file=str(token), webhook_secret_file=file, api=bot.url)
    outgoing = Outgoing()
    house = House(ledger, settings(MAIL, sms, deaf))
    house.channels["zalo"] = ZaloBot("zalo", ZaloApi(outgoing, TOKEN, bot.url))  # type: ignore[assignment]
    whole = settings(MAIL, sms, deaf, zalo)
    house.doors.conversations = Conversations(
        whole, ledger, house.desk, house.channels, lambda: house.now, house.doors.nudge
    )
    row = {"channel": "zalo", "person": "a", "chat": "chat-a", "paired_at": 0.0, "is_group": 0}
    ledger.write_sync(lambda connection: connection.execute(PAIRING.insert().values(row)))
    await house.open()
    yield house
    await outgoing.close()


def taken_by(house: House) -> tuple[str, str]:
    with house.ledger.read() as connection:
        found = alert_rows.of_fault(connection, RING)
    assert found is not None
    return found.standing.acknowledged_by, found.standing.acknowledged_how


async def call(house: House, path: str, **more: Any) -> int:
    return (await house.visitor.request(more.pop("method", "POST"), f"/api/v1/channels/{path}", **more)).status_code


async def test_an_answer_by_sms_takes_on_and_is_answered(house: House) -> None:
    fields = {"from": "+84000000001", "text": f"nhan {RING.code.lower()}"}

    assert await call(house, "sms/reply", data=fields, headers=BROUGHT) == 200

    assert taken_by(house) == ("a", "sms")
    assert "đã nhận xử lý sự cố M4T7QX" in house.channels["sms"].got[-1].body
    assert house.nudged == 1


async def test_a_stranger_is_sent_no_sms(house: House) -> None:
    before = len(house.channels["sms"].got)

    assert await call(house, "sms/reply", data={"from": "+84000000011", "text": RING.code}, headers=BROUGHT) == 200

    assert taken_by(house) == ("", "")
    assert len(house.channels["sms"].got) == before


async def test_who_guesses_codes_by_sms_is_soon_not_listened_to(house: House) -> None:
    for number in range(6):
        await call(house, "sms/reply", data={"from": "0000000001", "text": f"AB{number}C1D"}, headers=BROUGHT)
    await call(house, "sms/reply", data={"from": "0000000001", "text": RING.code}, headers=BROUGHT)

    assert taken_by(house) == ("", "")


async def test_a_delivery_report_is_noted_once(house: House) -> None:
    sent = update(NOTIFICATION).where(NOTIFICATION.c.channel == "sms")
    house.ledger.write_sync(lambda c: c.execute(sent.values(state=State.SENT.value, reference="gw-1")))
    query = {"reference": "gw-1", "status": "DELIVRD", "secret": SECRET}

    by_get = await call(house, "sms/delivery", method="GET", params=query)
    again = await call(house, "sms/delivery", json={"reference": "gw-1", "status": "DELIVRD"}, headers=BROUGHT)
    unknown = await call(house, "sms/delivery", json={"reference": "gw-9", "status": "DELIVRD"}, headers=BROUGHT)

    assert (by_get, again, unknown) == (200, 404, 404)


async def test_a_bot_hands_over_what_is_written_and_answers(house: House, bot: ZaloServer) -> None:
    body = {"ok": True, "result": {"message": ANYBODY | {"text": RING.code}, "event_name": "message.text.received"}}

    assert await call(house, "zalo/zalo", json=body, headers={SECRET_HEADER: SECRET}) == 200
    assert await call(house, "zalo/zalo", json=body, headers={SECRET_HEADER: SECRET}) == 200

    assert taken_by(house) == ("a", "zalo")
    assert [one.chat for one in bot.sent] == ["chat-a", "chat-a"]
    assert "đã nhận xử lý sự cố M4T7QX" in bot.sent[0].text


async def test_what_is_forged_is_refused_alike_wherever_it_knocks(house: House) -> None:
    body = json.dumps({"from": "0000000001", "text": RING.code, "reference": "gw-1", "message": ANYBODY})

    for path in ("sms/reply", "sms/delivery", "deaf/reply", "mail/reply", "none/delivery", "zalo/zalo", "x/zalo"):
        for headers in ({}, {"X-Sansang-Secret": "wrong"}, {SECRET_HEADER: "wrong"}, {SECRET_HEADER: ""}):
            assert await call(house, path, content=body, headers=headers) == 403, path
    assert taken_by(house) == ("", "")


async def test_what_is_garbled_is_refused_with_a_reason(house: House) -> None:
    for path in ("sms/reply", "sms/delivery"):
        for body in (b"{", b"[1, 2]", b"\xff" * 50, b"&".join(b"a%d=1" % n for n in range(60)), b"text=x"):
            assert await call(house, path, content=body, headers=BROUGHT) == 400
        assert await call(house, path, content=b"x" * (MOST_BYTES + 1), headers=BROUGHT) == 413
    for body in (b"", b"{", b"\xff\xfe"):
        assert await call(house, "zalo/zalo", content=body, headers={SECRET_HEADER: SECRET}) == 400
    odds: list[Any] = ["x", [], 7, {"message": 1}, {"message": ANYBODY | {"text": "x", "from": {"is_bot": True}}}]
    for odd in odds:
        assert await call(house, "zalo/zalo", json=odd, headers={SECRET_HEADER: SECRET}) == 200
    assert taken_by(house) == ("", "")


async def test_a_packed_body_is_not_unpacked(house: House) -> None:
    headers = BROUGHT | {"Content-Encoding": "gzip"}

    assert await call(house, "sms/reply", content=b"\x1f\x8b", headers=headers) == 415
