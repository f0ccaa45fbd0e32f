"""The protocol's example, mutated at random: no 5xx, no good neighbour lost, no consumer and no page broken."""

import copy
import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import httpx

from sansang_agent.contract.joining import CLONE
from tests.collector.test_ingest import EXAMPLE
from tests.support.collector_process import CollectorProcess
from tests.support.reports import OTHER_STREAM

SEED = 20260626
BODIES = 300
ODD = (
    None,
    True,
    0,
    -1,
    2**53,
    2**63,
    2**64,
    -(2**63),
    1e308,
    -1e308,
    0.5,
    "",
    "ok",
    "\ud800",
    "\u202e<b>",
    "a" * 5000,
)
ODDER: tuple[Any, ...] = (
    [],
    {},
    [[]],
    [1, 2],
    {"a": 1},
    [[2**53, 1]],
    "timeout",
    "power\nx",
    "../..",
    "\x00",
    "9" * 400,
)
RAW = (
    b"NaN",
    b"1e999",
    b"-0",
    b'"\\ud800"',
    b"9" * 400,
    b"[" * 3000,
    b"\xff\xfe",
    b"\x00",
    b'"',
    b",",
    b"}",
    b'"seq":2',
)


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything within a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*above, key)
        yield from places(value[key], (*above, key))


def mutated(chance: random.Random, value: Any) -> Any:
    """A copy with one to three places changed, doubled or gone."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 2, 3))):
        found = list(places(value))
        if not found:
            break
        *way, key = chance.choice(found)
        parent = value
        for step in way:
            parent = parent[step]
        change(chance, parent, key)
    return value


def change(chance: random.Random, parent: Any, key: Any) -> None:
    """Remove, repeat, scale or replace what is at ``key``."""
    what = chance.randrange(4)
    if what == 0:
        del parent[key]
    elif what == 1 and isinstance(parent, list):
        parent.extend([copy.deepcopy(parent[key])] * chance.choice((1, 50)))
    elif what == 2 and isinstance(parent[key], float | int):
        parent[key] = chance.choice((-parent[key], parent[key] * 1e6, parent[key] + 1e12, parent[key] / 3))
    else:
        parent[key] = copy.deepcopy(chance.choice(ODD + ODDER))


def damaged(chance: random.Random, content: bytes) -> bytes:
    """Bytes with one to four places overwritten, cut or filled."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found))
        found[at : at + chance.choice((0, 1, 5, 40))] = chance.choice((*RAW, b"", bytes([chance.randrange(256)])))
    return bytes(found)


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
