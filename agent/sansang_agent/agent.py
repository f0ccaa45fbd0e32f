"""The running agent: runner → reporter → spool → uplink, wired together and kept going.

Nothing that breaks here stops the measuring: not the disk, not the collector, not a bug in one of the parts.
"""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable, Coroutine, Mapping
from random import SystemRandom
from typing import Any, NamedTuple, Self

from . import __version__, status
from .centre import Centre, Contact
from .clock import Clock, SystemClock, sleep_or
from .config import AgentConfig, data_dir, user_agent
from .contract.check import Check, Profile
from .contract.codec import profile_hash
from .contract.report import Goodbye, GoodbyeReason, Result, SpoolState, Why
from .disk import Disk
from .enrolment import in_use, keep_token, part
from .link import Link
from .names import ServerNames, SystemNames
from .own_way import OwnWay
from .permission import Permission, permission_for
from .platform import Platform
from .policy_files import InForce
from .probes import Tools
from .reporter import Answered, Draft, Frame, Reporter
from .requests import Requests
from .runner import Ask, Runner, Slots, run_once, splay
from .slow_facts import SlowFacts
from .spool import FILE
from .status import CheckStatus, Status
from .uplink import Uplink
from .writer import Writer

FRESH_BOOT_S = 600.0
FIRST_WITHIN_S = 5.0
"""Who starts the agent by hand sees first results this soon; after a boot they are spread over the whole period."""
FIRST_RESULTS_S = 1.0
"""The first report waits this long for first results."""
FLUSH_S = 3.0
RESTART_S = 5.0
ASLEEP_S = 15.0
"""After a goodbye before sleep nothing is reported for this long by a clock that sleeps too."""

OnResults = Callable[[Mapping[str, Result]], None]
"""Called at every report with the newest result of every check that has run."""
Goodbyes = Callable[[], GoodbyeReason]
"""Asked at the end why it is one: only whoever set ``stop`` knows. May block, and is asked from a thread."""

_log = logging.getLogger(__name__)


class Lasting(NamedTuple):
    """What outlives one agent: a program runs one after the other."""

    mistakes: tuple[str, ...] = ()
    """Why the configuration file itself is not in use, for the status."""
    falling_asleep: asyncio.Event | None = None
    """Set by whoever knows that the machine is about to sleep."""
    permission: Permission | None = None
    """What the centre may have asked here, and what it has."""
    centre: Centre | None = None
    """What is known of it."""


NOTHING_BEFORE = Lasting()


async def run_agent(
    config: AgentConfig,
    profile: Profile,
    platform: Platform,
    stop: asyncio.Event,
    goodbye: Goodbyes,
    on_results: OnResults | None = None,
    *,
    lasting: Lasting = NOTHING_BEFORE,
) -> None:
    """Measure and tell until ``stop`` is set, then say goodbye; returns within a few seconds of it."""
    permission = lasting.permission or permission_for(config, None, platform)
    clock = SystemClock(platform)
    names = ServerNames(config.resolvers) if config.resolvers else SystemNames()
    tools = Tools(platform, names, user_agent(__version__, config.contact))

    async def ask(check: Check) -> Result:
        return await run_once(check, tools, clock)

    permission.follow(config)
    permission.carry(lasting.centre.assigned.policies if lasting.centre is not None else ())
    is_assigned = config.profile is None and lasting.centre is not None and lasting.centre.assigned.hash != ""
    asked = permission.asking(profile.checks, tools, config.checks) if is_assigned else ask
    try:
        agent = await Agent.prepare(config, profile, platform, clock, lasting.centre)
        agent.mistakes = lasting.mistakes
        agent.falling_asleep = lasting.falling_asleep or agent.falling_asleep
        agent.vantage = permission.vantage
        agent.in_force = permission.in_force
        agent.ask_for_centre = lambda check: permission.ask(check, tools)
        await agent.run(asked, stop, on_results, goodbye)
    finally:
        tools.kept.close()


