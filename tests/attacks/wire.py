"""Bytes as an attacker writes them, where every proper client would refuse to send them."""

import re
import socket

from tests.support.collector_process import CollectorProcess

RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ [a-z_.]+: ")
"""How a record of the log begins; what goes on with it is indented."""


def answers(collector: CollectorProcess, sent: bytes, patience: float = 1.0) -> bytes:
    """All that comes back until the other side closes or says nothing more for ``patience`` seconds."""
    found = b""
    with socket.create_connection(("127.0.0.1", collector.port), timeout=10) as connection:
        try:
            connection.sendall(sent)
            connection.settimeout(patience)
            while piece := connection.recv(65536):
                found += piece
        except (TimeoutError, ConnectionError):
            pass
    return found


def statuses(answer: bytes) -> list[int]:
    """The statuses of all answers in these bytes."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def odd_lines(collector: CollectorProcess) -> list[str]:
    """Lines of the collector's log that are neither the beginning of a record nor go on with one."""
    lines = collector.log.read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not RECORD.match(line) and not line.startswith("    ")]
