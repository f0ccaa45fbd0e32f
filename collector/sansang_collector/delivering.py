"""Tells people of incidents while the collector runs: the alerts' desk, sender and doors on the collector's own ledger.

Nothing of it waits for people or their mail servers; what goes wrong with it is tried again, and holds back nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from sansang_agent.contract import secret_file
from sansang_agent.contract.secret_file import SecretError
from sansang_alerts import claim, claims, keys, loading
from sansang_alerts.alert_rows import Kept
from sansang_alerts.channels import building
from sansang_alerts.channels.building import BuildError, Channels
from sansang_alerts.channels.outgoing import DEADLINE_S, Outgoing
from sansang_alerts.conversing import Conversations
from sansang_alerts.delivery import Delivery
from sansang_alerts.desk import Desk
from sansang_alerts.links import Links
from sansang_alerts.notice import State
from sansang_alerts.settings import AlertSettings
from sansang_alerts.tables import NOTIFICATION
from sansang_alerts.web.doors import Doors

from . import taking_on
from .commune import Places
from .incidents.speech import Says
from .inventory.in_force import InForce
from .news import News
from .posting import Members, Posting
from .settings import CollectorSettings
from .silencing import Silencing
from .store import Store
from .telling import Telling
from .told_reports import Words

_LOG = logging.getLogger(__name__)

LANGUAGES = ("vi", "en")
RETRY_S = 5.0
SECRETS_RETRY_S = 60.0
Speak = Callable[[str, Places], Says]
"""What a language says, with the names of places; pages' phrases do."""


class Around(NamedTuple):
    """What of the running collector is needed."""

    store: Store
    news: News
    inventory: InForce
    now: Callable[[], float]
    speak: Speak


def settings_of(settings: CollectorSettings) -> AlertSettings | None:
    """The file that ``alerts`` names, with the collector's own address for links; None where nobody is to be told.

    Raises SettingsError.
    """
    if not settings.tells:
        return None
    found = loading.load(Path(settings.alerts))
    return msgspec.structs.replace(found, public_url=found.public_url or settings.public_url)


