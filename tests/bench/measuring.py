"""What all benches share: CPU and memory of processes, percentiles, Markdown tables, and what machine this is.

CPU comes from the scheduler's nanoseconds, because ticks of 10 ms miss programs that only ever wake briefly.
"""

import contextlib
import os
import platform
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"
START_S = 20.0
STOP_S = 10.0


class Memory(NamedTuple):
    """A process's memory in MiB: resident, its proportional share, and what it alone holds."""

    rss: float
    pss: float
    uss: float


class CpuMeter:
    """CPU seconds of one process with all its threads, also of threads that have ended since the last look."""

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._seen: dict[str, int] = {}

    def seconds(self) -> float:
        """CPU seconds since the process began, as far as its threads were seen."""
        for task in self._tasks.iterdir():
            with contextlib.suppress(OSError):  # a thread may end while its folder is read
                self._seen[task.name] = int((task / "schedstat").read_text(encoding="ascii").split()[0])
        return sum(self._seen.values()) / 1e9


def memory(pid: int) -> Memory:
    """The process's memory now (``smaps_rollup``)."""
    found: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
        name, amount = line.split(":")
        found[name] = int(amount.split()[0])
    private = found["Private_Clean"] + found["Private_Dirty"]
    return Memory(found["Rss"] / 1024, found["Pss"] / 1024, private / 1024)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1) of ``values`` do not exceed; NaN of none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)
    return ordered[max(0, min(rank, len(ordered)) - 1)]


def spread(values: Sequence[float], digits: int) -> str:
    """The median, and the smallest and largest in brackets."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table whose first column is text and whose others are numbers."""
    lines = [" | ".join(heads), "|".join(["---", *["--:"] * (len(heads) - 1)])]
    lines += [" | ".join(str(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" if "--" not in line else f"|{line}|" for line in lines)


def machine() -> str:
    """Date, processors, kernel, Python and load: one line to put over a table."""
    processor = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?"
    )
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    python = platform.python_version()
    return f"{now} · {os.cpu_count()} × {processor} · Linux {platform.release()} · Python {python} · load {load()}"


def load() -> str:
    """The load averages over 1, 5 and 15 minutes, as the kernel words them."""
    return " ".join(_lines("/proc/loadavg")[0].split()[:3])


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()


@contextlib.contextmanager
def started(command: Sequence[str | Path], log: Path, environment: dict[str, str] | None = None) -> Iterator[int]:
    """A program that runs as long as the context; its process id. What it says goes to ``log``."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(word) for word in command], stdout=out, stderr=out, env=os.environ | (environment or {})
        )
    try:
        yield process.pid
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended by itself:\n{log.read_text(encoding='utf-8', errors='replace')}")
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def on_processor(number: int) -> list[str]:
    """What to put before a command so that it runs there; nowhere in particular on a machine without it."""
    return ["taskset", "-c", str(number)] if number < (os.cpu_count() or 1) else []


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on just now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def until_listening(port: int) -> None:
    """Return once something listens on this port of loopback; raises TimeoutError."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def peers_python() -> Path:
    """An environment of its own with the peers that are Python packages, made on first use; never the project's."""
    python = CACHE / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run(["python3", "-m", "venv", CACHE / "venv"], check=True)
    have = subprocess.run(
        [python, "-c", "import icmplib, gufo.ping, cramjam"], capture_output=True, check=False
    ).returncode
    if have != 0:
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "icmplib==3.0.4", "gufo-ping==0.7.0", "cramjam"], check=True
        )
    return python
