import asyncio
from pathlib import Path
from typing import Any

import msgspec

from sansang_agent.agent import Goodbyes
from sansang_agent.centre import Centre
from sansang_agent.commands.run import LOOK_EVERY_S, UNTOLD_VANTAGE, keep_running
from sansang_agent.config import AgentConfig, CollectorConfig
from sansang_agent.contract.assignment import Assignment
from sansang_agent.contract.check import IcmpCheck, Profile
from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import GoodbyeReason
from sansang_agent.contract.rung import Rung
from sansang_agent.enrolment import Draft
from sansang_agent.identity import LOOK_EVERY_S as IDENTITY_EVERY_S
from sansang_agent.identity import Identity, centre_for
from sansang_agent.platform import NetworkState, Platform
from tests.support.fake_centre import joined
from tests.support.fake_clock import FakeClock, settled
from tests.support.probing import OtherMachine

CONFIG = AgentConfig(profile=Profile(checks=(IcmpCheck(id="gw", rung=Rung.GATEWAY, target="{gateway}"),)))


BROKEN = "broken"
"""Stands for a machine that cannot say what its network is."""


class Roaming(OtherMachine):
    """A machine whose gateway a test changes."""

    gateway = ""

    def network(self) -> NetworkState:
        if self.gateway == BROKEN:
            raise OSError("netlink says no")
        return NetworkState(gateways=(self.gateway,) if self.gateway else ())


class Agents:
    """Remembers with which targets agents were started."""

    def __init__(self) -> None:
        self.started: list[list[str]] = []
        self.goodbyes: list[GoodbyeReason] = []

    async def run(
        self, _config: AgentConfig, profile: Profile, _platform: Platform, stop: asyncio.Event, goodbye: Goodbyes
    ) -> None:
        self.started.append([check.target for check in profile.checks])
        await stop.wait()
        self.goodbyes.append(goodbye())


async def walked(gateways: list[str]) -> list[list[str]]:
    """With which targets agents were started; see :func:`agents_of`."""
    return (await agents_of(gateways)).started


async def agents_of(gateways: list[str]) -> Agents:
    """What was started while the machine's gateway went through ``gateways``, one per look."""
    machine, clock, agents, stop = Roaming(), FakeClock(), Agents(), asyncio.Event()
    machine.gateway = gateways[0]
    running = asyncio.create_task(keep_running(CONFIG, machine, clock, stop, agents.run))
    await settled()
    for gateway in gateways[1:]:
        machine.gateway = gateway
        await clock.advance(LOOK_EVERY_S)
    stop.set()
    await clock.advance(LOOK_EVERY_S)
    await running
    return agents


async def test_an_agent_started_before_its_network_gets_its_gateway_later() -> None:
    assert await walked(["", "", "192.0.2.1", "192.0.2.1", "192.0.2.1"]) == [[], ["192.0.2.1"]]


async def test_a_change_that_does_not_last_restarts_nothing() -> None:
    assert await walked(["192.0.2.1", "", "192.0.2.1", "192.0.2.9", "192.0.2.8", "192.0.2.1"]) == [["192.0.2.1"]]


async def test_an_agent_whose_network_stays_runs_once() -> None:
    assert await walked(["192.0.2.1"] * 5) == [["192.0.2.1"]]


async def test_a_machine_that_does_not_tell_its_network_keeps_its_agent_and_can_still_be_stopped() -> None:
    assert await walked(["192.0.2.1", BROKEN, BROKEN, BROKEN, "192.0.2.1"]) == [["192.0.2.1"]]
    assert await walked([BROKEN, BROKEN, "192.0.2.1", "192.0.2.1"]) == [[], ["192.0.2.1"]]


async def test_a_change_of_network_is_a_restart_and_a_signal_is_a_stop() -> None:
    agents = await agents_of(["", "192.0.2.1", "192.0.2.1"])

    assert agents.goodbyes == [GoodbyeReason.RESTART, GoodbyeReason.STOP]


async def test_an_agent_stopped_after_it_told_of_a_restart_is_not_said_to_come_back() -> None:
    machine, clock, stop = Roaming(), FakeClock(), asyncio.Event()

    class Slow(Agents):
        async def run(self, *parts: Any) -> None:
            await super().run(*parts)
            stop.set()  # while it still sends its goodbye

    agents = Slow()
    running = asyncio.create_task(keep_running(CONFIG, machine, clock, stop, agents.run))
    await settled()
    machine.gateway = "192.0.2.1"
    for _ in range(3):
        await clock.advance(LOOK_EVERY_S)
    await running

    assert agents.goodbyes == [GoodbyeReason.RESTART, GoodbyeReason.STOP]


def assigned(*targets: str) -> bytes:
    checks = tuple(IcmpCheck(id=f"c{n}", rung=Rung.CORE, target=target) for n, target in enumerate(targets))
    return encode(Assignment(profile=Profile(checks=checks)))


