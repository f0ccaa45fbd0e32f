import asyncio

from sansang_agent.commands.run import LOOK_EVERY_S, keep_running
from sansang_agent.config import AgentConfig
from sansang_agent.contract.check import IcmpCheck, Profile
from sansang_agent.contract.rung import Rung
from sansang_agent.platform import NetworkState, Platform
from tests.support.fake_clock import FakeClock, settled
from tests.support.probing import OtherMachine

CONFIG = AgentConfig(profile=Profile(checks=(IcmpCheck(id="gw", rung=Rung.GATEWAY, target="{gateway}"),)))


class Roaming(OtherMachine):
    """A machine whose gateway a test changes."""

    gateway = ""

    def network(self) -> NetworkState:
        return NetworkState(gateways=(self.gateway,) if self.gateway else ())


class Agents:
    """Remembers with which targets agents were started."""

    def __init__(self) -> None:
        self.started: list[list[str]] = []

    async def run(self, _config: AgentConfig, profile: Profile, _platform: Platform, stop: asyncio.Event) -> None:
        self.started.append([check.target for check in profile.checks])
        await stop.wait()


async def walked(gateways: list[str]) -> list[list[str]]:
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
    return agents.started


async def test_an_agent_started_before_its_network_gets_its_gateway_later() -> None:
    assert await walked(["", "", "192.0.2.1", "192.0.2.1", "192.0.2.1"]) == [[], ["192.0.2.1"]]


async def test_a_change_that_does_not_last_restarts_nothing() -> None:
    assert await walked(["192.0.2.1", "", "192.0.2.1", "192.0.2.9", "192.0.2.8", "192.0.2.1"]) == [["192.0.2.1"]]


async def test_an_agent_whose_network_stays_runs_once() -> None:
    assert await walked(["192.0.2.1"] * 5) == [["192.0.2.1"]]
