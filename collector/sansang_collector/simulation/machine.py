"""One simulated machine: on and off as its day has it, reports every fifteen seconds, a spool while no line carries.

Repeatable and without I/O: it is told the time and the weather, and says what to send and when to be woken next.
"""

import math
from collections.abc import Iterator
from random import Random

import msgspec

from sansang_agent.contract.assignment import Request
from sansang_agent.contract.check import Check, Profile
from sansang_agent.contract.codec import encode, profile_hash
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import (
    VERSION,
    Answer,
    Envelope,
    Goodbye,
    GoodbyeReason,
    Host,
    Nic,
    Power,
    Report,
    RequestAnswer,
    Result,
    Sent,
    Span,
    SpoolState,
    Why,
)
from sansang_agent.contract.rung import Rung
from sansang_agent.contract.version import __version__
from sansang_collector.topology import LINE

from . import LABEL, noise
from .asked import APART_S, Asked, own_check
from .days import Stint, stints
from .faults import DAY_S, day_of
from .noise import Line
from .tally import Tally
from .weather import Weather
from .world import Pc, World

REPORT_S = 15.0
BACKLOG_S = 1.0
"""Between two envelopes of the backlog."""
BATCH = 100
MOST_KEPT = 20_000
"""Reports in the spool: three and a half days; then the oldest go, as a full disk would have it."""
LONGEST_CLOSED_DAYS = 400
"""A commune that does not open within this time never does."""
BEHIND_PERIODS = 4
"""A machine this many reports behind the clock leaves out what it would have said meanwhile."""
_SILENT = (Reason.TIMEOUT, Reason.SERVFAIL)
_BACK_S = (40.0, 200.0)
"""How long a machine takes to come back after its power did."""