async def test_a_new_assignment_restarts_the_checks_and_nothing_else(tmp_path: Path) -> None:
    machine, clock, agents, stop = Roaming(), FakeClock(), Agents(), asyncio.Event()
    centre = Centre(tmp_path)
    centre.offer(assigned("192.0.2.1"))
    running = asyncio.create_task(keep_running(AgentConfig(), machine, clock, stop, agents.run, centre))
    await settled()

    centre.offer(assigned("192.0.2.2", "{gateway}"))
    await settled()
    centre.offer(b"broken")
    centre.offer(assigned("192.0.2.2", "{gateway}"))
    await settled()
    stop.set()
    await clock.advance(LOOK_EVERY_S)
    await running

    assert agents.started == [["192.0.2.1"], ["192.0.2.2"]]
    assert agents.goodbyes == [GoodbyeReason.RESTART, GoodbyeReason.STOP]


async def test_a_vantage_asks_nobody_until_the_centre_says_whom(tmp_path: Path) -> None:
    machine, clock, agents, stop = Roaming(), FakeClock(), Agents(), asyncio.Event()
    centre = Centre(tmp_path)
    running = asyncio.create_task(
        keep_running(AgentConfig(), machine, clock, stop, agents.run, centre, untold=UNTOLD_VANTAGE)
    )
    await settled()
    centre.offer(assigned("192.0.2.2"))
    await settled()
    stop.set()
    await clock.advance(LOOK_EVERY_S)
    await running

    assert agents.started == [["local"], ["192.0.2.2"]]


def test_a_profile_of_its_own_or_no_collector_means_no_centre(tmp_path: Path) -> None:
    collector = CollectorConfig(url="https://centre.example", token_file="t")
    followed = AgentConfig(collector=collector, data_dir=str(tmp_path))
    first = centre_for(followed)
    first.offer(assigned("192.0.2.1"))

    assert centre_for(followed).assigned.hash
    assert not centre_for(msgspec.structs.replace(followed, profile=Profile())).assigned.hash
    assert not centre_for(msgspec.structs.replace(followed, collector=None)).assigned.hash


def test_what_another_collector_assigned_is_not_done_for_this_one(tmp_path: Path) -> None:
    collector = CollectorConfig(url="https://centre.example", token_file="t")
    config = AgentConfig(collector=collector, data_dir=str(tmp_path))
    centre_for(config).offer(assigned("192.0.2.1"))

    elsewhere = msgspec.structs.replace(collector, url="https://other.example")
    assert not centre_for(msgspec.structs.replace(config, collector=elsewhere)).assigned.hash


class Followers(Agents):
    """Remembers as whom agents were started."""

    def __init__(self) -> None:
        super().__init__()
        self.collectors: list[tuple[str, str]] = []

    async def run(self, config: AgentConfig, *parts: Any) -> None:
        self.collectors.append((config.collector.url if config.collector else "", config.commune.code))
        await super().run(config, *parts)


def enrol(folder: Path, url: str = "https://centre.example", *, again: bool = False) -> None:
    Draft.begin(folder).keep(url, joined(), "", again=again)


async def test_an_agent_that_runs_already_takes_its_enrolment_up(tmp_path: Path) -> None:
    clock, agents, stop, centre = FakeClock(), Followers(), asyncio.Event(), Centre()
    config = AgentConfig(data_dir=str(tmp_path))
    identity = Identity(config, centre)
    running = asyncio.create_task(keep_running(config, Roaming(), clock, stop, agents.run, centre, identity=identity))
    await settled()

    for url in ("https://centre.example", "https://other.example"):
        enrol(tmp_path, url, again=True)
        await clock.advance(IDENTITY_EVERY_S)
        assert agents.collectors[-1] == (url, "05983")
        centre.offer(assigned("192.0.2.9"))
        await settled()
        assert centre.assigned.hash
    (tmp_path / "enrolment" / "enrolment.json").write_text("damaged")
    await clock.advance(10 * IDENTITY_EVERY_S)
    stop.set()
    await clock.advance(LOOK_EVERY_S)
    await running

    assert agents.collectors[:2] == [("", ""), ("https://centre.example", "05983")]
    assert agents.collectors[-1] == ("https://other.example", "05983")
    assert len(agents.collectors) == 5, "two enrolments and two assignments"
    assert agents.started[3] != ["192.0.2.9"], "what one collector assigned is not done for another"


async def test_a_file_that_names_its_collector_takes_no_enrolment_up(tmp_path: Path) -> None:
    clock, agents, stop, centre = FakeClock(), Followers(), asyncio.Event(), Centre()
    config = AgentConfig(data_dir=str(tmp_path), collector=CollectorConfig(url="https://own.example", token_file="t"))
    running = asyncio.create_task(
        keep_running(config, Roaming(), clock, stop, agents.run, centre, identity=Identity(config, centre))
    )
    await settled()
    enrol(tmp_path)
    await clock.advance(2 * IDENTITY_EVERY_S)
    stop.set()
    await clock.advance(LOOK_EVERY_S)
    await running

    assert agents.collectors == [("https://own.example", "")]
