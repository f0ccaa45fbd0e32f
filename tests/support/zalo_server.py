"""A stand-in of the Zalo Bot Platform: sendMessage, getUpdates (long polls), setWebhook; errors come with 200, too."""

import json
import ssl
import urllib.request
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.support.http_stand_in import Asked, Behaviour, HttpStandIn, Says

TOKEN = "1459232241454765289:a-token-of-tests-only"


class Sent(NamedTuple):
    """A message that the bot sent to somebody."""

    chat: str
    text: str


class ZaloServer(HttpStandIn):
    """One bot. ``chats`` are those that have written to it: nobody else can be written to."""

    def __init__(self, *chats: str, token: str = TOKEN, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.token = token
        self.chats = set(chats)
        self.sent: list[Sent] = []
        self.webhook: tuple[str, str] | None = None
        self._written: deque[dict[str, Any]] = deque()
        self._numbers = 0

    def write(self, chat: str, text: str, *, group: bool = False, person: str = "") -> None:
        """Somebody writes to the bot."""
        self.chats.add(chat)
        self._numbers += 1
        message = {
            "from": {"id": person or chat, "display_name": "Somebody", "is_bot": False},
            "chat": {"id": chat, "chat_type": "GROUP" if group else "PRIVATE"},
            "text": text,
            "message_id": f"m{self._numbers}",
            "date": 1_795_000_000_000 + self._numbers,
        }
        update = {"message": message, "event_name": "message.text.received"}
        if self.webhook is not None:
            self._push(update)
            return
        with self._news:
            self._written.append(update)
            self._news.notify_all()

    def answer(self, asked: Asked) -> Behaviour:
        begin = f"/bot{self.token}/"
        if not asked.path.startswith(begin):
            return _error(401, "Unauthorized")
        given = json.loads(asked.body or b"{}")
        methods: dict[str, Callable[[dict[str, Any]], Says]] = {
            "sendMessage": self._send_message,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getMe": lambda _: _result({"id": self.token.partition(":")[0], "account_name": "bot.Test"}),
        }
        method = methods.get(asked.path[len(begin) :])
        return method(given) if method else _error(404, "Not found")

    def _send_message(self, given: dict[str, Any]) -> Says:
        if given.get("chat_id") not in self.chats:
            return _error(400, "Bad Request: chat not found")
        if not 0 < len(given.get("text", "").encode("utf-16-le")) // 2 <= 2000:
            return _error(400, "Bad Request: text must be of 1 to 2000 characters")
        self.sent.append(Sent(given["chat_id"], given["text"]))
        return _result({"message_id": f"s{len(self.sent)}", "date": 1_795_000_000_000})

    def _get_updates(self, given: dict[str, Any]) -> Says:
        if self.webhook is not None:
            return _error(400, "Bad Request: a webhook is set")
        with self._news:
            ready = self._news.wait_for(
                lambda: bool(self._written) or self._over.is_set(), float(given.get("timeout", 30))
            )
            return _result(self._written.popleft()) if ready and self._written else _error(408, "Request timeout")

    def _set_webhook(self, given: dict[str, Any]) -> Says:
        if not 8 <= len(given.get("secret_token", "")) <= 256:
            return _error(400, "Bad Request: secret_token")
        self.webhook = given["url"], given["secret_token"]
        return _result({"url": given["url"], "updated_at": 1_795_000_000_000})

    def _delete_webhook(self, _: dict[str, Any]) -> Says:
        self.webhook = None
        return _result({"url": "", "updated_at": 1_795_000_000_000})

    def _push(self, update: dict[str, Any]) -> None:
        assert self.webhook is not None
        url, secret = self.webhook
        body = json.dumps({"ok": True, "result": update}).encode()
        headers = {"Content-Type": "application/json", "X-Bot-Api-Secret-Token": secret}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as response:
            response.read()


def _result(result: dict[str, Any]) -> Says:
    return Says(body=json.dumps({"ok": True, "result": result}).encode(), headers={"Content-Type": "application/json"})


def _error(code: int, description: str) -> Says:
    """With status 200, as a part of the real errors comes."""
    return Says(body=json.dumps({"ok": False, "error_code": code, "description": description}).encode())