class Agent:
    """One agent, all its parts made; :meth:`prepare` makes them."""

    def __init__(
        self, config: AgentConfig, profile: Profile, platform: Platform, clock: Clock, disk: Disk, centre: Centre
    ) -> None:
        self._config = config
        self._centre = centre
        self._profile = profile
        self._platform = platform
        self._clock = clock
        self._folder = data_dir(config)
        self._disk = disk
        self._writer = Writer(disk)
        self._facts = SlowFacts(platform, self._folder)
        self._hash = profile_hash(profile)
        self._boot = platform.boot_id()
        self._started = clock.mono()
        self._started_wall = clock.wall()
        self._news = asyncio.Event()
        self.mistakes: tuple[str, ...] = ()
        """Why the configuration file itself is not in use."""
        self.falling_asleep = asyncio.Event()
        """Set when the machine is about to sleep; cleared when that has been told."""
        self._one_report = asyncio.Lock()
        self.vantage = False
        self.in_force: Callable[[], InForce] = lambda: InForce(())  # what the centre may name, for the status
        self.ask_for_centre: Ask | None = None
        """Runs what the centre requests, within policy; None: requests are not heard."""
        self._uplink = self._new_uplink()

    @classmethod
    async def prepare(
        cls, config: AgentConfig, profile: Profile, platform: Platform, clock: Clock, centre: Centre | None = None
    ) -> Self:
        """Open the spool and make an agent; a disk that cannot be used is in the status, not in the way."""
        disk = Disk(data_dir(config) / FILE)
        try:
            await disk.do(lambda spool: spool.put_profile(profile))
            await disk.do(lambda spool: part(spool, in_use(config)))
        except sqlite3.Error as exc:
            _log.warning("the spool cannot be made ready: %s", exc)
        return cls(config, profile, platform, clock, disk, centre or Centre())

    def _new_uplink(self) -> Uplink | None:
        if self._config.collector is None:
            return None
        link = Link(self._config.collector, SystemNames(), user_agent(__version__, self._config.contact))
        rng = SystemRandom().random
        uplink = Uplink(link, self._disk, self._clock, rng, self._boot, self._hash, centre=self._centre)
        if enrolled := in_use(self._config):
            uplink.keep_token = lambda token: keep_token(enrolled, token)
        return uplink

    async def run(self, ask: Ask, stop: asyncio.Event, on_results: OnResults | None, goodbye: Goodbyes) -> None:
        """Run checks by ``ask`` until ``stop``; see :func:`run_agent`."""
        stream = await self._stream()
        fresh = self._started < FRESH_BOOT_S
        within = float("inf") if fresh else FIRST_WITHIN_S
        reporter = self._new_reporter(stream, "boot" if fresh else "process", within)
        taker, every = self._taker(reporter), self._config.report_period
        runner = Runner(self._profile.checks, ask, self._clock, stream, taker, centre=self._centre, report_period=every)
        endless = [self._started_task("runner", lambda: runner.run(within))]
        if self._uplink is not None:
            endless += self._answering(self._uplink, reporter)
            endless.append(self._started_task("uplink", self._uplink.run))
        endless.append(self._started_task("sleep", lambda: self._before_sleep(reporter, stop)))
        # the machine says how busy it was since the last look: the first look, which can say nothing, is not reported
        await self._facts.host(self._contact.skew_s)
        reports = self._started_task("reporter", lambda: self._report(reporter, stop, on_results))
        role = " as the province's vantage" if self.vantage else ""
        _log.info("sansang %s runs %d checks%s", __version__, len(self._profile.checks), role)
        await stop.wait()
        self._news.set()
        await reports
        for task in endless:
            task.cancel()
        await asyncio.gather(*endless, return_exceptions=True)
        await self._end(reporter, await self._facts.goodbye(goodbye))

    async def _stream(self) -> str:
        """What spreads this agent's checks over the period; without a spool this boot does as well."""
        try:
            return await self._disk.do(lambda spool: spool.stream)
        except sqlite3.Error:
            return self._boot

    def _new_reporter(self, stream: str, start: str, within: float) -> Reporter:
        frame = Frame(
            boot=self._boot,
            start=start,
            version=__version__,
            config=self._hash,
            assigned=self._centre.assigned.hash,
        )
        slots = Slots(self._started + FIRST_RESULTS_S, self._config.report_period, splay(stream, "report"), within)
        return Reporter(frame, slots, SystemRandom().random)

    def _taker(self, reporter: Reporter) -> Callable[[Result, float], None]:
        own_way = OwnWay(self._profile.checks)

        def take(result: Result, mono: float) -> None:
            now = self._clock.mono()
            for told, began in own_way.add(result, mono, now):
                if reporter.add(told, began, now):
                    self._news.set()

        return take

    def _answering(self, uplink: Uplink, reporter: Reporter) -> list[asyncio.Task[None]]:
        """The task that answers requests, where they are heard."""
        if self.ask_for_centre is None:
            return []

        def deliver(answered: Answered) -> None:
            reporter.answer(answered)
            self._news.set()

        requests = Requests(self.ask_for_centre, self._clock, deliver)
        uplink.on_answer = requests.heard
        return [self._started_task("requests", requests.run)]

    def _started_task(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        return asyncio.create_task(self._kept_going(name, run), name=name)

    async def _kept_going(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a part to its end; a part that breaks is begun again: measuring goes on whatever our mistakes."""
        while True:
            try:
                return await run()
            except Exception:  # noqa: BLE001  # whatever it was, it is logged with its traceback
                _log.exception("the %s broke and begins again in %g s", name, RESTART_S)
            await self._clock.sleep(RESTART_S)

    async def _report(self, reporter: Reporter, stop: asyncio.Event, on_results: OnResults | None) -> None:
        while not stop.is_set():
            self._news.clear()
            changed = await sleep_or(self._clock, reporter.due() - self._clock.mono(), self._news)
            if changed:
                continue
            async with self._one_report:
                host = await self._facts.host(self._contact.skew_s)
                await self._write(reporter, reporter.take(self._clock.mono(), self._clock.wall(), host))
            if on_results is not None:
                on_results({check: seen.result for check, seen in reporter.latest.items()})

    async def _before_sleep(self, reporter: Reporter, stop: asyncio.Event) -> None:
        """Say goodbye whenever the machine is about to sleep, and nothing more until it has slept or stayed awake."""
        while True:
            await self.falling_asleep.wait()
            self.falling_asleep.clear()
            async with self._one_report:
                await self._say_goodbye(reporter, await self._facts.goodbye(lambda: GoodbyeReason.SLEEP))
                await sleep_or(self._clock, ASLEEP_S, stop)

    async def _say_goodbye(self, reporter: Reporter, goodbye: Goodbye) -> None:
        await self._write(reporter, reporter.goodbye(self._clock.mono(), self._clock.wall(), goodbye))

    async def _write(self, reporter: Reporter, draft: Draft) -> None:
        await self._writer.write(draft, self._contact.mono or self._started)
        if self._uplink is not None:
            self._uplink.wake(urgent=draft.why is not Why.PERIODIC)
        await self._say(reporter)

    @property
    def _contact(self) -> Contact:
        return self._centre.contact

    async def _say(self, reporter: Reporter) -> None:
        """Write the status file; where that fails the log says so, and the next report tries again."""
        mono, wall = self._clock.mono(), self._clock.wall()
        results = {
            check: CheckStatus(result=seen.result, wall=wall - (mono - seen.mono), since=wall - (mono - seen.since))
            for check, seen in reporter.latest.items()
        }
        try:
            state, refused = await self._disk.do(lambda spool: (spool.state(), spool.poisoned()))
        except sqlite3.Error:
            state, refused = SpoolState(), 0
        said = self._status(state, refused, results, wall)
        try:
            status.write(self._folder, said)
        except OSError as exc:
            _log.warning("the status cannot be written: %s", exc)

    def _status(self, spool: SpoolState, refused: int, results: dict[str, CheckStatus], wall: float) -> Status:
        contact = self._contact
        in_force = self.in_force()
        return Status(
            pid=os.getpid(),
            version=__version__,
            started=self._started_wall,
            written=wall,
            period=self._config.report_period,
            config=self._hash,
            assigned=self._centre.assigned.hash,
            role=self._centre.assigned.role,
            assignment_error=self._centre.error,
            label=self._profile.label,
            policies=in_force.signed,
            unused_policies=in_force.unused,
            vantage=self.vantage,
            mistakes=self.mistakes,
            collector=self._config.collector.url if self._config.collector else None,
            last_contact=contact.wall,
            last_error=contact.error,
            hindrance=contact.hindrance or "",
            token_error=contact.token_error,
            spool=spool,
            spool_error=self._writer.error,
            refused=refused,
            clock_skew_s=contact.skew_s,
            results=results,
        )

    async def _end(self, reporter: Reporter, goodbye: Goodbye) -> None:
        """Say goodbye: into the spool whatever happens, to the collector if it answers within seconds."""
        await self._say_goodbye(reporter, goodbye)
        if self._uplink is not None:
            await self._uplink.flush(FLUSH_S)
            await self._say(reporter)
        await self._disk.close()
        _log.info("sansang has stopped")
