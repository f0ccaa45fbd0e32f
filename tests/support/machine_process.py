"""A computer with an agent on it, in a process of its own; as another user too, where the tests run as root."""

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sansang_agent import status
from sansang_agent.status import Status
from tests.support.needs import OTHER_USER, other_users_python

PATIENCE = 60.0
_NEEDED = ("sansang_agent", "h11", "msgspec", "psutil", "yaml", "_yaml")
_CONFIG = """
report_period: 1
profile:
  checks:
    - {id: gw, kind: tcp, rung: gateway, target: "127.0.0.1:GATEWAY", period: 1, timeout: 0.5, confirm: false}
"""
NO_GATEWAY = 1


class Machine:
    """A computer with an agent running on it, every second asking a port of loopback as its gateway.

    ``other_user``: its processes are another user's than the test's.
    """

    def __init__(self, folder: Path, *, gateway: int = NO_GATEWAY, other_user: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / "data"
        self.log = folder / "run.log"
        self._file = folder / "agent.yml"
        self._file.write_text(f"data_dir: {self.data}\n{_CONFIG}".replace("GATEWAY", str(gateway)), encoding="utf-8")
        self._program, self._who = [sys.executable], dict[str, Any]()
        if other_user:
            self._program = [other_users_python(), "-B"]
            environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(_packages(folder))}
            self._who = {"user": OTHER_USER, "group": "nogroup", "extra_groups": [], "cwd": folder, "env": environment}
            shutil.chown(folder, OTHER_USER, "nogroup")
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self._running = subprocess.Popen(self._command("run"), stdout=out, stderr=out, **self._who)

    def stop(self) -> None:
        if self._running is not None:
            self._running.terminate()
            self._running.wait(timeout=60)

    def kill(self) -> None:
        """As a power cut would end it."""
        assert self._running is not None
        self._running.kill()
        self._running.wait(timeout=60)

    def told(self) -> str:
        """What the running agent has logged."""
        return self.log.read_text(encoding="utf-8")

    def command(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        """A command of ``sansang`` that a test talks to while it runs."""
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
        return subprocess.Popen(self._command(name, *arguments), **pipes, **self._who)

    async def sansang(self, name: str, *arguments: str, lang: str = "en") -> str:
        """All that a command prints."""
        running = self.command(name, *arguments, "--lang", lang)
        return (await asyncio.to_thread(running.communicate))[0]

    async def says(self, wanted: Callable[[Status], bool]) -> Status:
        """The agent's status as soon as it is as wanted."""
        async with asyncio.timeout(PATIENCE):
            while (said := status.read(self.data)) is None or not wanted(said):  # noqa: ASYNC110  # it is a file
                await asyncio.sleep(0.05)
        return said

    def _command(self, name: str, *arguments: str) -> list[str]:
        return [*self._program, "-m", "sansang_agent", name, *arguments, "--config", str(self._file)]


def _packages(folder: Path) -> Path:
    """A copy of the agent and of what it needs, readable by everybody."""
    copied = folder.parent / "packages"
    if not copied.exists():
        for name in _NEEDED:
            found = importlib.util.find_spec(name)
            assert found is not None
            assert found.origin is not None
            shutil.copytree(Path(found.origin).parent, copied / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copied
