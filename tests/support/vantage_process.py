"""A real vantage in a process of its own, beside a collector that it watches; to it a minute is six seconds."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sansang_agent.dead_man import FILE

PATIENCE_S = 40.0
ALERTS = Path(sys.executable).with_name("sansang-alerts")
"""What it starts when the collector is silent."""


class Vantage:
    """Started by :meth:`start`; see hasty_vantage. ``token``: an agent's of the collector at ``url``."""

    def __init__(self, folder: Path, url: str, token: str, after_minutes: int = 1) -> None:
        """The dead man's file is ``deadman.json`` in the folder, where the collector has to write it."""
        self.data = folder / "vantage"
        self.log = folder / "vantage.log"
        self.file = folder / "deadman.json"
        secret = folder / "vantage.token"
        secret.write_text(token, encoding="utf-8")
        secret.chmod(0o600)
        settings = {
            "collector": {"url": url, "token_file": str(secret)},
            "data_dir": str(self.data),
            "report_period": 1,
            "policy": {"networks": ["127.0.0.0/8"]},
            "dead_man": {"channels": "deadman.json", "after_minutes": after_minutes, "program": str(ALERTS)},
        }
        self._config = folder / "vantage.yml"
        self._config.write_text(json.dumps(settings), encoding="utf-8")
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["run", "--vantage", "--config", str(self._config)]
        with self.log.open("ab") as out:
            command = [sys.executable, "-m", "tests.support.hasty_vantage", *options]
            self._running = subprocess.Popen(command, stdout=out, stderr=out)

    def kill(self) -> None:
        """As a power cut would end it; the program that it started goes with it."""
        for child in self._children("pid="):
            os.kill(int(child), 9)
        assert self._running is not None
        self._running.kill()
        self._running.wait(20)

    def stop(self) -> int:
        assert self._running is not None
        self._running.terminate()
        return self._running.wait(20)

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            is_alive = self._running is not None and self._running.poll() is None
            is_late = time.monotonic() > deadline
            assert not is_late, self.log.read_text(encoding="utf-8")
            assert is_alive, self.log.read_text(encoding="utf-8")
            time.sleep(0.05)

    def is_in_contact(self) -> bool:
        status = self.data / "status.json"
        return status.exists() and json.loads(status.read_bytes()).get("last_error") is None

    def is_watching(self) -> bool:
        """Whether it hears the collector, and could tell people if it did not."""
        return self.is_in_contact() and self.file.exists()

    @property
    def watched(self) -> Path:
        return self.data / FILE

    def commands(self) -> list[str]:
        """What it has started and is running, as the system shows it."""
        return self._children("args=")

    def _children(self, what: str) -> list[str]:
        assert self._running is not None
        command = ["ps", "-ww", "-o", what, "--ppid", str(self._running.pid)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
