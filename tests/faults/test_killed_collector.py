"""A collector killed in the middle of taking reports: what it acknowledged is in the log, and took effect once."""

import threading
import time
from pathlib import Path

import httpx
import msgspec

from sansang_agent.contract.report import Answer
from tests.support.books import Identity, compare, is_caught_up, open_books
from tests.support.collector_process import CollectorProcess
from tests.support.reports import STREAM, body, report, result

ROUNDS = 5
BURST = 24
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
    deadline = time.monotonic() + 60
    while not is_caught_up(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert collector.stop() == 0

    books = open_books(tmp_path)
    assert len(acknowledged) >= ROUNDS * BURST
    assert compare(books, {Identity(1, STREAM, seq) for seq in acknowledged}).none
    assert set(books.latest) == {(1, f"check-{identity.seq}") for identity in books.logged}
