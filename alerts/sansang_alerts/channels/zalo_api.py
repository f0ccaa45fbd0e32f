"""Asks a Zalo bot's methods, and reads what they answer: an error may come with status 200.

Every answer is ``{"ok": true, "result": …}`` or ``{"ok": false, "error_code": …, "description": …}``.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from .hiding import scrubber
from .judging import after_s
from .outgoing import NoAnswerError, Outgoing, Request

API = "https://bot-api.zaloplatforms.com"


class _Answer(msgspec.Struct):
    """As far as anybody needs it."""

    ok: bool
    result: Any = None
    error_code: int = 0
    description: str = ""


class Said(NamedTuple):
    """What a method answered."""

    ok: bool
    status: int
    """Zalo's own code of an error, or HTTP's."""
    words: str
    """For whoever looks into it, without the token."""
    result: Any = None
    after_s: float | None = None


class ZaloApi:
    """One bot."""

    def __init__(self, outgoing: Outgoing, token: str, api: str = API, now: Callable[[], float] = time.time) -> None:
        self._outgoing = outgoing
        self._address = f"{api.rstrip('/')}/bot{token}"
        self._scrub = scrubber(token, token.rpartition(":")[2])
        self._now = now

    async def ask(self, method: str, parameters: dict[str, Any], deadline_s: float | None = None) -> Said:
        """Raises :class:`outgoing.OutgoingError`, also where what came back is no answer of a bot."""
        request = Request(
            "POST",
            f"{self._address}/{method}",
            {"Content-Type": "application/json"},
            msgspec.json.encode(parameters),
        )
        reply = await self._outgoing.ask(request, deadline_s)
        waits = after_s(reply.headers, self._now())
        try:
            answer = msgspec.json.decode(reply.body, type=_Answer)
        except msgspec.DecodeError:
            words = f"{reply.status}: {self._scrub(reply.body)}"
            if 200 <= reply.status < 300:
                raise NoAnswerError(f"what came back is no answer of a Zalo bot: {words}") from None
            return Said(False, reply.status, words, after_s=waits)
        if answer.ok and 200 <= reply.status < 300:
            return Said(True, reply.status, "", answer.result)
        status = answer.error_code if 300 <= answer.error_code <= 599 else max(reply.status, 300)
        return Said(False, status, f"{status}: {self._scrub(answer.description)}", after_s=waits)
