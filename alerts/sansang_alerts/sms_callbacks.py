"""What an SMS gateway tells us by itself: that a message arrived, or that somebody answered. Each gateway has its own
fields, so the settings name them; who does not bring the secret is not listened to.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from sqlalchemy import ColumnElement, Connection, select, update

from .channels.sms_request import reference_of
from .incoming import LONGEST_TEXT, Heard
from .notice import State
from .settings import SmsChannel
from .tables import NOTIFICATION

SECRET_HEADER = "X-Sansang-Secret"  # noqa: S105  # the header's name
SECRET_FIELD = "secret"  # noqa: S105  # the field's name, for gateways that can set no header
MOST_BYTES = 16_384
MOST_FIELDS = 50


class ForgedError(Exception):
    """It does not bring the secret, or none is configured."""


class GarbledError(Exception):
    """It cannot be read; ``str()`` says why."""


class Call(NamedTuple):
    """A request of the gateway's."""

    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class DeliveryReport(NamedTuple):
    """What became of a message."""

    reference: str
    delivered: bool
    said: str


def fields(call: Call, secret: str) -> dict[str, str]:
    """All that it says; raises :class:`ForgedError` before anything of the body is read, :class:`GarbledError`."""
    asked = _form(call.query)
    brought = call.headers.get(SECRET_HEADER.lower()) or asked.pop(SECRET_FIELD, "")
    bearer = call.headers.get("authorization", "")
    if bearer[:7].lower() == "bearer ":
        brought = brought or bearer[7:].strip()
    if not secret or not hmac.compare_digest(secret.encode(), brought.encode("utf-8", "replace")):
        raise ForgedError
    if len(call.body) > MOST_BYTES:
        raise GarbledError(f"more than {MOST_BYTES} bytes")
    return {name: value.replace("\0", "") for name, value in (asked | _body(call)).items()}


def _body(call: Call) -> dict[str, str]:
    if not call.body.strip():
        return {}
    if call.body.lstrip()[:1] not in (b"{", b"["):
        return _form(call.body.decode("utf-8", "replace"))
    try:
        found: Any = msgspec.json.decode(call.body)
    except msgspec.DecodeError:
        raise GarbledError("no JSON") from None
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict):
        raise GarbledError("no fields in the JSON")
    return {key: _plain(value) for key, value in found.items() if isinstance(value, str | int | float)}


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _form(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise GarbledError(f"more than {MOST_FIELDS} fields") from None


def delivery_report(settings: SmsChannel, secret: str, call: Call) -> DeliveryReport:
    """What a report says; raises :class:`ForgedError`, :class:`GarbledError`."""
    found = fields(call, secret)
    reference, status = found.get(settings.report_reference, ""), found.get(settings.report_status, "")
    if not reference:
        raise GarbledError(f"no field {settings.report_reference!r}")
    return DeliveryReport(reference[:100], bool(re.search(settings.report_delivered, status)), status[:100])


def reply(settings: SmsChannel, secret: str, call: Call) -> Heard:
    """What somebody answered; raises :class:`ForgedError`, :class:`GarbledError`."""
    found = fields(call, secret)
    sender, text = found.get(settings.reply_from, ""), found.get(settings.reply_text, "")
    if not sender or not text:
        raise GarbledError(f"no field {settings.reply_text if sender else settings.reply_from!r}")
    return Heard(settings.id, sender[:40], text[:LONGEST_TEXT])


def record(connection: Connection, channel: str, report: DeliveryReport, now: float) -> bool:
    """Note it at the message; False where no message of this channel is called so, or its arrival is known already."""
    values: dict[str, Any] = {"said": f"delivery report: {report.said}"}
    if report.delivered:
        values["delivered_at"] = now
    ours = [NOTIFICATION.c.channel == channel, NOTIFICATION.c.delivered_at.is_(None)]
    sent = (NOTIFICATION.c.reference == report.reference, NOTIFICATION.c.state == State.SENT)
    done = connection.execute(update(NOTIFICATION).where(*ours, *sent).values(values))
    return done.rowcount > 0 or _record_early(connection, ours, report.reference, values)


def _record_early(
    connection: Connection, ours: list[ColumnElement[bool]], reference: str, values: dict[str, Any]
) -> bool:
    """A gateway may be quicker than we write down that it took the message: only our own name for it is known then."""
    leaving = select(NOTIFICATION.c.id, NOTIFICATION.c.message_id).where(*ours, NOTIFICATION.c.state == State.SENDING)
    for row in connection.execute(leaving).all():
        if reference_of(row.message_id) == reference:
            connection.execute(update(NOTIFICATION).where(NOTIFICATION.c.id == row.id).values(values))
            return True
    return False
