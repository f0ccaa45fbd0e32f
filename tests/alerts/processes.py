"""Starts a real server program, waits until it answers, and ends it."""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx

PATIENCE_S = 30.0


def free_port() -> int:
    """A port of loopback that nobody listened on a moment ago, for programs that cannot tell which one they took."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], ready: str) -> Iterator[None]:
    """Runs ``command`` while the block lasts, from the moment ``ready`` answers 200."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            _wait(process, ready)
            yield
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


def _wait(process: subprocess.Popen[str], ready: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not _answers(ready):
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            raise AssertionError(f"{process.args!r} did not start:\n{process.communicate()[0]}")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
