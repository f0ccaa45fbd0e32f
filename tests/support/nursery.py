"""Collectors that begin with their modules loaded: the tests of a process share one program that loads them and forks.

Loading takes a collector a second of a processor, and tests start more than a hundred. What runs is the same program
in a process of its own, with its own arguments, environment, folder and log; only the loading was done before.
As a program (``python -m tests.support.nursery``) it takes one JSON list a line, and tells of births and ends.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

BIRTH_S = 110.0


class Nursling:
    """One collector; as much of :class:`subprocess.Popen` as tests need of it."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self._nursery = nursery
        self.pid = pid

    def poll(self) -> int | None:
        """Its exit status, as ``Popen`` has it; None while it runs."""
        return self._nursery.ended.get(self.pid)

    def wait(self, timeout: float) -> int:
        """Its exit status; raises :class:`subprocess.TimeoutExpired`."""
        with self._nursery.news:
            if not self._nursery.news.wait_for(lambda: self.poll() is not None, timeout):
                raise subprocess.TimeoutExpired(f"collector {self.pid}", timeout)
            return self._nursery.ended[self.pid]

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.Signals(9))

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class Nursery:
    """The program that loads and forks, and what it has told."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", __spec__.name]
        self._program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._asked = 0
        self._born: dict[int, int] = {}
        """Processes by the number of what was asked for."""
        self.ended: dict[int, int] = {}
        """Exit statuses by process."""
        self.news = threading.Condition()
        threading.Thread(target=self._listen, name="nursery", daemon=True).start()
        atexit.register(self._close)

    def start(self, arguments: Sequence[str], log: Path) -> Nursling:
        """A collector with these arguments, which writes to the end of ``log``."""
        with self.news:
            assert self._program.stdin is not None
            self._asked = number = self._asked + 1
            wanted = [number, list(arguments), str(log), str(Path.cwd()), dict(os.environ)]
            self._program.stdin.write(json.dumps(wanted).encode() + b"\n")
            self._program.stdin.flush()
            assert self.news.wait_for(lambda: number in self._born, BIRTH_S), "the nursery does not answer"
            return Nursling(self, self._born.pop(number))

    def _listen(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            what, pid, number = json.loads(line)
            with self.news:
                if what == "born":
                    self.ended.pop(pid, None)  # of another that was this process before
                    self._born[number] = pid
                else:
                    self.ended[pid] = number
                self.news.notify_all()

    def _close(self) -> None:
        assert self._program.stdin is not None
        self._program.stdin.close()
        self._program.wait()


@cache
def nursery() -> Nursery:
    """The one of this process, once it is needed."""
    return Nursery()


if sys.platform != "win32":

    class _House:
        """The program's side: forks whom it is asked for, and tells when one has ended."""

        def __init__(self) -> None:
            self._asked = b""
            self._children: set[int] = set()
            self._woken, self._wakes = os.pipe()
            for end in (self._woken, self._wakes):
                os.set_blocking(end, False)
            signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
            signal.set_wakeup_fd(self._wakes)

        def until_forked(self) -> list[str] | None:
            """In a child its arguments, in its own surroundings; None when nobody can ask for one any more."""
            while True:
                ready, _, _ = select.select([0, self._woken], [], [])
                if self._woken in ready:
                    os.read(self._woken, 4096)
                    self._reap()
                if 0 not in ready:
                    continue
                read = os.read(0, 65536)
                if not read:
                    for pid in self._children:
                        os.kill(pid, signal.SIGKILL)
                    return None
                self._asked += read
                while b"\n" in self._asked:
                    line, _, self._asked = self._asked.partition(b"\n")
                    if (arguments := self._fork(*json.loads(line))) is not None:
                        return arguments

        def _fork(
            self, number: int, arguments: list[str], log: str, folder: str, environ: dict[str, str]
        ) -> list[str] | None:
            if pid := os.fork():
                self._children.add(pid)
                _tell("born", pid, number)
                return None
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (self._woken, self._wakes):
                os.close(end)
            out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((nothing, 0), (out, 1), (out, 2)):
                os.dup2(source, target)
            os.close(out)
            os.close(nothing)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environ)
            return arguments

        def _reap(self) -> None:
            while self._children:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                self._children.discard(pid)
                _tell("ended", pid, os.waitstatus_to_exitcode(status))

    def _tell(*what: Any) -> None:
        os.write(1, json.dumps(what).encode() + b"\n")

    def _main() -> int:
        from sansang_collector import cli, cli_serve  # noqa: PLC0415  # what is to be loaded before

        assert cli_serve
        arguments = _House().until_forked()
        if arguments is None:
            return 0
        sys.argv = ["sansang-collector", *arguments]
        return cli.main()

    if __name__ == "__main__":
        sys.exit(_main())
