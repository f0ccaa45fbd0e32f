"""Everything that comes back from people and gateways: bots that are asked, bots and gateways that call by themselves.

Who calls has to bring the channel's secret; what is answered is sent once, and not tried again.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sansang_agent.contract import secret_file

from . import sms_callbacks
from .backoff import wait_s
from .channels import Channel
from .channels.zalo import ZaloBot
from .channels.zalo_updates import is_from_zalo, pushed
from .hearing import Acknowledging, Hearing, Reply
from .incoming import Heard
from .ledger import Ledger
from .listening import Listener, hand_over
from .notice import Message
from .reach import same_number
from .settings import AlertSettings, SmsChannel, ZaloChannel
from .sms_callbacks import Call, ForgedError, GarbledError

_LOG = logging.getLogger(__name__)


class UnknownChannelError(Exception):
    """No channel of this id can be called so."""


class Conversations:
    """With everybody, through all channels of the settings; ``nudge`` follows whatever may have acknowledged."""

    def __init__(
        self,
        settings: AlertSettings,
        ledger: Ledger,
        desk: Acknowledging,
        channels: Mapping[str, Channel],
        clock: Callable[[], float] = time.time,
        nudge: Callable[[], None] = lambda: None,
    ) -> None:
        """Raises SecretError where a secret cannot be read."""
        self.settings = settings
        self._ledger, self._channels, self._clock, self._nudge = ledger, channels, clock, nudge
        bots = [one for one in settings.channels if isinstance(one, ZaloChannel)]
        keys = {bot.id: secret_file.read(Path(bot.token_file)).encode() for bot in bots}
        self.hearing = Hearing(settings, ledger, desk, keys, clock)
        self._listeners = {bot.id: self._listener(bot.id) for bot in bots}
        self._secrets = {bot.id: _secret(bot.webhook_secret_file) for bot in bots}
        self._gateways = {one.id: one for one in settings.channels if isinstance(one, SmsChannel)}
        self._secrets |= {one.id: _secret(one.report_secret_file) for one in self._gateways.values()}

    async def run(self) -> None:
        """Ask the bots that have to be asked, and have the others call, until cancelled."""
        async with asyncio.TaskGroup() as all_of_them:
            for id_, listener in self._listeners.items():
                all_of_them.create_task(self._have_called(id_) if self._secrets[id_] else listener.run())
            all_of_them.create_task(asyncio.Event().wait())

    async def _have_called(self, channel: str) -> None:
        """Tell Zalo where to call, until it has understood."""
        tries = 0
        while why := await self._refused(channel):
            tries += 1
            if tries == 1:
                _LOG.warning("channel %s: what is written to it does not come in: %s", channel, why)
            await asyncio.sleep(wait_s(tries, random.random()))  # noqa: S311  # it only spreads

    async def _refused(self, channel: str) -> str:
        if not self.settings.public_url:
            return "without public_url nobody can call"
        url = f"{self.settings.public_url.rstrip('/')}/api/v1/channels/{channel}/zalo"
        return await hand_over(self._bot(channel).api, url, self._secrets[channel])

    async def pushed(self, channel: str, secret: str, body: bytes) -> None:
        """Zalo hands over what was written. Raises UnknownChannelError, ForgedError, GarbledError."""
        listener = self._listeners.get(channel)
        if listener is None:
            raise UnknownChannelError
        if not is_from_zalo(self._secrets[channel], secret):
            raise ForgedError
        try:
            found = pushed(channel, body)
        except ValueError as error:
            raise GarbledError(str(error)) from None
        for message in found:
            await listener.answer(message)
        self._nudge()

    async def delivered(self, channel: str, call: Call) -> bool:
        """A gateway says what became of a message; whether it is one of ours. Raises as :meth:`pushed`."""
        report = sms_callbacks.delivery_report(self._gateway(channel), self._secrets[channel], call)
        return await self._ledger.write(lambda c: sms_callbacks.record(c, channel, report, self._clock()))

    async def replied(self, channel: str, call: Call) -> None:
        """A gateway hands over an answer by SMS. Raises as :meth:`pushed`."""
        heard = sms_callbacks.reply(self._gateway(channel), self._secrets[channel], call)
        replies = await self.hearing.hear(heard)
        self._nudge()
        for reply in replies:
            # an SMS costs: strangers get none
            if any(same_number(one.phone, reply.chat) for one in self.settings.people):
                await self._send(channel, reply)

    async def _send(self, channel: str, reply: Reply) -> None:
        now = self._clock()
        message = Message(reply.chat, "", reply.text, f"<answer-{now:.3f}@sansang>")
        await self._channels[channel].send(message)

    def _gateway(self, channel: str) -> SmsChannel:
        found = self._gateways.get(channel)
        if found is None:
            raise UnknownChannelError
        return found

    def _listener(self, channel: str) -> Listener:
        return Listener(channel, self._bot(channel).api, self._hear)

    def _bot(self, channel: str) -> ZaloBot:
        bot = self._channels[channel]
        assert isinstance(bot, ZaloBot)
        return bot

    async def _hear(self, heard: Heard) -> list[Reply]:
        replies = await self.hearing.hear(heard)
        self._nudge()
        return replies


def _secret(file: str) -> str:
    return secret_file.read(Path(file)) if file else ""
