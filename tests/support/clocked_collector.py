"""A real collector in a process of its own whose clock the test turns: it can be played to fast, and killed.

As a program (``python -m tests.support.clocked_collector FOLDER PORT NOW SETTINGS``, the last as JSON) it takes lines:
a time to turn the clock to (Unix seconds), or ``settle`` to be told, by ``settled``, once everything that came has had
its effect.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from sansang_collector.settings import CollectorSettings
from sansang_collector.simulation import own_collector


class ClockedCollector:
    """Started when made."""

    def __init__(self, folder: Path, now: float, port: int = 0, **settings: Any) -> None:
        self.settings = settings
        command = [sys.executable, "-m", __spec__.name, str(folder), str(port), str(now), json.dumps(settings)]
        with (folder / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8"
            )
        self.url = self._said()

    def now(self, at: float) -> None:
        """Turn its clock."""
        self._say(str(at))
        assert self._said() == "turned"

    async def settle(self) -> None:
        """Wait until all that was taken has had its effect, and no look is due."""
        self._say("settle")
        assert await asyncio.to_thread(self._said) == "settled"

    def kill(self) -> None:
        """As a power cut would."""
        self._process.kill()
        self._process.wait(timeout=60)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


async def _serve(folder: str, port: str, now: float, more: str) -> None:
    clock = [now]
    given = {"data_dir": folder, "listen": f"127.0.0.1:{port}"} | json.loads(more)
    settings = msgspec.convert(given, CollectorSettings)
    async with own_collector.running(settings, lambda: clock[0], 100.0) as own:
        print(own.url, flush=True)
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            if line == "settle":
                await own.settled()
                print("settled", flush=True)
            else:
                clock[0] = float(line)
                print("turned", flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]))
