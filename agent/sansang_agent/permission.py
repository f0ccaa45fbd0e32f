"""Asks what the centre names, within what this machine permits: policy.py with its network, its clock and its files.

Whatever is not permitted is ``unknown(refused_by_policy)``, and the detail says which rule refused it.
"""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from .clock import Clock, SystemClock
from .config import AgentConfig, data_dir
from .config_places import config_files
from .config_rules import judge as judge_fields
from .contract.check import Check, Profile, kind_of
from .contract.outcome import Outcome, Reason
from .contract.report import Result
from .default_profile import expand
from .grants import Allowed
from .guard import CentreGuard
from .platform import NetworkState, Platform
from .policy import Own, Policy
from .policy_files import InForce, Shelf
from .probes import Tools
from .runner import Ask, run_once
from .serials import Serials

STOP_FILE = "stop-probing"
"""A file of this name, whatever is in it, in the data folder or beside the configuration stops all the centre asks."""
MOST_LOGGED = 10
LOOK_AGAIN_S = 10.0
"""So long the machine's own network is taken for what it was."""

_log = logging.getLogger(__name__)


class Permission:
    """One for as long as the program runs: what has been asked is counted over every restart of the agent within it."""

    def __init__(
        self,
        policy: Policy,
        platform: Platform,
        clock: Clock,
        networks: Sequence[str],
        stop_files: Sequence[Path],
        shelf: Shelf | None = None,
    ) -> None:
        self.policy = policy
        self.vantage = policy.vantage
        self._platform = platform
        self._clock = clock
        self._networks = tuple(networks)
        self._stop_files = tuple(stop_files)
        self._shelf = shelf
        self._seen: tuple[float, NetworkState] | None = None

    def follow(self, config: AgentConfig) -> None:
        """Take this machine for whom ``config`` says it is now; a signed policy may be for its commune."""
        if self._shelf is not None:
            self._shelf.follow(config)

    def carry(self, policies: Sequence[str]) -> None:
        """Take the signed policies that the centre passes on now; they hold as far as their signatures do."""
        if self._shelf is not None:
            self._shelf.carry(policies)

    def in_force(self) -> InForce:
        """Who allows what just now, and which files are not used."""
        if self._shelf is None:
            return InForce(self.policy.allowed.grants)
        found = self._shelf.now(self._clock.mono(), self._clock.wall())
        self.policy.allowed = Allowed(found.grants)
        return found

    async def ask(self, check: Check, tools: Tools) -> Result:
        """Run a check of the centre's once by :func:`run_once`, or say why not; waits until its target may be asked."""
        wanted = self._expanded(check)
        if wanted is None:
            return _not_asked(check, Reason.NOT_CONFIGURED, f"this machine has no {check.target} just now")
        if mistake := _mistake(wanted):
            return _not_asked(check, Reason.NOT_SUPPORTED, mistake)
        while not (why := self.stopped() or self.policy.judge(wanted)):
            wait = self.policy.wait(wanted, self._clock.mono())
            if wait <= 0:
                break
            await self._clock.sleep(wait)
        if why:
            return _not_asked(check, Reason.REFUSED_BY_POLICY, why)
        return await self._run(wanted, tools, self._own())

    async def _run(self, check: Check, tools: Tools, own: Own) -> Result:
        """Run what may be run, its hosts and addresses guarded."""
        self.in_force()
        self.policy.begin(check, self._clock.mono(), own)
        guard = CentreGuard(self.policy, own, kind_of(check), self._clock)
        return await run_once(check, msgspec.structs.replace(tools, guard=guard), self._clock)

    def asking(self, checks: Sequence[Check], tools: Tools, own: Sequence[Check] = ()) -> Ask:
        """How the checks of an assignment are run: each in its own time, none that is not permitted.

        ``own``: those of the machine's own file among them, which are not judged.
        """
        mine = self._written_out(own)
        refused = self.policy.judge_all([check for check in checks if check not in mine], self._own())
        for check, why in list(refused.items())[:MOST_LOGGED]:
            _log.warning("check %s of the centre is not run: %s", check, why)
        if len(refused) > MOST_LOGGED:
            _log.warning("%d other checks of the centre are not run either", len(refused) - MOST_LOGGED)

        def judge(check: Check) -> str | None:
            return refused.get(check.id) or self.policy.overdone(check, self._own(), self._clock.mono())

        return self._held_to(judge, mine, tools)

    def asking_once(self, tools: Tools, own: Sequence[Check] = ()) -> Ask:
        """How a person's one look at an assignment is run: at once, and none that is not permitted."""
        return self._held_to(self.policy.judge, self._written_out(own), tools)

    def _held_to(self, judge: Callable[[Check], str | None], mine: Sequence[Check], tools: Tools) -> Ask:
        async def ask(check: Check) -> Result:
            if check in mine:
                return await run_once(check, tools, self._clock)
            if why := self.stopped() or judge(check):
                return _not_asked(check, Reason.REFUSED_BY_POLICY, why)
            return await self._run(check, tools, self._own())

        return ask

    def stopped(self) -> str | None:
        """Why nothing at all is asked for the centre: the file that somebody put here; None: there is none."""
        found = next((path for path in self._stop_files if os.path.lexists(path)), None)
        return f"the file {found} stops everything the centre asks" if found else None

    def _own(self) -> Own:
        return Own(self._network(), self._networks)

    def _written_out(self, checks: Sequence[Check]) -> tuple[Check, ...]:
        """Checks with this machine's own addresses filled in."""
        return expand(Profile(checks=tuple(checks)), self._network()).checks

    def _expanded(self, check: Check) -> Check | None:
        """With this machine's own addresses filled in; None where it has none."""
        return next(iter(self._written_out((check,))), None)

    def _network(self) -> NetworkState:
        now = self._clock.mono()
        if self._seen is None or now - self._seen[0] >= LOOK_AGAIN_S:
            self._seen = (now, self._network_now())
        return self._seen[1]

    def _network_now(self) -> NetworkState:
        try:
            return self._platform.network()
        except Exception as exc:  # noqa: BLE001  # systems fail in many ways; then nothing is exempt
            _log.warning("this machine does not tell its network: %s: %s", type(exc).__name__, exc)
            return NetworkState()


def permission_for(
    config: AgentConfig, file: Path | None, platform: Platform, carried: Sequence[str] = (), *, vantage: bool = False
) -> Permission:
    """What ``config``, read from ``file``, permits on this machine; ``carried``: signed policies of the centre."""
    shelf = shelf_for(config, file)
    shelf.carry(carried)
    stop_files = [folder / STOP_FILE for folder in (data_dir(config), *shelf.folders)]
    return Permission(
        Policy(vantage=vantage), platform, SystemClock(platform), config.policy.networks, stop_files, shelf
    )


def shelf_for(config: AgentConfig, file: Path | None, *, keeps: bool = True) -> Shelf:
    """Where policies of the machine that follows ``config`` lie; ``keeps``: what is seen of them is written down."""
    folders = [file.parent] if file else [place.parent for place in config_files(os.environ)]
    return Shelf(config, folders, Serials(data_dir(config), keeps=keeps))


def _mistake(check: Check) -> str | None:
    """What is wrong with a target or another field, in the words a configuration's mistakes have."""
    fields = msgspec.structs.asdict(check)
    return next((f"{key}: {said}" for key, said in judge_fields(Path(), type(check), fields) if key != "ca_file"), None)


def _not_asked(check: Check, reason: Reason, detail: str) -> Result:
    return Result(check=check.id, outcome=Outcome.UNKNOWN, reason=reason, detail=detail)
