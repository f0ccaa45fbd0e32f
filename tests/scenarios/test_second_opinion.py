"""Two machines of one commune and a real collector: one fails, the other is asked before anything is said."""

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from sansang_agent import pace
from sansang_agent.agent import Lasting, run_agent
from sansang_agent.clock import SystemClock
from sansang_agent.commands.run import keep_running
from sansang_agent.config import AgentConfig, CollectorConfig, PolicyConfig
from sansang_agent.contract.assignment import Role
from sansang_agent.contract.report import Nic
from sansang_agent.identity import centre_for
from sansang_agent.platform import NetworkState
from sansang_collector import agents
from sansang_collector.inventory import versions
from sansang_collector.inventory.model import Inventory, Service, ServiceCheck, ServiceCheckKind
from sansang_collector.store import Store
from standins import TcpStandIn
from tests.collector.profiles.fleets import an_inventory
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.fake_machine import FakeMachine
from tests.support.probing import started

COMMUNE = "00004"
PATIENCE = 100.0
"""Less than the two minutes after which one machine's word counts without a second one."""


class Pc(FakeMachine):
    """Its own way out holds, as far as anybody can tell."""

    def network(self) -> NetworkState:
        return NetworkState(nics=(Nic(name="eth0", up=True),), gateways=("127.0.0.1",))


def with_service(port: int) -> Inventory:
    whole = an_inventory(1, ())
    service = Service(
        id="dvc", name="Cổng dịch vụ công", host="127.0.0.1", max_per_second=50.0,
        checks=(ServiceCheck(kind=ServiceCheckKind.TCP, port=port),),
    )  # fmt: skip
    province = type(whole.province)(name="Thử", code="99", hours="24/7")
    return Inventory(province=province, communes=whole.communes, services=(service,))


async def running_pc(folder: Path, collector: CollectorProcess, name: str, role: Role, stop: asyncio.Event) -> None:
    token = folder / f"{name}.token"
    token.write_text(collector.token("agent", COMMUNE, name))
    store = Store(collector.data)
    store.write_sync(lambda it: agents.register(it, COMMUNE, name, time.time(), role))
    store.close()
    config = AgentConfig(
        collector=CollectorConfig(url=collector.url, token_file=str(token)),
        data_dir=str(folder / name), report_period=1.0, policy=PolicyConfig(networks=("127.0.0.1",)),
    )  # fmt: skip
    machine, centre = Pc(), centre_for(config)
    agent = partial(run_agent, lasting=Lasting(centre=centre))
    await keep_running(config, machine, SystemClock(machine), stop, agent, centre)


class Centre:
    """What it says, every time it is asked."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.states: list[str] = []

    async def until_heard(self, machines: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while sum(_gets_out(one) for one in await self._get("/api/v1/agents")) < machines:
                await self._look()

    async def until(self, state: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.states[-1:] != [state]:
                await self._look()

    async def _look(self) -> None:
        """From the beginning on: a machine of a busy computer may fail before it is made to."""
        (commune,) = await self._get("/api/v1/communes")
        self.states.append(commune["serving"]["state"])
        await asyncio.sleep(0.2)

    async def _get(self, path: str) -> list[Any]:
        answer = await asyncio.to_thread(self._client.get, path)
        return list(answer.json()["items"])


def _gets_out(agent: dict[str, Any]) -> bool:
    """Whether it is known to be one that could be asked."""
    return any(rung["rung"] == "gateway" and rung["light"] == "ok" for rung in agent["rungs"])


@pytest.mark.timeout(240)  # a commune asks one host once a minute
async def test_a_service_that_both_do_not_reach_is_said_once_the_second_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "EARLY", 0.05)
    stop = asyncio.Event()
    async with started(TcpStandIn()) as standin:
        store = Store(tmp_path / "collector")
        store.write_sync(lambda it: versions.apply(it, with_service(standin.port), 1.0, ""))
        store.close()
        with running_collector(tmp_path / "collector") as collector, collector.client("read") as client:
            centre = Centre(client)
            pcs = []
            # one after the other: the first is elected, and the other has never asked the service
            for name, role in (("mini", Role.MINI), ("pc", Role.COUNTER)):
                pcs.append(asyncio.create_task(running_pc(tmp_path, collector, name, role, stop)))
                await centre.until_heard(len(pcs))
            standin.behave("refuse")  # mostly before the first turn; the next would come a minute later
            await centre.until("cannot_serve")
            requests = client.get("/api/v1/requests").json()["items"]
            stop.set()
            await asyncio.gather(*pcs)

    before = [state for state in centre.states if state != "cannot_serve"]
    assert before[-1] == "serving"
    assert [(one["agent_name"], one["who"], one["why"], one["state"]) for one in requests] == [
        ("pc", "collector", "second opinion", "answered")
    ]
