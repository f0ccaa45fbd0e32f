"""A real collector in a process of its own on a free port of loopback, and the tokens to use it with.

As a program (``python -m tests.support.collector_process``) it starts one on a new data directory, prints its address
and waits for the end of its standard input.
"""

import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from sqlalchemy import Connection

from sansang_collector import agents, tokens
from sansang_collector.store import Store
from tests.support.nursery import Nursling, nursery

START_SECONDS = 90.0
"""A busy machine takes many times as long as one that does nothing else."""


class CollectorProcess:
    """Started when made; :meth:`stop` ends it as an administrator would, :meth:`kill` as a power cut would."""

    def __init__(self, data: Path, config: Path | None = None, port: int = 0) -> None:
        self.data = data
        self.log = data / "serve.log"
        ready = data / "ready"
        ready.unlink(missing_ok=True)
        data.mkdir(parents=True, exist_ok=True)
        placed = ["--data", str(data), *(["--config", str(config)] if config else [])]
        options = [*placed, "--listen", f"127.0.0.1:{port}", "--ready-file", str(ready)]
        self._process = _started("serve", *options, log=self.log)
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the collector did not start:\n{self.log.read_text(encoding='utf-8')}")
            time.sleep(0.02)
        self.url = ready.read_text(encoding="utf-8").strip()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def pid(self) -> int:
        return self._process.pid

    def token(self, scope: str, commune: str = "", name: str = "") -> str:
        """The secret of a new token, for example ``token("agent", "05983", "pc-1")``; made without a process."""
        return token(self.data, scope, commune, name)

    def run(self, *arguments: str) -> str:
        """What a command of ``sansang-collector`` prints."""
        done = subprocess.run(_command(*arguments), capture_output=True, text=True, encoding="utf-8", check=True)
        return done.stdout.strip()

    def client(self, *scope: str) -> httpx.Client:
        """An HTTP client with a new token of this scope; without one if none is named."""
        headers = {"Authorization": f"Bearer {self.token(*scope)}"} if scope else {}
        verify = self.trust() if self.url.startswith("https:") else True
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, verify=verify)

    def trust(self) -> ssl.SSLContext:
        """Trusts the collector's own authority, and checks all that a client may."""
        made = ssl.create_default_context(cafile=str(self.data / "tls" / "ca.pem"))
        made.verify_flags |= ssl.VERIFY_X509_STRICT
        return made

    def hang_up(self) -> None:
        """Ask it to read its settings again."""
        if sys.platform != "win32":
            os.kill(self._process.pid, signal.SIGHUP)

    def stop(self) -> int:
        """End it by SIGTERM; its exit status."""
        self._process.terminate()
        return self._process.wait(timeout=60)

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._process.kill()
        self._process.wait(timeout=60)


@contextmanager
def running_collector(data: Path, config: Path | None = None) -> Iterator[CollectorProcess]:
    """A collector that lives as long as the context."""
    collector = CollectorProcess(data, config)
    try:
        yield collector
    finally:
        collector.kill()


def token(data: Path, scope: str, commune: str = "", name: str = "") -> str:
    """The secret of a new token of the collector that has its files there, running or not."""
    store = Store(data)
    try:
        return store.write_sync(lambda connection: _issue(connection, scope, commune, name))
    finally:
        store.close()


def _issue(connection: Connection, scope: str, commune: str, name: str) -> str:
    agent = agents.register(connection, commune, name, time.time()) if scope == "agent" else None
    return tokens.issue(connection, scope, f"{commune}/{name}" if agent else scope, time.time(), agent)[1]


def _started(*arguments: str, log: Path) -> "subprocess.Popen[bytes] | Nursling":
    if sys.platform == "win32":
        with log.open("ab") as out:
            return subprocess.Popen(_command(*arguments), stdout=out, stderr=out)
    else:
        return nursery().start(arguments, log)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sansang_collector", *arguments]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, running_collector(Path(folder)) as started:
        print(started.url, flush=True)
        sys.stdin.read()
