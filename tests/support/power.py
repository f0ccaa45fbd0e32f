"""A disk that loses its power: what a program wrote, as strace saw it, cut off anywhere with only what was synced kept.

Of what was written after a file's last fsync any subset of 512-byte sectors may be there: that is what a disk may do,
and what SIGKILL, which leaves the kernel alive, never shows.
"""

import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

SECTOR = 512
_CALLS = "write,pwrite64,fsync,fdatasync,ftruncate,unlink"
_LINE = re.compile(r"^(?P<pid>\d+) +(?P<text>.*)$")
_CALL = re.compile(r"(?P<name>\w+)\((?:\d+<(?P<path>[^>]*)>)?(?:, )?(?P<rest>.*)\) += (?P<result>-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class Event(NamedTuple):
    """One call that changed a file, or promised that it lasts; ``path`` is relative to the folder watched."""

    call: str
    path: str
    offset: int = 0
    data: bytes = b""


class File:
    """One file: what surely lasts, and what was written since."""

    def __init__(self) -> None:
        self.lasting: bytes | None = None
        """None: not even its name was synced."""
        self.since: list[Event] = []

    def image(self, chance: random.Random, share: float) -> bytes | None:
        """What may be found after the cut, with about ``share`` of the unsynced sectors."""
        if self.lasting is None and chance.random() >= share:
            return None
        content = bytearray(self.lasting or b"")
        for event in self.since:
            _apply(content, event, lambda: chance.random() < share)
        return bytes(content)


def _apply(content: bytearray, event: Event, kept: Callable[[], bool]) -> None:
    if event.call == "ftruncate":
        if kept():
            del content[event.offset :]
            content.extend(bytes(event.offset - len(content)))
        return
    for start in range(0, len(event.data), SECTOR):
        if kept():
            piece = event.data[start : start + SECTOR]
            at = event.offset + start
            content.extend(bytes(max(0, at - len(content))))
            content[at : at + len(piece)] = piece


def record(folder: Path, program: str, *arguments: str) -> list[Event]:
    """Run Python code under strace; what it did to files in ``folder``, its standard output being ``folder/out``."""
    trace = folder.with_suffix(".trace")
    folder.mkdir()
    strace = ["strace", "-f", "-y", "-xx", "-s", "4194304", "-e", f"trace={_CALLS}", "-o", str(trace)]
    with (folder / "out").open("wb") as out:
        subprocess.run([*strace, sys.executable, "-c", program, *arguments], stdout=out, check=True, timeout=100)
    events = list(_parsed(trace, folder))
    trace.unlink()
    return events


def _parsed(trace: Path, folder: Path) -> Iterator[Event]:
    begun: dict[str, str] = {}
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            found = _LINE.match(line)
            assert found, line[:200]
            pid, text = found["pid"], found["text"]
            if text.endswith("<unfinished ...>"):
                begun[pid] = text.removesuffix("<unfinished ...>").rstrip()
                continue
            if text.startswith("<... "):
                text = begun.pop(pid) + text.partition("resumed>")[2]
            event = _event(text, f"{folder}/")
            if event:
                yield event


def _event(text: str, folder: str) -> Event | None:
    found = _CALL.match(text)
    if not found or found["result"] == "-1":
        return None
    name, rest = found["name"], found["rest"]
    path = _plain(found["path"] or "")
    if name == "unlink":
        path = _plain(rest.strip('"'))
    if not path.startswith(folder) or path.endswith("-shm"):
        return None
    path = path.removeprefix(folder)
    if name in ("write", "pwrite64"):
        written = _TEXT.search(rest)
        assert written, text[:200]
        data = bytes.fromhex(written[1].replace("\\x", ""))[: int(found["result"])]
        return Event("write", path, int(rest.rpartition(", ")[2]) if name == "pwrite64" else -1, data)
    if name == "ftruncate":
        return Event(name, path, int(rest))
    return Event("sync" if name.endswith("sync") else name, path)


def _plain(path: str) -> str:
    """strace writes paths as hexadecimal too."""
    return bytes.fromhex(path.replace("\\x", "")).decode() if path.startswith("\\x") else path


class Disk:
    """All files, played up to some event."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self._files: dict[str, File] = {}
        self._done = 0
        self.out = b""
        """What the program has said by then."""

    def play(self, upto: int) -> None:
        """On to event number ``upto``, never back."""
        for event in self._events[self._done : upto]:
            self._take(event)
        self._done = upto

    def _take(self, event: Event) -> None:
        if event.path == "out":
            self.out += event.data
        elif event.call == "unlink":
            self._files.pop(event.path, None)
        elif event.call == "sync":
            file = self._files.get(event.path)
            if file:  # else a folder, or a file nothing was written to
                content = bytearray(file.lasting or b"")
                for since in file.since:
                    _apply(content, since, lambda: True)
                file.lasting, file.since = bytes(content), []
        else:
            self._files.setdefault(event.path, File()).since.append(event)

    def cut(self, folder: Path, chance: random.Random) -> None:
        """Write into ``folder`` what may be found when the power comes back."""
        share = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        folder.mkdir()
        for path, file in self._files.items():
            content = file.image(chance, share)
            if content is not None:
                (folder / path).write_bytes(content)
