"""What an SMS gateway tells by itself: only with the secret, in whatever form it has."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from sansang_alerts import sms_callbacks
from sansang_alerts.channels.sms_request import reference_of
from sansang_alerts.incoming import Heard
from sansang_alerts.ledger import Ledger
from sansang_alerts.notice import State
from sansang_alerts.settings import SmsChannel
from sansang_alerts.sms_callbacks import MOST_BYTES, Call, DeliveryReport, ForgedError, GarbledError
from sansang_alerts.tables import NOTIFICATION

SECRET = "a secret of reports"
SETTINGS = SmsChannel(id="sms", url="http://127.0.0.1/")
REPORT = DeliveryReport("gw-1", True, "DELIVRD")
NOW = 1_795_000_000.0


def call(query: str = "", body: bytes = b"", **headers: str) -> Call:
    return Call(query, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    "brought",
    [
        call("reference=gw-1&status=DELIVRD&secret=a+secret+of+reports"),
        call("reference=gw-1&status=DELIVRD", x_sansang_secret=SECRET),
        call("", b"reference=gw-1&status=DELIVRD", x_sansang_secret=SECRET),
        call("secret=a%20secret%20of%20reports", b'{"reference": "gw-1", "status": "DELIVRD"}'),
        call("", b'[{"reference": "gw-1", "status": "DELIVRD", "more": [1]}]', authorization=f"Bearer {SECRET}"),
    ],
)
def test_a_report_is_read_in_whatever_form_it_comes(brought: Call) -> None:
    assert sms_callbacks.delivery_report(SETTINGS, SECRET, brought) == REPORT


def test_its_fields_are_called_as_the_settings_say() -> None:
    settings = SmsChannel(
        id="sms", url="", report_reference="SMSID", report_status="SendStatus", report_delivered="^5$"
    )

    report = sms_callbacks.delivery_report(
        settings, SECRET, call("secret=a+secret+of+reports", b'{"SMSID":7,"SendStatus":5}')
    )

    assert report == DeliveryReport("7", True, "5")


@pytest.mark.parametrize(
    ("secret", "brought"),
    [
        (SECRET, call("reference=gw-1&status=DELIVRD")),
        (SECRET, call("reference=gw-1&status=DELIVRD&secret=")),
        (SECRET, call("reference=gw-1&status=DELIVRD&secret=a+guess")),
        (SECRET, call("reference=gw-1", x_sansang_secret="ä guess")),
        (SECRET, call("", b"secret=a+secret+of+reports&reference=gw-1")),
        ("", call("reference=gw-1&status=DELIVRD&secret=")),
        (SECRET, call("", b"\x00" * 10, authorization=SECRET)),
    ],
)
def test_who_does_not_bring_the_secret_is_not_listened_to(secret: str, brought: Call) -> None:
    with pytest.raises(ForgedError):
        sms_callbacks.delivery_report(SETTINGS, secret, brought)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "no JSON"),
        (b"[1, 2]", "no fields in the JSON"),
        (b"status=DELIVRD", "no field 'reference'"),
        (b"a" * (MOST_BYTES + 1), f"more than {MOST_BYTES} bytes"),
        (b"a=1&" * 60, "more than 50 fields"),
    ],
)
def test_garbage_is_said_to_be_that(body: bytes, why: str) -> None:
    with pytest.raises(GarbledError, match=why):
        sms_callbacks.delivery_report(SETTINGS, SECRET, call("", body, x_sansang_secret=SECRET))


@given(st.binary(max_size=300))
def test_any_body_is_a_report_or_garbage(body: bytes) -> None:
    try:
        report = sms_callbacks.delivery_report(SETTINGS, SECRET, call("", body, x_sansang_secret=SECRET))
    except GarbledError:
        return
    assert "\0" not in report.reference + report.said


def test_a_reply_says_whose_it_is() -> None:
    body = json.dumps({"from": "84000000678", "text": "M4T7QX"}).encode()

    assert sms_callbacks.reply(SETTINGS, SECRET, call("", body, x_sansang_secret=SECRET)) == Heard(
        "sms", "84000000678", "M4T7QX"
    )


def put(ledger: Ledger, **more: Any) -> int:
    row = {
        "kind": "opened", "team": "line", "person": "a", "channel": "sms", "address": "0000000001",
        "severity": "critical", "made_at": NOW, "due_at": NOW, "state": State.SENT.value, "message_id": "n1",
        "subject": "", "body": "text", "reference": "gw-1", **more,
    }  # fmt: skip
    number: int = ledger.write_sync(
        lambda connection: connection.scalars(NOTIFICATION.insert().values(row).returning(NOTIFICATION.c.id)).one()
    )
    return number


def record(ledger: Ledger, report: DeliveryReport = REPORT, now: float = NOW + 5, channel: str = "sms") -> bool:
    return ledger.write_sync(lambda connection: sms_callbacks.record(connection, channel, report, now))


def delivered_at(ledger: Ledger) -> float | None:
    with ledger.read() as connection:
        return connection.scalar(select(NOTIFICATION.c.delivered_at))


def test_a_delivery_is_noted_at_its_message_once(ledger: Ledger) -> None:
    put(ledger)

    assert record(ledger)
    assert not record(ledger, now=NOW + 99)
    assert delivered_at(ledger) == NOW + 5


def test_what_did_not_arrive_may_still_arrive(ledger: Ledger) -> None:
    put(ledger)

    assert record(ledger, DeliveryReport("gw-1", False, "EXPIRED"))
    assert delivered_at(ledger) is None
    assert record(ledger)


def test_a_report_may_come_before_we_have_written_that_it_was_taken(ledger: Ledger) -> None:
    put(ledger, state=State.SENDING.value, reference="")

    assert not record(ledger)
    assert record(ledger, REPORT._replace(reference=reference_of("n1")))
    assert delivered_at(ledger) == NOW + 5


def test_a_report_of_nothing_we_sent_is_of_nothing(ledger: Ledger) -> None:
    put(ledger, state=State.WAITING.value)

    assert not record(ledger)
    assert not record(ledger, DeliveryReport("gw-2", True, ""))
    assert not record(ledger, channel="another")
