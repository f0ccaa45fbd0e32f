"""What people write to a Zalo bot, as ``getUpdates`` or a webhook brings it. Pure.

What is no message of text from a person is nothing; nothing in it is trusted beyond its form.
"""

import hmac
import re
from typing import Any

import msgspec

from sansang_alerts.incoming import LONGEST_TEXT, Heard

SECRET_HEADER = "X-Bot-Api-Secret-Token"  # noqa: S105  # the header's name
MOST = 100
"""Of one answer."""
_CHAT = re.compile(r"[A-Za-z0-9._-]{1,100}")


class _Chat(msgspec.Struct):
    id: str
    chat_type: str = "PRIVATE"


class _From(msgspec.Struct):
    id: str = ""
    is_bot: bool = False


class _Message(msgspec.Struct):
    chat: _Chat
    text: str
    from_: _From = msgspec.field(name="from", default_factory=_From)
    message_id: str = ""


class _Update(msgspec.Struct):
    message: _Message


def heard(channel: str, result: Any) -> list[Heard]:
    """The messages in ``result`` of an answer: one update, or a list of them."""
    updates = result if isinstance(result, list) else [result]
    found = (_message(channel, update) for update in updates[:MOST])
    return [message for message in found if message is not None]


def _message(channel: str, update: Any) -> Heard | None:
    try:
        message = msgspec.convert(update, _Update).message
    except msgspec.ValidationError:
        return None
    if message.from_.is_bot or not _CHAT.fullmatch(message.chat.id):
        return None
    is_group = message.chat.chat_type.upper() != "PRIVATE"
    return Heard(channel, message.chat.id, message.text[:LONGEST_TEXT], is_group, message.message_id[:100])


def pushed(channel: str, body: bytes) -> list[Heard]:
    """The same of a webhook's body, with or without ``{"ok": true, "result": …}`` around it; ValueError for no JSON."""
    try:
        whole = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise ValueError("no JSON") from None
    inner = whole.get("result", whole) if isinstance(whole, dict) else None
    return heard(channel, inner)


def is_from_zalo(secret: str, brought: str) -> bool:
    """Whether a webhook's caller knows the secret that ``setWebhook`` was given."""
    return bool(secret) and hmac.compare_digest(secret.encode(), brought.encode("utf-8", "replace"))
