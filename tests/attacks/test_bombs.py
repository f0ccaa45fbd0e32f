"""Bodies that are far more than they seem: gigabytes of zeros, members without end, gzip in gzip. Memory stays."""

import gzip
import zlib
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.support.collector_process import CollectorProcess
from tests.support.reports import body, report

GIB = 2**30
PIECE = 16 * 2**20
MOST_MIB = 48.0
"""What the collector may gain by all of them: some bodies of 8 MiB that are inflated at a time."""


def zeros(size: int) -> Iterator[bytes]:
    """``size`` bytes of zeros as one gzip stream, made of the same few kilobytes again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield packer.compress(bytes(PIECE)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = zlib.compressobj(9, zlib.DEFLATED, -15)
    same = again.compress(bytes(PIECE)) + again.flush(zlib.Z_FULL_FLUSH)
    for _ in range(size // PIECE - 1):
        yield same


def nested(depth: int) -> bytes:
    content = bytes(7 * 2**20)
    for _ in range(depth):
        content = gzip.compress(content)
    return content


BOMBS = {
    "8 GiB of zeros": b"".join(zeros(8 * GIB)),
    "zeros within the limit of what is sent": b"".join(zeros(GIB))[: 2**20],
    "many members": gzip.compress(bytes(2**20)) * 900,
    "members of nothing": gzip.compress(b"") * 50_000,
    "gzip in gzip": nested(5),
    "a stream that never ends": gzip.compress(body(report()))[:-9],
    "a name without end": b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 1_000_000,
}


def memory_mib(collector: CollectorProcess) -> float:
    return float(psutil.Process(collector.pid).memory_info().rss) / 2**20


def test_what_is_called_a_bomb_here_is_one() -> None:
    inflated = zlib.decompressobj(31)
    found = sum(len(inflated.decompress(piece)) for piece in zeros(GIB // 8))

    assert found == GIB // 8
    assert len(BOMBS["8 GiB of zeros"]) < 9 * 2**20


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_bomb_is_refused_before_it_is_inflated(collector: CollectorProcess, name: str, chunked: bool) -> None:
    bomb = BOMBS[name]
    pieces = (bomb[at : at + 65536] for at in range(0, len(bomb), 65536))
    before = memory_mib(collector)
    with collector.client("agent", "05983", "pc-1") as agent:
        for _ in range(3):
            try:
                answer = agent.post(
                    "/api/v1/reports", content=pieces if chunked else bomb, headers={"Content-Encoding": "gzip"}
                )
            except httpx.WriteError:  # refused and closed while most of it was still to be sent
                continue
            assert answer.status_code in {400, 413}
            if chunked:
                break
        assert agent.post("/api/v1/reports", content=body(report(2))).status_code == 200
    assert memory_mib(collector) - before < MOST_MIB


def test_forms_and_messages_are_not_inflated_at_all(collector: CollectorProcess) -> None:
    with collector.client("admin") as admin:
        for path in ("/fleet/deeds", "/api/v1/agents", "/api/v1/requests"):
            answer = admin.post(path, content=gzip.compress(bytes(60_000)), headers={"Content-Encoding": "gzip"})
            assert answer.status_code in {413, 415, 422}
            too_long = admin.post(path, content=b"a" * 70_000)
            assert (too_long.status_code, too_long.headers["connection"]) == (413, "close")