class Machine:
    """One machine. ``due``: when it wants :meth:`wake` next, Unix seconds by the simulation's clock."""

    due: float

    def __init__(self, pc: Pc, world: World, start: float, tally: Tally) -> None:
        self.pc = pc
        self.due = start
        self.profile, self.config, self.assigned = world.profile, profile_hash(world.profile), ""
        self.on = False
        self._world, self._tally = world, tally
        self._place = world.places[pc.commune]
        self._seed = f"{world.seed}/{pc.key}"
        self._dice = Random(self._seed)  # noqa: S311  # a simulation must be repeatable
        self._slow = self._dice.random() < world.noise.slow_machines
        self._skew = self._dice.choices((self._dice.gauss(0, 0.8), self._dice.gauss(0, 200)), (95, 5))[0]
        self._phase = self._dice.uniform(0, REPORT_S)
        # Played again to the same collector it is another machine's spool, or its first reports would be refused.
        life = Random(start).getrandbits(128)  # noqa: S311  # as above
        self._stream = f"{self._dice.getrandbits(128) ^ life:032x}"
        self._plan = self._stints(start)
        self._stint = next(self._plan)
        self._asleep, self._cut = False, False
        self._boots_at, self._ready_at = start - self._dice.uniform(0.2, 5) * DAY_S, start
        self._boot, self._seq = self._boot_id(), 0
        self._report_at, self._send_at = 0.0, math.inf
        self._reported_at = start
        self._spool: dict[int, tuple[float, bytes]] = {}
        self._dropped: list[Span] = []
        self._wanted = {self.config}
        self._failing: frozenset[str] = frozenset()
        self._asked = Asked()

    @property
    def kept(self) -> int:
        """Reports the collector does not have yet."""
        return len(self._spool)

    def wake(self, now: float, weather: Weather) -> bool:
        """Do what is due; whether an envelope wants to be sent now."""
        self._turn_on_or_off(now, weather)
        if self.on and now >= self._report_at:
            self._report(now, weather)
        if self.on and now >= self._asked.due:
            self._answer(now, weather)
        sends = self.on and now >= self._send_at and self._gets_through(weather)
        if now >= self._send_at:
            self._send_at = math.inf
        self.due = self._next(now)
        return sends or (bool(self._spool) and self._leaving(now) and self._gets_through(weather))

    def leave(self, now: float, reason: GoodbyeReason) -> bool:
        """Say goodbye where it is on; whether there is something to send."""
        if self.on:
            self._take(now, Why.GOODBYE, (), Goodbye(reason=reason))
            self.on = False
        return bool(self._spool)

    def envelope(self, now: float) -> bytes:
        """The newest reports it holds, as sent at this moment."""
        newest = list(reversed(self._spool))[:BATCH]
        oldest = next(iter(self._spool.values()))[0] if self._spool else None
        state = SpoolState(
            rows=len(self._spool), oldest=oldest, bytes=sum(len(body) for _, body in self._spool.values())
        )
        return encode(
            Envelope(
                v=VERSION,
                sent=Sent(boot=self._boot, mono=now - self._boots_at, wall=now + self._skew),
                spool=msgspec.structs.replace(state, dropped=tuple(self._dropped[-100:])),
                profiles={name: self.profile for name in self._wanted if name == self.config},
                reports=tuple(msgspec.Raw(self._spool[seq][1]) for seq in newest),
            )
        )

    def answered(self, answer: Answer, now: float) -> None:
        """Let go of what is stored, or will never be taken; ask to be woken for the rest."""
        for stream, spans in answer.stored:
            if stream == self._stream:
                for first, last in spans:
                    self._settle(range(first, last + 1))
        self._settle(one.seq for one in answer.refused if one.seq is not None)
        self._wanted = set(answer.profiles_wanted)
        self._dropped.clear()
        self._asked.hear(answer, now)
        if self._spool and self.on:
            self._send_at = now + BACKLOG_S
        if self.on:
            self.due = min(self.due, self._send_at, self._asked.due)

    def follow(self, profile: Profile, assigned: str) -> None:
        """Check what the centre assigns from now on."""
        self.profile, self.config, self.assigned = profile, profile_hash(profile), assigned
        self._wanted = {self.config}

    def _settle(self, numbers: range | Iterator[int]) -> None:
        for seq in numbers:
            self._spool.pop(seq, None)

    def _stints(self, start: float) -> Iterator[Stint]:
        """From the day of ``start`` on, nights that are worked through joined."""
        day, whole = day_of(start), None
        idle = 0
        while idle < LONGEST_CLOSED_DAYS:
            today = stints(
                self._place.hours, self._seed, day, self._world.noise, f"{self._world.seed}/{self.pc.commune}"
            )
            for one in today:
                if whole is not None and one.begins <= whole.ends:
                    whole = Stint(whole.begins, one.ends, one.goodbye)
                    continue
                if whole is not None:
                    yield whole
                whole = one
            day += DAY_S
            idle = 0 if today else idle + 1
            if whole is not None and whole.ends < day:
                yield whole
                whole = None
        yield Stint(math.inf, math.inf)

    def _turn_on_or_off(self, now: float, weather: Weather) -> None:
        cut = weather.dark(self.pc)
        if cut is not None:
            self._tally.hit(cut, self.pc)
            self._ready_at = now + self._dice.uniform(*_BACK_S)
            self.on, self._cut, self._asleep = False, True, False
            return
        while now >= self._stint.ends:
            if self.on:
                self._go(now)
            self._stint = next(self._plan)
        if not self.on and now >= max(self._stint.begins, self._ready_at if self._cut else 0):
            self._come(now)

    def _go(self, now: float) -> None:
        """The stint is over."""
        self._asleep = self._stint.goodbye is GoodbyeReason.SLEEP
        if self._stint.goodbye is not None:
            self._take(now, Why.GOODBYE, (), Goodbye(reason=self._stint.goodbye))
            self._send_at = now
        self.on = False

    def _come(self, now: float) -> None:
        first = self._seq == 0 and now > self._stint.begins + REPORT_S
        if not self._asleep and not first:  # a machine that was on before the simulation began has booted long ago
            self._boots_at, self._boot = now - 5.0, self._boot_id()
        self.on, self._cut, self._asleep = True, False, False
        self._asked = Asked()
        self._reported_at = now
        self._report_at = now + (self._phase if first else self._dice.uniform(0, 2))
        self._send_at = math.inf

    def _boot_id(self) -> str:
        return f"{self._dice.getrandbits(64):016x}"

    def _leaving(self, now: float) -> bool:
        """Whether the last report was a goodbye of just now, which is sent while going off."""
        return not self.on and self._reported_at == now

    def _gets_through(self, weather: Weather) -> bool:
        for hit in weather.reports(self.pc):
            if hit.fault.down or self._dice.random() < hit.fault.loss**3:
                self._tally.hit(hit.fault, self.pc)
                return False
        return True

    def _next(self, now: float) -> float:
        if self.on:
            return max(min(self._report_at, self._send_at, self._asked.due, self._stint.ends), now)
        if self._cut:
            return now + REPORT_S
        return max(self._stint.begins, now)

    def _report(self, now: float, weather: Weather) -> None:
        results = tuple(self._results(now, weather))
        failing = frozenset(one.check for one in results if one.outcome is not Outcome.OK)
        self._take(now, Why.PERIODIC if failing == self._failing else Why.CHANGE, results, None)
        self._failing = failing
        self._report_at = max(
            self._report_at + REPORT_S, now if now - self._report_at > BEHIND_PERIODS * REPORT_S else 0
        )
        late = self._dice.random() < self._world.noise.late
        self._send_at = now + self._dice.uniform(*self._world.noise.late_s) if late else now

    def _answer(self, now: float, weather: Weather) -> None:
        """What the centre wanted to know, at once and in a report of its own."""
        answers = tuple(
            RequestAnswer(id=one.id, results=tuple(self._looks(one, now, weather))) for one in self._asked.take(now)
        )
        self._take(now, Why.REQUEST, (), None, answers)
        self._send_at = now

    def _looks(self, request: Request, now: float, weather: Weather) -> Iterator[Result]:
        like = own_check(request.check, self.profile.checks)
        asked = msgspec.structs.replace(request.check, rung=like.rung)
        for number in reversed(range(request.count)):
            at_ms = -round(number * APART_S * 1000)
            result, fault = noise.find(asked, weather.hits(self.pc, like.id), self._line(now), self._dice, at_ms)
            if fault is not None:
                self._tally.hit(fault, self.pc)
            yield msgspec.structs.replace(result, detail=LABEL)

    def _line(self, now: float) -> Line:
        loss = 1 - (1 - self._place.loss) * (1 - noise.burst(self._world.noise, self._place_seed, now))
        return Line(loss, self._place.delay_ms)

    def _results(self, now: float, weather: Weather) -> Iterator[Result]:
        line = self._line(now)
        cut_off = False
        for check in self.profile.checks:
            if not self._is_due(check, now):
                continue
            at_ms = -round(self._dice.uniform(0, min(now - self._reported_at, REPORT_S)) * 900)
            result, fault = noise.find(check, weather.hits(self.pc, check.id), line, self._dice, at_ms)
            if fault is not None:
                self._tally.hit(fault, self.pc)
            cut_off = cut_off or (check.id == LINE and result.outcome is Outcome.FAILED)
            yield self._own(check, result, at_ms, cut_off)

    @property
    def _place_seed(self) -> str:
        return f"{self._world.seed}/{self.pc.commune}"

    def _own(self, check: Check, result: Result, at_ms: int, cut_off: bool) -> Result:
        """What this machine makes of it: a service behind its own dead line was never asked."""
        if check.rung is not Rung.SERVICE:
            return result
        if cut_off and result.reason in _SILENT:
            return noise.bad(check, Reason.NO_INTERNET, at_ms)
        if result.reason is None:
            if self._slow and self._dice.random() < self._world.noise.slow_timeouts:
                return noise.bad(check, Reason.TIMEOUT, at_ms)
            if self._dice.random() < self._world.noise.spurious:
                return noise.bad(check, Reason.TIMEOUT, at_ms)
        return result

    def _is_due(self, check: Check, now: float) -> bool:
        """Whether a multiple of the check's period lies between the last report and this one."""
        if check.period <= REPORT_S:
            return True
        phase = self._phase * 7 if check.phase is None else check.phase
        return (now - phase) // check.period > (self._reported_at - phase) // check.period

    def _take(
        self,
        now: float,
        why: Why,
        results: tuple[Result, ...],
        goodbye: Goodbye | None,
        answers: tuple[RequestAnswer, ...] = (),
    ) -> None:
        """Freeze a report into the spool."""
        self._seq += 1
        mono = now - self._boots_at
        report = Report(
            stream=self._stream, seq=self._seq, boot=self._boot, mono=mono, wall=now + self._skew, why=why,
            start="boot", version=__version__, config=self.config, assigned=self.assigned, host=self._host(mono),
            results=results, answers=answers, goodbye=goodbye,
        )  # fmt: skip
        self._spool[self._seq] = (now, encode(report))
        if why is not Why.REQUEST:
            self._reported_at = now
        self._tally.reports += 1
        if len(self._spool) > MOST_KEPT:
            oldest = next(iter(self._spool))
            del self._spool[oldest]
            self._dropped.append((oldest, oldest))

    def _host(self, mono: float) -> Host:
        return Host(
            uptime_s=mono,
            cpu=round(self._dice.betavariate(2, 9), 2),
            memory=round(self._dice.uniform(0.45, 0.7), 2),
            disk_free_bytes=51_200_000_000,
            nics=(Nic(name="Ethernet", up=True, bps=1_000_000_000),),
            gateways=("192.168.1.1",),
            dns=("192.168.1.1",),
            power=Power(source="mains"),
        )
