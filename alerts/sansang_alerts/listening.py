"""Asks each Zalo bot for what people have written to it, and answers them: one task per bot, for as long as it runs.

A message that was fetched is gone at Zalo's: what is lost here is sent again by the person who gets no answer. Only
one program may listen to a bot.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import OperationalError

from .backoff import wait_s
from .channels.outgoing import OutgoingError
from .channels.zalo_api import Said, ZaloApi
from .channels.zalo_updates import heard
from .hearing import Hear, Reply
from .incoming import Heard

POLL_S = 25
"""How long Zalo is to wait for something to say."""
GRACE_S = 10.0
"""How much later than that its answer may come."""
_NOTHING_YET = 408
"""Nobody wrote anything."""

_HANDED_OVER = 400
"""What is said, too, while Zalo hands over what is written to some webhook."""

Sleep = Callable[[float], Awaitable[None]]
_log = logging.getLogger(__name__)


class Listener:
    """To one bot."""

    def __init__(self, channel: str, api: ZaloApi, hear: Hear, sleep: Sleep = asyncio.sleep) -> None:
        self._channel = channel
        self._api = api
        self._hear = hear
        self._sleep = sleep
        self._failures = 0

    async def run(self) -> None:
        """Until cancelled; waits longer and longer while it fails."""
        while True:
            if await self.once():
                self._failures = 0
                continue
            self._failures += 1
            await self._sleep(wait_s(self._failures, random.random()))  # noqa: S311  # it only spreads

    async def once(self) -> bool:
        """Ask once and answer everybody; whether the bot could be asked."""
        try:
            said = await self._api.ask("getUpdates", {"timeout": POLL_S}, POLL_S + GRACE_S)
        except OutgoingError as error:
            return self._failed(str(error))
        if not said.ok:
            return said.status == _NOTHING_YET or await self._refused(said)
        for message in heard(self._channel, said.result):
            await self.answer(message)
        return True

    async def answer(self, message: Heard) -> None:
        """Whoever wrote is answered; an answer that cannot be sent is not tried again."""
        try:
            replies = await self._hear(message)
        except OperationalError as error:
            # who gets no answer writes again
            _log.warning("channel %s: a message was lost, the ledger cannot be used: %s", self._channel, error.orig)
            return
        for reply in replies:
            await self._say(reply)

    async def _say(self, reply: Reply) -> None:
        with contextlib.suppress(OutgoingError):
            said: Said = await self._api.ask("sendMessage", {"chat_id": reply.chat, "text": reply.text})
            if not said.ok:
                _log.warning("channel %s: an answer was not taken: %s", self._channel, said.words)

    async def _refused(self, said: Said) -> bool:
        if said.status == _HANDED_OVER and not self._failures:
            # from another time: what is written would go to nobody
            with contextlib.suppress(OutgoingError):
                await self._api.ask("deleteWebhook", {})
        return self._failed(said.words)

    def _failed(self, why: str) -> bool:
        # once for each time it goes wrong, and not for each try
        if not self._failures:
            _log.warning("channel %s: cannot be listened to: %s", self._channel, why)
        return False


async def hand_over(api: ZaloApi, url: str, secret: str) -> str:
    """Let Zalo hand over what is written to ``url``, with ``secret``; what it has against that, or nothing."""
    try:
        said = await api.ask("setWebhook", {"url": url, "secret_token": secret})
    except OutgoingError as error:
        return str(error)
    return "" if said.ok else said.words
