"""One more agent, in words only: posts reports without pause, so that every kill of the collector hits ingest.

Sends a report again until it is acknowledged, exactly as an agent does.
"""

import threading

import httpx
import msgspec

from sansang_agent.contract.report import Answer
from tests.soak.pair import Centre
from tests.support.books import Identity
from tests.support.reports import STREAM, body, report, result

CHECKS = 20
PAUSE_S = 0.04
NAME = "loader"


class Flood:
    """Runs on a thread until :meth:`stop`; what was acknowledged is in ``acknowledged``."""

    def __init__(self, centre: Centre, number: int) -> None:
        self._url = f"{centre.url}/api/v1/reports"
        self._token = centre.process.token("agent", "05986", NAME)
        self._number = number
        self.acknowledged: set[Identity] = set()
        self.unexpected: list[str] = []
        """Answers that are neither 200 nor 503."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flood")
        self._thread.start()

    def stop(self) -> None:
        """End after the answer under way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        seq = 1
        with httpx.Client(headers={"Authorization": f"Bearer {self._token}"}, timeout=30) as client:
            while not self._stopping.wait(PAUSE_S):
                seq += self._send(client, seq)

    def _send(self, client: httpx.Client, seq: int) -> int:
        """1 when ``seq`` is acknowledged, else 0."""
        mono = 1000.0 + seq
        content = body(report(seq, mono, [result(f"check-{seq % CHECKS}")]), mono=mono)
        try:
            answer = client.post(self._url, content=content)
        except httpx.TransportError:
            return 0
        if answer.status_code != 200:
            if answer.status_code != 503:
                self.unexpected.append(f"{answer.status_code}: {answer.text[:200]}")
            return 0
        stored = msgspec.json.decode(answer.content, type=Answer).stored
        if stored != ((STREAM, ((seq, seq),)),):
            self.unexpected.append(f"200 without {seq}: {stored}")
            return 0
        self.acknowledged.add(Identity(self._number, STREAM, seq))
        return 1
