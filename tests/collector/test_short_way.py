"""A report that comes whole goes a short way through the server; nobody can tell the ways apart but by the clock."""

import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from sansang_agent.contract.report import Report
from sansang_collector import ingest, records, report_protocol, server, tokens
from sansang_collector.app import Application
from sansang_collector.store import Store
from tests.collector.test_ingest import ENVELOPES, EXAMPLE, PATH, RAW_RECORDS, WRONG
from tests.collector.test_patience import head, serving
from tests.fuzz.mutating import mutated
from tests.support.collector_process import CollectorProcess
from tests.support.ledgers import NOW, Place
from tests.support.reports import body, report, result

BODIES = {
    "example": EXAMPLE.encode(),
    "gap": body(report(1), report(2), report(5)),
    "conflict": body(report(1), report(1, results=[result(reason="timeout")])),
    **{f"wrong record: {name}": body(report(1), wrong, report(2)) for name, (wrong, _) in WRONG.items()},
    **{f"wrong envelope: {name}": content for name, (content, _) in ENVELOPES.items()},
    **{f"raw: {name}": body(report(1))[:-2] + b"," + raw + b"]}" for name, raw in RAW_RECORDS.items()},
}


@pytest.fixture(scope="module")
def both(collector: CollectorProcess) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    with collector.client("agent", "05983", "short") as short, collector.client("agent", "05983", "long") as long:
        yield short, long


def in_pieces(content: bytes) -> Iterator[bytes]:
    """As chunks, which only the long way takes."""
    yield content[:10]
    yield content[10:]


@pytest.mark.parametrize("name", BODIES)
def test_both_ways_answer_the_same(both: tuple[httpx.Client, httpx.Client], name: str) -> None:
    short, long = both
    one = short.post(PATH, content=BODIES[name])
    other = long.post(PATH, content=in_pieces(BODIES[name]))
    differing = {"date", "content-length"}

    assert one.status_code == other.status_code
    assert [line for line in one.headers.multi_items() if line[0] not in differing] == [
        line for line in other.headers.multi_items() if line[0] not in differing
    ]
    assert timeless(one.json()) == timeless(other.json())


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "now"}


def test_a_report_without_a_profile_goes_the_short_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tmp_path) as (application, port):
        monkeypatch.setattr(ingest.Ingest, "__call__", None)
        said = exchange(application, port, report(1))

    assert said.startswith(b"HTTP/1.1 200 ")


def exchange(application: Application, port: int, *reports: Any) -> bytes:
    """What is said to one whole request on a connection that then closes."""
    content = body(*reports)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head(application, len(content), "Connection: close") + content)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("cut", [5, 200, -1])
def test_a_request_in_two_packets_goes_the_short_way_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    monkeypatch.setattr(report_protocol, "MOMENT_S", 20.0)
    with serving(tmp_path) as (application, port):
        monkeypatch.setattr(ingest.Ingest, "__call__", None)
        content = body(report(1))
        request = head(application, len(content), "Connection: close") + content
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(request[:cut])
            time.sleep(0.05)  # or both packets are one when the server looks
            connection.sendall(request[cut:])
            said = b"".join(iter(lambda: connection.recv(65536), b""))

    assert said.startswith(b"HTTP/1.1 200 ")


def test_a_body_that_takes_its_time_goes_the_long_way_and_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_protocol, "MOMENT_S", 0.01)
    with serving(tmp_path) as (application, port):
        monkeypatch.setattr(ingest.Ingest, "take", None)
        content = body(report(1))
        request = head(application, len(content), "Connection: close") + content
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(request[:-1])
            time.sleep(0.2)  # longer than the moment
            connection.sendall(request[-1:])
            said = b"".join(iter(lambda: connection.recv(65536), b""))

    assert said.startswith(b"HTTP/1.1 200 ")


def test_only_so_much_is_held_back_for_people_nobody_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_protocol, "MOMENT_S", 20.0)
    monkeypatch.setattr(report_protocol, "MOST_HELD_BYTES", 1500)
    stranger = b"POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    with serving(tmp_path) as (application, port):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as held:
            held.sendall(stranger)
            while not application.ingest.held_bytes:
                time.sleep(0.01)
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall(stranger)
                assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")  # told without waiting for the body
        while application.ingest.held_bytes:
            time.sleep(0.01)
        assert exchange(application, port, report(1)).startswith(b"HTTP/1.1 200 ")
        assert application.ingest.held_bytes == 0


def test_requests_sent_ahead_are_answered_one_by_one_in_order(tmp_path: Path) -> None:
    with serving(tmp_path) as (application, port):
        requests = b"".join(
            head(application, len(content), *more) + content
            for content, more in ((body(report(seq)), ["Connection: close"] if seq == 4 else []) for seq in range(1, 5))
        )
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(requests)
            said = b"".join(iter(lambda: connection.recv(65536), b""))

    places = [said.index(b"[[%d,%d]]" % (seq, seq)) for seq in range(1, 5)]
    assert places == sorted(places)
    assert said.count(b"HTTP/1.1 200 ") == 4


def test_what_nobody_foresaw_is_a_500_and_the_next_report_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("unforeseen")

    with serving(tmp_path) as (application, port):
        with monkeypatch.context() as patch:
            patch.setattr(ingest, "_judge", broken)
            assert exchange(application, port, report(1)).startswith(b"HTTP/1.1 500 ")
        assert exchange(application, port, report(1)).startswith(b"HTTP/1.1 200 ")


def test_a_sender_that_leaves_before_the_answer_harms_nobody(tmp_path: Path) -> None:
    with serving(tmp_path) as (application, port):
        content = body(report(1))
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(head(application, len(content)) + content)
        assert exchange(application, port, report(2)).startswith(b"HTTP/1.1 200 ")


def test_the_quick_judgement_is_the_thorough_one() -> None:
    chance = random.Random(7)
    opened = records.open_envelope(EXAMPLE.encode())
    example = msgspec.json.decode(EXAMPLE)["reports"][0]
    found = {True: 0, False: 0}
    for _ in range(3000):
        try:
            one = msgspec.convert(mutated(chance, example), Report)
        except (msgspec.ValidationError, UnicodeEncodeError):
            continue
        flawless = not list(records._flaws(one, opened.sent))
        found[flawless] += 1
        if one.goodbye is None and not one.answers:  # these are always looked at thoroughly
            assert records._is_flawless(one, opened.sent) == flawless
    assert min(found.values()) > 20


def test_a_token_is_looked_up_once_until_one_is_changed(place: Place) -> None:
    soon: list[Callable[[], None]] = []
    store = Store(place)
    try:
        number, secret = store.write_sync(lambda connection: tokens.issue(connection, "read", "read", NOW))
        valid = tokens.ValidTokens(store.at_hand)
        found = valid.find(secret, soon.append)
        assert found is not None
        assert found.id == number
        store.write_sync(lambda connection: tokens.revoke(connection, number, NOW))
        assert valid.find(secret, soon.append) == found  # read in the same turn of the event loop
        for turn in soon:
            turn()
        assert valid.find(secret, soon.append) is None
        assert len(soon) == 2
    finally:
        store.close()


@pytest.mark.parametrize(("loop", "copies"), [("asyncio", 1), ("uvloop", server.ACCEPTED_AT_ONCE)])
def test_a_loop_that_accepts_one_connection_a_turn_listens_more_than_once(loop: str, copies: int) -> None:
    run = pytest.importorskip(loop).run

    async def listen() -> list[socket.socket]:
        return server._copies(listener)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = run(listen())
        for each in found[1:]:
            each.close()

    assert len(found) == copies
