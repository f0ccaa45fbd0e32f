"""The vantage's watch over the collector: when it is silent, a program of its own is started that tells people.

That program is no part of the agent and needs no collector; it is started once per silence, and again when it is over.
"""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from .centre import Contact
from .clock import Clock
from .config import AgentConfig, DeadManConfig
from .contract import secret_file
from .contract.report import Pace
from .hindrance import Hindrance
from .silence_watch import Deed, SilenceWatch
from .timing import ALONE_REPORTS

FILE = "silence.json"
"""Of a silence that was told, until its end is told too: an agent that is started meanwhile does not tell it anew."""
PROGRAM = "sansang-alerts"
LOOK_S = 1.0
MINUTE_S = 60.0
RETRY_S = 60.0
MOST_STARTS = 5
"""How often a program is started that ends with an error, for each thing it is to tell."""
_END_S = 5.0
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_ANSWERED = frozenset({Hindrance.REVOKED, Hindrance.CLONE, Hindrance.TOKEN})
"""The collector answers, and will not have this machine: whatever that is, it is not silent."""

_log = logging.getLogger(__name__)


class Running(Protocol):
    """A program that was started."""

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        ...

    def terminate(self) -> None:
        """Have it end."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status; raises subprocess.TimeoutExpired."""
        ...

    def kill(self) -> None:
        """End it."""
        ...


Start = Callable[[Sequence[str]], Running]


class Silence(msgspec.Struct, frozen=True):
    """One silence by this machine's wall clock, Unix seconds."""

    since: float
    ended: float | None = None


def start(command: Sequence[str]) -> Running:
    """A program that is handed nothing but its arguments and our standard error; raises OSError."""
    return subprocess.Popen(  # noqa: S603  # from the machine's own configuration file
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, creationflags=_NO_WINDOW
    )


class DeadMan:
    """One vantage's. ``contact``: how it stands with the collector now."""

    def __init__(
        self,
        command: Sequence[str],
        after_s: float,
        folder: Path,
        contact: Callable[[], Contact],
        clock: Clock,
        start: Start = start,
    ) -> None:
        self._command = tuple(command)
        self._file = folder / FILE
        self._contact = contact
        self._clock = clock
        self._start = start
        self._silence = _kept(self._file)
        is_silent = self._silence is not None and self._silence.ended is None
        self._watch = SilenceWatch(after_s, clock.mono(), is_silent=is_silent)
        self._running: Running | None = None
        self._starts = 0
        self._start_at = clock.mono() + after_s if is_silent else clock.mono()
        """Not before: what was told before this program began is gone on with only if the silence does."""

    async def run(self) -> None:
        """Watch until cancelled; a program that tells is ended then, and goes on when this is started again."""
        try:
            while True:
                try:
                    self.look()
                except Exception:  # noqa: BLE001  # nothing here may end the watch
                    _log.exception("the watch over the collector goes on after a bug in it")
                await self._clock.sleep(LOOK_S)
        finally:
            self._end()

    def look(self) -> None:
        """See how it stands, and start or end the program."""
        contact, now = self._contact(), self._clock.mono()
        heard = now if contact.hindrance in _ANSWERED else contact.mono
        deed = self._watch.look(now, heard)
        if deed is Deed.BEGINS:
            self._turn(Silence(self._wall(self._watch.since)))
            _log.error("the collector has been silent since %.0f: people are told", self._wall(self._watch.since))
        elif deed is Deed.ENDS and self._silence is not None:
            self._turn(Silence(self._silence.since, self._wall(self._watch.back_at or now)))
            _log.warning("the collector answers again: people are told")
        self._tend(now)

    def _wall(self, mono: float) -> float:
        return round(self._clock.wall() - (self._clock.mono() - mono), 3)

    def _turn(self, silence: Silence) -> None:
        """Something else is to be told from now on."""
        self._end()
        self._silence, self._starts, self._start_at = silence, 0, self._clock.mono()
        _keep(self._file, silence)

    def _tend(self, now: float) -> None:
        """Start what is to be told; take note of how it ended."""
        if self._running is not None and (status := self._running.poll()) is not None:
            self._running, self._start_at = None, now + RETRY_S
            self._ended(status)
        due = self._silence is not None and self._running is None and now >= self._start_at
        if due and self._silence is not None and self._starts < MOST_STARTS:
            self._starts += 1
            self._begin(self._silence, now)

    def _ended(self, status: int) -> None:
        if self._silence is not None and self._silence.ended is not None and status == 0:
            self._silence = None
            _keep(self._file, None)
        elif self._starts >= MOST_STARTS:
            _log.error("people could not be told: %s ended with %d, %d times", self._command[0], status, self._starts)
        else:
            _log.warning("%s ended with %d, and is started again in %.0f s", self._command[0], status, RETRY_S)

    def _begin(self, silence: Silence, now: float) -> None:
        times = ["--since", f"{silence.since:.3f}"]
        times += [] if silence.ended is None else ["--ended", f"{silence.ended:.3f}"]
        try:
            self._running = self._start([*self._command, *times])
        except OSError as exc:
            self._start_at = now + RETRY_S
            _log.error("people cannot be told: %s cannot be started: %s", self._command[0], exc)

    def _end(self) -> None:
        running, self._running = self._running, None
        if running is None or running.poll() is not None:
            return
        running.terminate()
        try:
            running.wait(_END_S)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def dead_man_for(
    config: AgentConfig, folder: Path, contact: Callable[[], Contact], clock: Clock, *, vantage: bool
) -> DeadMan | None:
    """As configured; None: this machine watches nobody."""
    if config.dead_man is None:
        return None
    if not vantage:
        _log.warning("dead_man is a vantage's (sansang run --vantage), and is not used here")
        return None
    for mistake in secret_file.mistakes(Path(config.dead_man.channels)):
        _log.error("nobody could be told of a silent collector yet: %s", mistake)
    after_s = max(config.dead_man.after_minutes * MINUTE_S, ALONE_REPORTS * max(config.report_period, Pace().live_s))
    return DeadMan(command(config.dead_man), after_s, folder, contact, clock)


def command(config: DeadManConfig) -> list[str]:
    """What is started, without the times."""
    folder = str(Path(sys.executable).parent)
    program = config.program or shutil.which(PROGRAM, path=folder) or shutil.which(PROGRAM) or PROGRAM
    return [program, "deadman", "--channels", config.channels]


def _kept(file: Path) -> Silence | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Silence)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as exc:
        _log.warning("whether people were told of a silent collector is not known: %s: %s", file, exc)
        return None


def _keep(file: Path, silence: Silence | None) -> None:
    """A disk that refuses costs a repeat at most, and is logged."""
    try:
        if silence is None:
            file.unlink(missing_ok=True)
            return
        draft = file.with_name(f"{FILE}.{os.getpid()}.new")
        draft.write_bytes(msgspec.json.encode(silence))
        draft.replace(file)
    except OSError as exc:
        _log.warning("%s cannot be written: %s", file, exc)
