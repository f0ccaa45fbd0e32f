"""The protocol's example, mutated at random: no 5xx, no good neighbour lost, no consumer and no page broken."""

import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import httpx

from sansang_agent.contract.joining import CLONE
from tests.collector.test_ingest import EXAMPLE
from tests.fuzz.mutating import damaged, mutated
from tests.support.collector_process import CollectorProcess
from tests.support.reports import OTHER_STREAM

SEED = 20260626
BODIES = 300


def bodies(chance: random.Random) -> Iterator[tuple[bytes, list[int]]]:
    """Bodies, and the sequence numbers of good reports within that must be kept."""
    example = json.loads(EXAMPLE)
    yield EXAMPLE.encode(), []
    for number in range(1, BODIES, 3):
        yield damaged(chance, EXAMPLE.encode()), []
        yield json.dumps(mutated(chance, example)).encode(), []
        first, last = (example["reports"][0] | {"stream": OTHER_STREAM, "seq": number + more} for more in (0, 1))
        between = json.dumps(mutated(chance, example["reports"])).replace("\\ud800", "x")
        content = json.dumps(example | {"reports": [first, "between", last]})
        yield content.replace('"between"', between.strip("[]") or "0").encode(), [number, number + 1]


def test_no_body_makes_a_5xx_costs_a_neighbour_or_breaks_a_consumer(collector: CollectorProcess) -> None:
    chance = random.Random(SEED)
    with ExitStack() as open_:
        agents = (open_.enter_context(collector.client("agent", "05983", f"pc-{number}")) for number in count(1))
        agent = next(agents)
        for content, kept in bodies(chance):
            answer = agent.post("/api/v1/reports", content=content)
            if answer.status_code == 403:  # boots and streams made up take turns as those of two machines do
                assert answer.json()["type"] == CLONE
                agent = next(agents)
                answer = agent.post("/api/v1/reports", content=content)
            assert answer.status_code in {200, 400, 413}, (answer.text, content)
            if kept:
                assert kept_of(answer) >= set(kept), (answer.text, content)
    with collector.client("admin") as reader:
        wait_for_consumers(reader)
        for page in ("/", "/communes/05983", "/agents/1?hours=24", "/api/v1/agents/1", "/api/v1/agents/1/results"):
            assert reader.get(page, headers={"Accept": "text/html"}).status_code == 200
    assert "Traceback" not in collector.log.read_text(encoding="utf-8")


def kept_of(answer: httpx.Response) -> set[int]:
    """The numbers of the neighbours' stream that an answer says are stored."""
    assert answer.status_code == 200, answer.text
    spans = dict(answer.json()["stored"]).get(OTHER_STREAM, [])
    return {number for first, last in spans for number in range(first, last + 1)}


def wait_for_consumers(reader: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while True:
        lines = reader.get("/metrics").text.splitlines()
        lags = [float(line.rpartition(" ")[2]) for line in lines if line.startswith("sansang_consumer_lag_entries{")]
        if not any(lags):
            return
        assert time.monotonic() < deadline
        time.sleep(0.05)