class Alerts:
    """One collector's; :meth:`run` is its task."""

    def __init__(self, around: Around, own: CollectorSettings, settings: AlertSettings) -> None:
        """The collector's folder keeps the keys of links and of the webhook; raises SecretError."""
        folder, announced = own.folder, own.delivery == "alertmanager"
        self.settings = settings
        self.store = around.store
        self.doors: Doors | None = None
        """What others come in by; there is none before the channels are made."""
        self._now = around.now
        self._links = Links(keys.kept(folder / "link.key"), settings.public_url)
        self._token = keys.kept(folder / "alertmanager.token")
        self.desk = Desk(settings, link=self._links.link, acknowledged=self._acknowledged, announced=announced)
        self.delivery = Delivery(around.store, self.desk, {}, around.now, place=claim.name_of(folder))
        """Its channels are made when it runs."""
        self.telling = Telling(
            around.store,
            around.news,
            self.desk,
            lambda: words(around.inventory, around.speak),
            around.now,
            self._handed,
        )
        self._own = own
        self._posting: Posting | None = None
        self._channels: Channels | None = None
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Follow the incidents and send, until cancelled."""
        try:
            await self._begin()
            while True:
                try:
                    await self._work()
                except Exception:  # noqa: BLE001  # a channel's or a message's trouble must not end all telling
                    _LOG.exception("people are not told just now; trying again")
                    await asyncio.sleep(RETRY_S)
        finally:
            if self._channels is not None:
                await self._channels.close()

    def take_over(self, settings: AlertSettings) -> None:
        """Go on with newer settings; on the event loop. Who was told stays told."""
        self.settings = self.desk.settings = settings
        self._links.public_url = settings.public_url
        self._changed.set()

    async def settled(self) -> None:
        """Wait until all that happened has been handed over and sent; for clocks that stand still meanwhile."""
        await self.telling.settled()
        while await self.delivery.turn():
            pass
        self.delivery.nudge()
        while self._is_sending():  # noqa: ASYNC110  # rows tell nobody
            await asyncio.sleep(0.01)

    def _is_sending(self) -> bool:
        with self.store.read() as connection:
            is_under_way = select(NOTIFICATION.c.id).where(NOTIFICATION.c.state == State.SENDING.value).limit(1)
            due = claims.is_anything_due(connection, self._now())
            return due or connection.scalar(is_under_way) is not None

    async def _begin(self) -> None:
        """Messages wait until their channels can be made."""
        while self._channels is None:
            self._build()
            if self._channels is None:
                await asyncio.sleep(SECRETS_RETRY_S)

    def _handed(self) -> None:
        """Something was handed to the desk."""
        self.delivery.nudge()
        if self._posting is not None:
            self._posting.nudge()

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            if self._own.delivery == "alertmanager":
                tasks.create_task(self._announce())
            tasks.create_task(self.telling.follow())
            tasks.create_task(self._take_on())
            tasks.create_task(self.delivery.run())
            tasks.create_task(self._converse(tasks))

    async def _take_on(self) -> None:
        """What was taken on by another program on this ledger is a deed too, also while this one did not run."""
        while True:
            with self.store.read() as connection:
                found = taking_on.taken_elsewhere(connection)
            for one in found:
                at = one.standing.acknowledged_at or self._now()
                await self.store.write(lambda it, one=one, at=at: self._acknowledged(it, one, at))  # type: ignore[misc]
            await asyncio.sleep(RETRY_S)

    async def _announce(self) -> None:
        """Hand incidents and planned work to the Alertmanagers."""
        token = secret_file.read(Path(self._own.alertmanager_token_file)) if self._own.alertmanager_token_file else ""
        async with Outgoing(self._own.alertmanager_ca) as outgoing, asyncio.TaskGroup() as tasks:
            members = Members(self._own.alertmanagers, outgoing, token)
            address = self.settings.public_url or self._own.address
            self._posting = Posting(self.store, members, address, self._now, self._release)
            tasks.create_task(self._posting.run())
            tasks.create_task(Silencing(self.store, members, self._now).run())

    async def _release(self, codes: Sequence[str]) -> None:
        """No Alertmanager answers: people are told without them."""
        now = self._now()
        await self.store.write(lambda connection: [self.desk.release(connection, code, now) for code in codes])
        self.delivery.nudge()

    async def _converse(self, tasks: asyncio.TaskGroup) -> None:
        """Listen to the bots; anew, with new channels, when the settings have changed."""
        while True:
            assert self.doors is not None
            listening = tasks.create_task(self.doors.conversations.run())
            await self._changed.wait()
            self._changed.clear()
            listening.cancel()
            before = self._channels
            self._build()
            if before is not None and self._channels is not before:
                tasks.create_task(_close_later(before))

    def _build(self) -> None:
        """Make the channels of the settings, and what others come in by; with mistakes those that there were stay."""
        try:
            made = building.build(self.settings.channels)
            conversations = Conversations(self.settings, self.store, self.desk, made, self._now, self.delivery.nudge)
        except (BuildError, SecretError) as error:
            _LOG.error("channels cannot be used:\n%s", error)
            return
        self._channels = self.delivery.sender.channels = made
        self.doors = Doors(
            self.store,
            self.desk,
            self.delivery.nudge,
            self._links,
            token=self._token,
            conversations=conversations,
            clock=self._now,
        )

    def _acknowledged(self, connection: Connection, alert: Kept, at: float) -> None:
        """Somebody has answered a message."""
        taking_on.take_on(connection, alert, self.settings, at)


async def _close_later(channels: Channels) -> None:
    """What is under way is still sent by them."""
    await asyncio.sleep(DEADLINE_S * 2)
    await channels.close()


def words(inventory: InForce, speak: Speak) -> Words:
    """What people are told in, by the inventory in force."""
    return Words(inventory.naming, [speak(language, inventory.places) for language in LANGUAGES])
