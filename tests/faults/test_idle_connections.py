"""Two thousand connections on which nothing, or never the rest, comes: reports keep flowing beside them."""

import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from sansang_collector.protocol import HEAD_SECONDS
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.reports import body, report

pytestmark = pytest.mark.needs("linux", "many-files")

EACH = 500
FILES = 5000
USUAL_FILES = 1024
"""What a shell or a container hands down; too few for these connections unless the collector raises it itself."""
REPORTS = 50
PATIENCE_S = 5.0
"""A report that takes longer is not flowing; the collector's own deadlines for heads and bodies are 30 s."""
MOST_MIB = {"off": 64.0, "own": 160.0}
"""What two thousand connections may cost the collector, without and with TLS."""


@contextmanager
def open_files(limit: int) -> Iterator[None]:
    """Let this process, and those it starts, have so many files open, unless they raise that themselves."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  # not there on Windows

        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
    else:
        raise OSError("limits of open files are not Windows'")


def connect(collector: CollectorProcess, said: bytes, trust: ssl.SSLContext | None) -> socket.socket:
    """A connection that says this and then nothing more."""
    connection = socket.create_connection(("127.0.0.1", collector.port), timeout=PATIENCE_S)
    if trust is not None:
        connection = trust.wrap_socket(connection, server_hostname="127.0.0.1")
    connection.sendall(said)
    return connection


def memory_mib(collector: CollectorProcess) -> float:
    return float(psutil.Process(collector.pid).memory_info().rss) / 2**20


@pytest.mark.timeout(400)  # thousands of handshakes, on a machine that may be busy
@pytest.mark.parametrize("tls", ["off", "own"])
def test_reports_flow_beside_two_thousand_idle_and_half_open_connections(tmp_path: Path, tls: str) -> None:
    config = tmp_path / "collector.yml"
    config.write_text(f"tls: {tls}\n", encoding="utf-8")
    with ExitStack() as open_ones:
        with open_files(USUAL_FILES):
            collector = open_ones.enter_context(running_collector(tmp_path / "collector", config))
        trust = collector.trust() if tls == "own" else None
        open_ones.enter_context(open_files(FILES))
        token = collector.token("agent", "05983", "pc-1")
        head = f"POST /api/v1/reports HTTP/1.1\r\nHost: 127.0.0.1:{collector.port}\r\n".encode()
        whole = head + f"Authorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n".encode()
        healthy = f"GET /-/healthy HTTP/1.1\r\nHost: 127.0.0.1:{collector.port}\r\n\r\n".encode()
        before = memory_mib(collector)
        idle = [b"", head, whole + b'{"v":1,', healthy]
        opened = []
        for number in range(4 * EACH):
            connection = connect(collector, idle[number % len(idle)], trust)
            open_ones.enter_context(connection)
            opened.append(time.monotonic())
            if idle[number % len(idle)] is healthy:
                assert b" 200 " in connection.recv(4096).partition(b"\r\n")[0]
        headers = {"Authorization": f"Bearer {token}"}
        statuses = []
        with httpx.Client(base_url=collector.url, headers=headers, timeout=PATIENCE_S, verify=trust or True) as client:
            for seq in range(1, REPORTS + 1):
                answer = client.post("/api/v1/reports", content=body(report(seq)))
                statuses.append(answer.status_code)
        # where opening them took longer than the collector waits for a head, it has rightly closed the first by now
        still_due = sum(time.monotonic() - at < HEAD_SECONDS - PATIENCE_S for at in opened)
        connections = [one for one in psutil.Process(collector.pid).net_connections("tcp") if one.raddr]

        assert statuses == [200] * REPORTS
        assert len(connections) >= still_due
        assert memory_mib(collector) - before < MOST_MIB[tls]
