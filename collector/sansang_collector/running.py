"""The collector while it runs: its settings, its files, its clock, and what it knows of itself.

Routes find it as ``request.app.state.collector``.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping

from sansang_alerts import schema as alert_tables

from . import assignments, audit_end, consumers, delivering, retention, watching
from .agent_facts import Wanted
from .assignments import Assignments
from .board import Board
from .consumers import BATCH_SECONDS, Consumer
from .delivering import Alerts, Around, Speak
from .diagnosing import Diagnosis
from .enrolment import Enrolment
from .expected import NOTHING_USUAL, Usual
from .habits import HabitWatch, Learned
from .history import History
from .incidents import evidence_rows
from .incidents.closer_look import CloserLook
from .incidents.revising import Revising
from .inventory.calendars import Calendar
from .inventory.in_force import InForce
from .liveness import Present
from .log import ReportLog
from .login import Login
from .news import News
from .renewal import TokenKeeper
from .request_desk import RequestDesk
from .roster import Roster, keep_ready
from .rounds import LEISURE_SECONDS
from .second_opinion import SecondOpinion
from .settings import CollectorSettings
from .silence import SilenceWatch
from .state import State
from .store import Store
from .tls_identity import NO_TLS, TlsIdentity

_LOG = logging.getLogger(__name__)

RUNGS_PUT_OFF_S = 15.0
"""A report's time: how long the intervals of rungs may stay behind those of checks while nothing changes."""


