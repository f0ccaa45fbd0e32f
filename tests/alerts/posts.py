"""A desk with a sender, a clock that tests move, and channels that answer as told and keep what they were given."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, select

from sansang_alerts.delivery import Delivery
from sansang_alerts.desk import Desk
from sansang_alerts.fault import Fault, Happening, Report
from sansang_alerts.notice import Answer, Message, Outcome
from sansang_alerts.opening import Opened
from sansang_alerts.settings import AlertSettings
from sansang_alerts.tables import ATTEMPT, NOTIFICATION
from tests.support.faults import BEGAN

SENT = Answer(Outcome.SENT, "taken", reference="r-1")
AGAIN = Answer(Outcome.AGAIN, "busy")
REFUSED = Answer(Outcome.REFUSED, "no such address")
UNKNOWN = Answer(Outcome.UNKNOWN, "hung up")


class FakeChannel:
    """Takes everything, but for the answers it is told to give first; ``gate`` holds everything up while it is shut."""

    via: tuple[str, ...] = ()

    def __init__(self, id_: str, answers: Iterable[Answer] = ()) -> None:
        self.id = id_
        self.answers = list(answers)
        self.refuses: set[str] = set()
        self.got: list[Message] = []
        self.under_way = 0
        self.most_under_way = 0
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, message: Message) -> Answer:
        self.under_way += 1
        self.asked.set()
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
            self.got.append(message)
            if message.to in self.refuses:
                return REFUSED
            return self.answers.pop(0) if self.answers else SENT
        finally:
            self.under_way -= 1


class Kept(NamedTuple):
    """A message as its row says."""

    kind: str
    person: str
    state: str
    attempts: int
    said: str


class Post:
    """Alerts at work on one ledger."""

    def __init__(
        self, ledger: Opened, settings: AlertSettings, lease_s: float = 120.0, place: str = "", **more: Any
    ) -> None:
        self.now = BEGAN
        self.ledger = ledger
        self.desk = Desk(settings, **more)
        self.channels = {one.id: FakeChannel(one.id) for one in settings.channels}
        self.delivery = Delivery(ledger, self.desk, self.channels, lambda: self.now, lease_s=lease_s, place=place)
        self.sender = self.delivery.sender

    def report(self, happened: Happening, *faults: Fault) -> None:
        reports = [Report(one, happened, self.now) for one in faults]
        self.ledger.write_sync(lambda connection: self.desk.reports(connection, reports, self.now))

    async def passes(self, seconds: float) -> None:
        """Time, and what it brings is sent."""
        self.now += seconds
        await self.delivery.turn()
        await self.sender.drain()

    async def tell(self, happened: Happening, *faults: Fault) -> None:
        self.report(happened, *faults)
        await self.sender.drain()

    def got(self, channel: str = "mail") -> list[tuple[str, str]]:
        """Whom a channel was to tell, and of what: its message-id says which kind."""
        return [(one.to.split("@")[0], kind_of(one)) for one in self.channels[channel].got]

    def rows(self, wanted: Callable[[Any], bool] = lambda _: True) -> list[Kept]:
        with self.ledger.read() as connection:
            found = connection.execute(select(NOTIFICATION).order_by(NOTIFICATION.c.id)).all()
        return [Kept(one.kind, one.person, one.state, one.attempts, one.said) for one in found if wanted(one)]

    def attempts(self) -> Sequence[Row[Any]]:
        with self.ledger.read() as connection:
            return connection.execute(select(ATTEMPT).order_by(ATTEMPT.c.notification, ATTEMPT.c.number)).all()


def kind_of(message: Message) -> str:
    return message.message_id.split("-")[-2]
