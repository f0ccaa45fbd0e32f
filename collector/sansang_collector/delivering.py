"""Tells people of incidents while the collector runs: the alerts' desk and sender on the collector's own ledger.

Nothing of it waits for people or their mail servers; what goes wrong with it is tried again, and holds back nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from sansang_alerts import claims, loading
from sansang_alerts.alert_rows import Kept
from sansang_alerts.channels import building
from sansang_alerts.channels.building import BuildError, Channels
from sansang_alerts.channels.outgoing import DEADLINE_S
from sansang_alerts.delivery import Delivery
from sansang_alerts.desk import Desk
from sansang_alerts.fault import Source
from sansang_alerts.notice import State
from sansang_alerts.reach import person_of
from sansang_alerts.settings import AlertSettings
from sansang_alerts.tables import NOTIFICATION

from .commune import Places
from .incidents import deeds, situation_rows
from .incidents.deed_words import IncidentError
from .incidents.deeds import By
from .incidents.speech import Says
from .incidents.tables import SITUATION
from .inventory.in_force import InForce
from .news import News
from .settings import CollectorSettings
from .store import Store
from .telling import Telling
from .told_reports import Words

_LOG = logging.getLogger(__name__)

LANGUAGES = ("vi", "en")
RETRY_S = 5.0
Speak = Callable[[str, Places], Says]
"""What a language says, with the names of places; pages' phrases do."""


def settings_of(settings: CollectorSettings) -> AlertSettings | None:
    """The file that ``alerts`` names, with the collector's own address for links; None where nobody is to be told.

    Raises SettingsError.
    """
    if settings.delivery == "off" or not settings.alerts:
        return None
    found = loading.load(Path(settings.alerts))
    return msgspec.structs.replace(found, public_url=found.public_url or settings.public_url)


class Alerts:
    """One collector's; :meth:`run` is its task."""

    def __init__(
        self,
        store: Store,
        news: News,
        inventory: InForce,
        now: Callable[[], float],
        settings: AlertSettings,
        speak: Speak,
        *,
        announced: bool = False,
    ) -> None:
        self.settings = settings
        self.store = store
        self._now = now
        self.desk = Desk(settings, acknowledged=self._acknowledged, announced=announced)
        self.delivery = Delivery(store, self.desk, {}, now, alone=True)
        """Its channels are made when it runs."""
        self.telling = Telling(store, news, self.desk, lambda: words(inventory, speak), now, self.delivery.nudge)
        self._channels: Channels | None = None
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Follow the incidents and send, until cancelled."""
        try:
            self._build()
            while True:
                try:
                    await self._work()
                except Exception:  # noqa: BLE001  # a channel's or a message's trouble must not end all telling
                    _LOG.exception("people are not told just now; trying again")
                    await asyncio.sleep(RETRY_S)
        finally:
            await self._close()

    def take_over(self, settings: AlertSettings) -> None:
        """Go on with newer settings; on the event loop. Who was told stays told."""
        self.settings = self.desk.settings = settings
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

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.telling.follow())
            tasks.create_task(self.delivery.run())
            tasks.create_task(self._renew())

    async def _renew(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            before = self._channels
            self._build()
            if before is not None and self._channels is not before:
                await asyncio.sleep(DEADLINE_S * 2)  # what is under way is still sent by them
                await before.close()

    def _build(self) -> None:
        """Make the channels of the settings; with mistakes those that there were stay."""
        try:
            made = building.build(self.settings.channels)
        except BuildError as error:
            _LOG.error("channels cannot be used:\n%s", error)
        else:
            self._channels = self.delivery.sender.channels = made

    async def _close(self) -> None:
        if self._channels is not None:
            await self._channels.close()

    def _acknowledged(self, connection: Connection, alert: Kept, at: float) -> None:
        """Somebody has answered a message: that is a deed of the incident too."""
        take_on(connection, alert, self.settings, at)


def words(inventory: InForce, speak: Speak) -> Words:
    """What people are told in, by the inventory in force."""
    return Words(inventory.naming, [speak(language, inventory.places) for language in LANGUAGES])


def take_on(connection: Connection, alert: Kept, settings: AlertSettings, at: float) -> None:
    """Acknowledge the incident of an alert, or all of its situation; whoever was faster stays named."""
    who = alert.standing.acknowledged_by
    person = person_of(settings.people, who)
    by = By(person.name if person else who, at)
    for number in _incidents_of(connection, alert):
        try:
            deeds.acknowledge(connection, number, by)
        except IncidentError as error:
            _LOG.info("incident %d stays as it is: %s", number, error)


def _incidents_of(connection: Connection, alert: Kept) -> tuple[int, ...]:
    fault = alert.standing.fault
    if fault.source is Source.INCIDENT:
        return (int(fault.key),)
    if fault.source is not Source.SITUATION:
        return ()
    found = situation_rows.read(connection, SITUATION.c.id == int(fault.key))
    return tuple(number for one in found for number in one.incidents)