class Collector:
    """Opens the files when made; :meth:`start` sets the consumers going, :meth:`stop` ends everything cleanly."""

    settings: CollectorSettings
    store: Store
    log: ReportLog
    now: Callable[[], float]
    """The wall clock, Unix seconds."""
    news: News
    answers: Counter[str]
    """Answers to reports by HTTP status."""
    refused: Counter[str]
    """Records refused, by why."""
    taken: int
    """Reports taken into the log."""
    state: State
    assignments: Assignments
    """What each agent is to do."""
    roster: Roster
    """Every machine's row, for lists of the whole fleet."""
    consumers: tuple[Consumer, ...]
    """All of them, ``state`` included."""
    inventory: InForce
    diagnosis: Diagnosis
    """Finds out what broke."""
    board: Board
    """Which communes can serve."""
    wanted: Wanted
    """What the centre has assigned to each agent; asked at every scrape, from any thread."""
    usual: Usual
    """When people work, as far as it is known; replaced whole, read from any thread."""
    desk: RequestDesk
    """Requests that machines have not answered yet."""
    tokens: TokenKeeper
    """Renews tokens, and ends those that two machines use."""
    second_opinion: SecondOpinion
    """Asks another machine where only one says that a service is not reached."""
    revising: Revising
    """Corrects incidents by what arrives later."""
    closer_look: CloserLook
    """Has machines look again while an incident is young."""
    login: Login
    """Names and passwords."""
    enrolment: Enrolment
    """Answers machines that are not in yet."""
    alerts: Alerts | None
    """Tells people; None where the settings name nobody."""
    tls_identity: TlsIdentity
    """What the server shows of itself now; replaced whole, read from any thread."""

    def __init__(
        self,
        settings: CollectorSettings,
        now: Callable[[], float],
        batch_s: float = BATCH_SECONDS,
        speak: Speak | None = None,
    ) -> None:
        """``speak``: what people are told in; nobody is told of anything without it."""
        self.settings = settings
        self.now = now
        self._started_at = now()
        self.news = News()
        self.tls_identity = NO_TLS
        self.answers = Counter()
        self.refused = Counter()
        self.taken = 0
        self.store = Store(settings.folder)
        try:
            self.store.write_sync(alert_tables.migrate)
            with self.store.read() as connection:
                after = max(consumers.furthest(connection), evidence_rows.position(connection))
            self.log = ReportLog(settings.folder, after)
        except Exception:
            self.store.close()
            raise
        self.inventory = InForce(self.store, now)
        self.board = Board(self.inventory)
        self.state = State()
        self.assignments = Assignments()
        self.wanted = self.assignments.hash_of
        self.roster = Roster(self.wanted)
        self.consumers = (self.state, History(RUNGS_PUT_OFF_S))
        self._batch_s = batch_s
        self.usual = NOTHING_USUAL
        self._calendars: Mapping[str, Calendar] = {}
        self._habits: Mapping[str, bytes] = {}
        self.desk = RequestDesk(self.store, now)
        self.tokens = TokenKeeper(
            self.store,
            self.news,
            now,
            days=lambda: self.settings.token_days,
            on_shut_out=self.roster.forget_standing,
        )
        self.second_opinion = SecondOpinion(self.store, self.board, self.inventory, self.present)
        self.diagnosis = Diagnosis(
            self.store, self.log, self.news, self.inventory, self.board, self.present, batch_s=batch_s
        )
        self.revising = Revising(self.store, lambda: self.diagnosis.graph, now, self.log)
        self.closer_look = CloserLook(self.store, self.inventory, lambda: self.diagnosis.graph, now)
        self.login = Login(self.store, now)
        self.enrolment = Enrolment(self.store, now)
        self._speak = speak
        self.alerts = self._telling_people(speak)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def _telling_people(self, speak: Speak | None) -> Alerts | None:
        found = delivering.settings_of(self.settings)
        if found is None or speak is None:
            return None
        around = Around(self.store, self.news, self.inventory, self.now, speak)
        return Alerts(around, self.settings, found)

    def take_over(self, settings: CollectorSettings) -> None:
        """Go on with newer settings; from any thread. Raises SettingsError for the file that says who is told."""
        found = delivering.settings_of(settings)
        self.settings = settings
        if self.alerts is not None and found is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self.alerts.take_over, found)

    def present(self) -> Present:
        """What views of the ledger are made for; a clock set back begins to listen anew."""
        now = self.now()
        self._started_at = min(self._started_at, now)
        return Present(now, self._started_at, self.usual)

    def know_calendars(self, calendars: Mapping[str, Calendar]) -> None:
        """Take over when each commune's centre is open, by code."""
        self._calendars = calendars
        self.usual = Usual(self._calendars, self._habits)

    def _know_habits(self, learned: Learned) -> None:
        self._habits = learned.habits
        self.usual = Usual(self._calendars, self._habits)

    def incidents_touched(self) -> None:
        """Somebody did something about an incident; from any thread."""
        self.diagnosis.touched()

    @property
    def ready(self) -> bool:
        """Whether reports can be taken: files migrated (or this object would not exist) and the log writer alive."""
        return self.log.alive and bool(self._tasks) and not self.news.closed

    async def start(self) -> None:
        """Start the consumers on the running event loop."""
        self._started_at = self.now()
        await asyncio.to_thread(assignments.look, self.assignments, self.store, self.inventory.version)
        await self.tokens.look()
        self._loop = loop = asyncio.get_running_loop()
        wakes = [asyncio.Event() for _ in self.consumers]
        everyone = [*wakes, self.diagnosis.wake]
        self.log.on_commit = lambda: [loop.call_soon_threadsafe(wake.set) for wake in everyone]
        for consumer, wake in zip(self.consumers, wakes, strict=True):
            follow = consumers.follow(consumer, self.log, self.store, self.news, self.now, wake, batch_s=self._batch_s)
            self._tasks.append(asyncio.create_task(follow, name=consumer.name))
        self._tasks.append(asyncio.create_task(self.diagnosis.follow(), name="diagnosis"))
        keep = retention.keeping_bounded(
            self.log,
            self.store,
            self.consumers,
            lambda: self.settings.retention,
            lambda: self.alerts.settings if self.alerts is not None else None,
            self.now,
        )
        for name, rounds in (
            ("retention", keep),
            ("liveness", SilenceWatch(self.store, self.news, self.present).rounds),
            ("second opinion", self.second_opinion.rounds),
        ):
            self._tasks.append(asyncio.create_task(rounds.follow(LEISURE_SECONDS), name=name))
        learn = HabitWatch(self.store, self.present, self._know_habits).rounds.follow(LEISURE_SECONDS, at_once=True)
        self._tasks.append(asyncio.create_task(learn, name="habits"))
        self._tasks.append(asyncio.create_task(self.desk.follow(), name="requests"))
        self._tasks.append(asyncio.create_task(self.tokens.follow(), name="tokens"))
        self._tasks.append(asyncio.create_task(self.revising.rounds.follow(self._batch_s), name="revising"))
        closer = self.closer_look.rounds.follow(self._batch_s)
        self._tasks.append(asyncio.create_task(closer, name="closer look"))
        current = assignments.keep_current(self.assignments, self.store, lambda: self.inventory.version)
        self._tasks.append(asyncio.create_task(current, name="assignments"))
        self._tasks.append(asyncio.create_task(audit_end.follow(self.store), name="audit"))
        if self.alerts is not None:
            self._tasks.append(asyncio.create_task(self.alerts.run(), name="alerts"))
        if self.alerts is not None and self._speak is not None:
            known = watching.Known(self.roster, self.inventory, self.present, lambda: self.tls_identity.expires_at)
            watched = watching.tasks(self.alerts, known, self._speak, self.now)
            self._tasks += [asyncio.create_task(one, name="watching") for one in watched]
        ready = keep_ready(self.roster, self.store, self.present)
        self._tasks.append(asyncio.create_task(ready, name="roster"))

    async def stop(self) -> None:
        """Wake the streams, stop the consumers between two transactions, write what waits, close the files."""
        await self.news.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self.login.close()
        await asyncio.to_thread(self.log.close)
        await asyncio.to_thread(self.store.close)
        _LOG.info("stopped; the report log ends at position %d", self.log.position)
