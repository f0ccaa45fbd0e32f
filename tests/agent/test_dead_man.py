"""The program that tells of a silent collector: started once, ended when the collector is back, and told the end."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sansang_agent import dead_man
from sansang_agent.centre import Contact
from sansang_agent.config import AgentConfig, CollectorConfig, DeadManConfig
from sansang_agent.dead_man import FILE, MOST_STARTS, DeadMan, dead_man_for
from sansang_agent.hindrance import Hindrance
from tests.support.fake_clock import FakeClock

COMMAND = ("sansang-alerts", "deadman", "--channels", "deadman.json")
AFTER_S = 300.0


class Program:
    """One that runs until it is told to end."""

    def __init__(self, times: Sequence[str]) -> None:
        self.times = times
        self.status: int | None = None

    def poll(self) -> int | None:
        return self.status

    def terminate(self) -> None:
        self.status = -15

    kill = terminate

    def wait(self, timeout: float | None = None) -> int:
        assert self.status is not None, timeout
        return self.status


class Vantage:
    """A machine with a dead man, whose hours pass at once."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.contact = Contact(mono=self.clock.mono())
        self.programs: list[Program] = []
        self.missing = False
        self._folder = folder
        self.begin()

    def begin(self) -> None:
        """Start the agent, as if anew."""
        self.man = DeadMan(COMMAND, AFTER_S, self._folder, lambda: self.contact, self.clock, self._start)

    def _start(self, command: Sequence[str]) -> Program:
        if self.missing:
            raise FileNotFoundError(2, "No such file or directory")
        assert tuple(command[:4]) == COMMAND
        self.programs.append(Program(command[4:]))
        return self.programs[-1]

    async def passes(self, seconds: float, *, answers: bool = False) -> None:
        for _ in range(int(seconds / 5)):
            await self.clock.advance(5.0)
            if answers:
                self.contact.mono = self.clock.mono()
            self.man.look()


@pytest.fixture
def vantage(tmp_path: Path) -> Vantage:
    return Vantage(tmp_path)


async def test_a_silence_starts_one_program_with_its_beginning(vantage: Vantage) -> None:
    await vantage.passes(600, answers=True)
    since = vantage.clock.wall()
    await vantage.passes(7200)

    assert [program.times for program in vantage.programs] == [["--since", f"{since:.3f}"]]


async def test_its_end_ends_the_program_and_starts_one_that_tells_it(vantage: Vantage, tmp_path: Path) -> None:
    since = vantage.clock.wall()
    await vantage.passes(1800)
    back = vantage.clock.wall() + 5
    await vantage.passes(600, answers=True)

    first, last = vantage.programs
    assert first.status == -15
    assert last.times == ["--since", f"{since:.3f}", "--ended", f"{back:.3f}"]
    last.status = 0
    await vantage.passes(3600, answers=True)
    assert len(vantage.programs) == 2
    assert not (tmp_path / FILE).exists()


async def test_an_agent_that_is_started_in_a_silence_goes_on_with_the_same_one(vantage: Vantage) -> None:
    await vantage.passes(600)
    vantage.contact = Contact()
    vantage.begin()
    await vantage.passes(AFTER_S - 10)
    assert len(vantage.programs) == 1
    await vantage.passes(600)

    assert len(vantage.programs) == 2
    assert vantage.programs[0].times == vantage.programs[1].times


async def test_an_agent_that_is_started_after_a_silence_tells_its_end(vantage: Vantage) -> None:
    await vantage.passes(600)
    vantage.begin()
    await vantage.passes(120, answers=True)

    assert len(vantage.programs) == 2
    assert "--ended" in vantage.programs[1].times


async def test_a_program_that_fails_is_started_again_but_not_for_ever(vantage: Vantage) -> None:
    await vantage.passes(AFTER_S)
    for _ in range(60):
        vantage.programs[-1].status = 1
        await vantage.passes(60)

    assert len(vantage.programs) == MOST_STARTS


async def test_a_program_that_is_not_there_is_said_and_tried_again(
    vantage: Vantage, caplog: pytest.LogCaptureFixture
) -> None:
    vantage.missing = True
    with caplog.at_level(logging.ERROR):
        await vantage.passes(AFTER_S)
    vantage.missing = False
    await vantage.passes(120)

    assert "sansang-alerts cannot be started" in caplog.text
    assert len(vantage.programs) == 1


async def test_a_collector_that_refuses_this_machine_is_not_silent(vantage: Vantage) -> None:
    vantage.contact.hindrance = Hindrance.REVOKED
    await vantage.passes(7200)

    assert vantage.programs == []


async def test_a_broken_file_of_a_silence_is_none(vantage: Vantage, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"{")
    vantage.begin()
    await vantage.passes(600)

    assert len(vantage.programs) == 1


def test_only_a_vantage_watches(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    watching = DeadManConfig(channels=str(tmp_path / "deadman.json"))
    config = AgentConfig(collector=CollectorConfig(url="https://127.0.0.1:1", token_file="t"), dead_man=watching)

    with caplog.at_level(logging.WARNING):
        assert dead_man_for(config, tmp_path, Contact, FakeClock(), vantage=False) is None
        assert dead_man_for(config, tmp_path, Contact, FakeClock(), vantage=True) is not None

    assert "is a vantage's" in caplog.text
    assert f"there is no file {tmp_path / 'deadman.json'}" in caplog.text
    assert dead_man_for(AgentConfig(), tmp_path, Contact, FakeClock(), vantage=True) is None


def test_the_program_is_the_one_beside_this_one_unless_it_is_named() -> None:
    beside = dead_man.command(DeadManConfig(channels="f"))
    named = dead_man.command(DeadManConfig(channels="f", program="/opt/sansang/bin/sansang-alerts"))

    assert Path(beside[0]).parent == Path(sys.executable).parent
    assert named == ["/opt/sansang/bin/sansang-alerts", "deadman", "--channels", "f"]
