"""A machine with no profile of its own and a real collector: it is assigned one, follows it, and keeps it."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from sansang_agent import status
from sansang_agent.agent import Lasting, run_agent
from sansang_agent.assignment_file import kept
from sansang_agent.clock import SystemClock
from sansang_agent.commands.run import keep_running
from sansang_agent.config import AgentConfig, CollectorConfig
from sansang_agent.contract.assignment import Role
from sansang_agent.identity import centre_for
from sansang_agent.platform import NetworkState
from sansang_collector import fleet_changes
from sansang_collector.contact import MACHINE
from sansang_collector.fleet_changes import Change
from sansang_collector.inventory import versions
from sansang_collector.inventory.model import Core, Inventory, Topology
from sansang_collector.store import Store
from tests.collector.profiles.fleets import an_inventory
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.fake_machine import FakeMachine

PATIENCE = 60.0


class OnLoopback(FakeMachine):
    """Everything it may ask is this machine itself."""

    def network(self) -> NetworkState:
        return NetworkState(gateways=("127.0.0.1",))


def loopback_inventory() -> Inventory:
    whole = an_inventory(1, ())
    return Inventory(
        province=whole.province, communes=whole.communes, topology=Topology(core=Core(address="127.0.0.1"))
    )


class Pair:
    """The collector's folder and the machine's."""

    def __init__(self, collector: CollectorProcess, folder: Path) -> None:
        token = folder / "token"
        token.write_text(collector.token("agent", "00004", "may"))
        reaches = CollectorConfig(url=collector.url, token_file=str(token))
        self.config = AgentConfig(collector=reaches, data_dir=str(folder / "data"), report_period=1.0)
        self.data = folder / "data"
        self._store = Store(collector.data)

    def told(self) -> str:
        """Which assignment the collector heard the machine follows."""
        with self._store.read() as connection:
            return connection.scalar(select(MACHINE.c.assigned)) or ""

    def seen(self) -> set[str]:
        """The checks the machine has results of."""
        said = status.read(self.data)
        return set(said.results) if said else set()

    def become(self, role: Role, now: float) -> None:
        self._store.write_sync(lambda it: fleet_changes.apply(it, [1], Change(role), "test", now))

    def close(self) -> None:
        self._store.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():  # noqa: ASYNC110  # another process is waited for
                await asyncio.sleep(0.05)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = Store(tmp_path / "collector")
    store.write_sync(lambda it: versions.apply(it, loopback_inventory(), 1.0, ""))
    store.close()
    return tmp_path / "collector"


async def test_a_machine_follows_what_it_is_assigned_and_what_it_is_assigned_next(data: Path, tmp_path: Path) -> None:
    with running_collector(data) as collector:
        pair = Pair(collector, tmp_path)
        stop, machine = asyncio.Event(), OnLoopback()
        centre = centre_for(pair.config)
        agent = partial(run_agent, lasting=Lasting(centre=centre))
        running = asyncio.create_task(keep_running(pair.config, machine, SystemClock(machine), stop, agent, centre))
        await pair.until(lambda: pair.told() != "")
        first = pair.told()
        pair.become(Role.KIOSK, 2.0)
        await pair.until(lambda: pair.told() not in ("", first))
        second = pair.told()
        await pair.until(lambda: pair.seen() >= {"machine", "gateway"})
        stop.set()
        await running
        pair.close()

    said = status.newest([pair.data])
    assert said is not None
    assert (said.assigned, said.role, said.assignment_error) == (second, "kiosk", None)
    assert kept([pair.data], collector.url).hash == second
