"""A collector killed in the middle of taking reports: what it acknowledged is in the log, and took effect once."""

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec

from sansang_agent.contract.report import Answer
from tests.support.collector_process import CollectorProcess
from tests.support.reports import STREAM, body, report, result

ROUNDS = 3
BURST = 40
"""Reports acknowledged in a round before the kill."""


def send(collector: CollectorProcess, token: str, first: int, acknowledged: set[int], enough: threading.Event) -> None:
    """Send reports, each of a check of its own, until the collector is gone; remember which ones it said it stored."""
    seq = first
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
        while True:
            content = body(report(seq, results=[result(f"check-{seq}")]))
            try:
                answer = client.post(f"{collector.url}/api/v1/reports", content=content)
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            assert msgspec.json.decode(answer.content, type=Answer).stored == ((STREAM, ((seq, seq),)),)
            acknowledged.add(seq)
            if len(acknowledged) >= BURST:
                enough.set()
            seq += 1


def test_every_acknowledged_report_survives_and_takes_effect_once(tmp_path: Path) -> None:
    acknowledged: set[int] = set()
    token = ""
    for number in range(ROUNDS):
        collector = CollectorProcess(tmp_path)
        token = token or collector.token("agent", "05983", "pc-1")
        burst: set[int] = set()
        enough = threading.Event()
        sender = threading.Thread(target=send, args=(collector, token, number * 10_000 + 1, burst, enough))
        sender.start()
        assert enough.wait(60)
        collector.kill()
        sender.join(60)
        acknowledged |= burst
    collector = CollectorProcess(tmp_path)
    wait_for_consumers(tmp_path)
    assert collector.stop() == 0

    logged = [row[0] for row in rows(tmp_path / "log.db", "SELECT seq FROM report ORDER BY seq")]
    moments = rows(tmp_path / "ledger.db", "SELECT count(*) FROM moment")[0][0]
    spans = rows(tmp_path / "ledger.db", "SELECT spans FROM applied WHERE consumer = 'history'")[0][0]
    assert len(acknowledged) >= ROUNDS * BURST
    assert acknowledged <= set(logged)
    assert len(logged) == len(set(logged)) == moments
    assert [seq for first, last in msgspec.json.decode(spans) for seq in range(first, last + 1)] == logged


def wait_for_consumers(data: Path) -> None:
    """Until both cursors stand at the end of the log."""
    deadline = time.monotonic() + 60
    end = rows(data / "log.db", "SELECT max(position) FROM envelope")[0][0]
    while [row[0] for row in rows(data / "ledger.db", "SELECT position FROM cursor")] != [end, end]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
