"""The two programs as processes that a soak kills, suspends and measures."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import psutil
import yaml

from sansang_agent import status
from tests.support.collector_process import CollectorProcess
from world import World

PERIOD_S = 2.0


class Centre:
    """A collector that comes back on the same data and port."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.process = CollectorProcess(data)
        self.port = self.process.port
        self.kills = 0

    @property
    def url(self) -> str:
        """Where agents report to."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.kills += 1

    def start(self) -> None:
        """Begin again where the killed one ended."""
        self.process = CollectorProcess(self.data, port=self.port)

    @property
    def pid(self) -> int:
        """Of the process now running."""
        return self.process.pid


class Machine:
    """An agent with a wall clock of its own."""

    def __init__(self, folder: Path, number: int, centre: Centre, world: World) -> None:
        self.number = number
        """As in the ledger, which numbers agents as their tokens are made."""
        self.name = f"quay-{number}"
        self.folder = folder / self.name
        self.folder.mkdir(parents=True)
        self.kills = 0
        self._clock = folder / f"{self.name}.clock"
        self._config = folder / f"{self.name}.yml"
        token = folder / f"{self.name}.token"
        token.touch(0o600)
        token.write_text(centre.process.token("agent", "05986", self.name), encoding="utf-8")
        settings = _quick(world.settings()) | {
            "collector": {"url": centre.url, "token_file": str(token)},
            "data_dir": str(self.folder),
        }
        self._config.write_text(yaml.safe_dump(msgspec.to_builtins(settings), allow_unicode=True), encoding="utf-8")
        self.set_clock(0.0)
        self.start()

    @property
    def spool(self) -> Path:
        """Its spool's file."""
        return self.folder / "spool.db"

    @property
    def pid(self) -> int:
        """Of the process now running."""
        return self.process.pid

    @property
    def waiting(self) -> int:
        """How many reports it holds, by its own word."""
        said = status.read(self.folder)
        return said.spool.rows if said else 0

    def set_clock(self, offset_s: float) -> None:
        """Let its wall clock be wrong by so much; replaced whole, for it is read at any moment."""
        new = self._clock.with_suffix(".new")
        new.write_text(f"{offset_s}", encoding="ascii")
        new.replace(self._clock)

    def start(self) -> None:
        """Begin, or begin again."""
        command = [sys.executable, "-m", "tests.soak.odd_clock", str(self._config), str(self._clock)]
        with self.folder.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()
        self.kills += 1

    def stop(self) -> int:
        """SIGTERM, as an administrator would; its exit status."""
        self.process.terminate()
        return self.process.wait(20)


def _quick(settings: dict[str, Any]) -> dict[str, Any]:
    for check in settings["profile"]["checks"]:
        check |= {"period": PERIOD_S, "confirm": False}
    return settings | {"report_period": PERIOD_S}


def suspend(pid: int) -> None:
    """As a machine that sleeps, or a process the system will not run."""
    psutil.Process(pid).suspend()


def resume(pid: int) -> None:
    """Let it run again."""
    psutil.Process(pid).resume()


def memory_mib(pid: int) -> float:
    """Resident memory."""
    return float(psutil.Process(pid).memory_info().rss) / 2**20
