"""A real ``sansang-alerts serve`` in a process of its own on a free port of loopback, and the tokens to use it with."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

START_S = 60.0


class AlertsProcess:
    """Started when made; :meth:`stop` ends it as an administrator would, :meth:`kill` as a power cut would."""

    def __init__(self, config: Path, data: Path, *more: str) -> None:
        """``more``: further options."""
        self.data = data
        self.log = config.with_name("serve.log")
        ready = config.with_name("ready")
        ready.unlink(missing_ok=True)
        options = ["--config", str(config), "--listen", "127.0.0.1:0", "--ready-file", str(ready), *more]
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sansang_alerts", "serve", *options], stdout=out, stderr=out
            )
        deadline = time.monotonic() + START_S
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"alerts did not start:\n{self.log.read_text(encoding='utf-8')}")
            time.sleep(0.02)
        self.url = ready.read_text(encoding="utf-8").strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def token(self, name: str) -> str:
        """``alertmanager`` or ``page``."""
        return (self.data / f"{name}.token").read_text(encoding="ascii").strip()

    def stop(self) -> int:
        """Its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(START_S)

    def kill(self) -> None:
        """At once."""
        self._process.kill()
        self._process.wait(START_S)
