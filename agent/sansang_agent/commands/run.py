"""``sansang run``: the agent until it is stopped, begun anew when its gateways, its resolvers or its assignment change.

A PC often starts before its network does; checks of ``{gateway}`` and ``{dns}`` follow what the system reports.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial

from sansang_agent import logs
from sansang_agent.agent import Goodbyes, Lasting, run_agent
from sansang_agent.centre import Centre
from sansang_agent.clock import Clock, SystemClock, sleep_or
from sansang_agent.config import AgentConfig, data_dir
from sansang_agent.contract.check import HostCheck, Profile
from sansang_agent.contract.report import GoodbyeReason
from sansang_agent.contract.rung import Rung
from sansang_agent.dead_man import dead_man_for
from sansang_agent.default_profile import beside, profile_for
from sansang_agent.identity import LOOK_EVERY_S as IDENTITY_EVERY_S
from sansang_agent.identity import Identity, centre_for
from sansang_agent.last_good import Chosen, keep
from sansang_agent.permission import Permission, permission_for
from sansang_agent.platform import NetworkState, Platform

LOOK_EVERY_S = 10.0
SAME_LOOKS = 2
"""A change must be seen this often in a row: an adapter coming up passes through states that do not last."""
BEFORE_SLEEP = "SIGUSR1"
"""By this signal, where there are such, an agent is told that the machine is about to sleep; see deploy/systemd."""

UNTOLD_VANTAGE = Profile(checks=(HostCheck(id="machine", rung=Rung.MACHINE, target="local"),))
"""What a vantage checks until the centre assigns it something: the packaged profile is a counter PC's, and probes what
nobody entered."""

RunAgent = Callable[[AgentConfig, Profile, Platform, asyncio.Event, Goodbyes], Awaitable[None]]

_log = logging.getLogger(__name__)


def run(chosen: Chosen, platform: Platform, *, vantage: bool = False) -> int:
    """Run until SIGINT or SIGTERM (Ctrl-C or Ctrl-Break on Windows); 0 when stopped in order. SIGUSR1: before sleep."""
    logs.set_up(sys.stderr)
    for mistake in chosen.mistakes:
        _log.error("the configuration file cannot be used, so the last good one is: %s", mistake)
    keep(chosen)
    asyncio.run(
        _until_signalled(chosen, platform, permission_for(chosen.config, chosen.file, platform, vantage=vantage))
    )
    return 0


async def _until_signalled(chosen: Chosen, platform: Platform, permission: Permission) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: loop.call_soon_threadsafe(stop.set))
    falling_asleep = asyncio.Event()
    if hasattr(signal, BEFORE_SLEEP):
        signal.signal(getattr(signal, BEFORE_SLEEP), lambda *_: loop.call_soon_threadsafe(falling_asleep.set))
    centre = centre_for(chosen.config)
    agent = partial(run_agent, lasting=Lasting(tuple(map(str, chosen.mistakes)), falling_asleep, permission, centre))
    untold = UNTOLD_VANTAGE if permission.vantage else None
    identity = Identity(chosen.config, centre)
    clock = SystemClock(platform)
    man = dead_man_for(
        chosen.config, data_dir(chosen.config), lambda: centre.contact, clock, vantage=permission.vantage
    )
    watching = [asyncio.create_task(man.run())] if man else []
    try:
        await keep_running(chosen.config, platform, clock, stop, agent, centre, untold=untold, identity=identity)
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


async def keep_running(
    config: AgentConfig,
    platform: Platform,
    clock: Clock,
    stop: asyncio.Event,
    agent: RunAgent,
    centre: Centre | None = None,
    *,
    untold: Profile | None = None,
    identity: Identity | None = None,
) -> None:
    """One agent after the other, each with the profile that fits the network it finds and what the centre has assigned,
    until ``stop`` is set. ``untold``: what is checked while it has assigned nothing; None: the packaged profile.
    ``identity``: who this machine is to its centre, where that may change meanwhile."""
    centre = centre or Centre()
    promised = False

    def goodbye() -> GoodbyeReason:
        nonlocal promised
        promised = not stop.is_set()
        return GoodbyeReason.RESTART if promised else platform.leaving()

    # one that was stopped after it had told of a restart is followed by another, which tells the truth and ends
    while not stop.is_set() or promised:
        promised = False
        here = identity.take_up() if identity else config
        centre.adopt()
        wanted = beside(config.profile or centre.assigned.profile or untold, config.checks)
        profile = profile_for(wanted, _network(platform) or NetworkState())
        done = asyncio.Event()
        centre.on_offer = done.set
        watching = [asyncio.create_task(_watch(wanted, platform, clock, profile, stop, done))]
        if identity is not None:
            watching.append(asyncio.create_task(_watch_identity(identity, clock, done)))
        try:
            await agent(here, profile, platform, done, goodbye)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)


async def _watch(
    wanted: Profile | None,
    platform: Platform,
    clock: Clock,
    profile: Profile,
    stop: asyncio.Event,
    done: asyncio.Event,
) -> None:
    """Set ``done`` when ``stop`` is, or when another profile has fitted this PC for some looks in a row."""
    seen: list[Profile] = []
    while not await sleep_or(clock, LOOK_EVERY_S, stop):
        network = _network(platform)
        now = profile_for(wanted, network) if network else profile
        seen = [*seen, now] if now != profile and seen[-1:] in ([], [now]) else []
        if len(seen) >= SAME_LOOKS:
            _log.info("this machine's gateways or resolvers have changed: its checks are set up anew")
            break
    done.set()


async def _watch_identity(identity: Identity, clock: Clock, done: asyncio.Event) -> None:
    """Set ``done`` when this machine has been enrolled meanwhile."""
    while not await sleep_or(clock, IDENTITY_EVERY_S, done):
        if identity.has_changed():
            _log.info("this machine has been enrolled: it begins anew as whom the centre knows it")
            done.set()


def _network(platform: Platform) -> NetworkState | None:
    """The machine's network now; None where it cannot say, which must keep nothing from running or from stopping."""
    try:
        return platform.network()
    except Exception as exc:  # noqa: BLE001  # systems and psutil fail in many ways
        _log.warning("this machine does not tell its network: %s: %s", type(exc).__name__, exc)
        return None
