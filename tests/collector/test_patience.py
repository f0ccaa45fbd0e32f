"""Slow clients, silent clients and a writer that cannot keep up: nobody holds the door open for ever."""

import asyncio
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from sansang_collector import agents, body, door, profiles_seen, protocol, server, tokens
from sansang_collector.app import Application, create_app
from sansang_collector.log import Arrival, ReportLog, Stored
from sansang_collector.report_protocol import ReportProtocol
from sansang_collector.settings import CollectorSettings
from tests.support.ledgers import NOW
from tests.support.reports import body as envelope
from tests.support.reports import profile, report

SHORT = 0.2


@contextmanager
def serving(data: Path) -> Iterator[tuple[Application, int]]:
    """The real server in a thread of this process, so that its patience can be shortened."""
    application = create_app(CollectorSettings(data_dir=str(data)))
    ready = threading.Event()
    running = server.CollectorServer(application, ready.set)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(30)
        try:
            yield application, port
        finally:
            running.should_exit = True
            thread.join(30)


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Application, int]]:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", SHORT)
    monkeypatch.setattr(body, "READ_SECONDS", SHORT)
    with serving(tmp_path) as started:
        yield started


def answer_to(port: int, data: bytes) -> bytes:
    """Everything the server says before it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def head(application: Application, length: int, *more: str) -> bytes:
    """The head of a POST with an agent's token."""
    secret = application.collector.store.write_sync(
        lambda connection: tokens.issue(
            connection, "agent", "pc", NOW, agents.register(connection, "05983", "pc-1", NOW)
        )
    )[1]
    lines = ["POST /api/v1/reports HTTP/1.1", "Host: localhost", f"Authorization: Bearer {secret}"]
    return "\r\n".join([*lines, f"Content-Length: {length}", *more, "", ""]).encode()


@pytest.mark.parametrize("start", [b"", b"\r\n", b"POST /api", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_end_is_not_waited_for(impatient: tuple[Application, int], start: bytes) -> None:
    assert answer_to(impatient[1], start) == b""


def test_a_head_without_end_is_not_kept_in_memory(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, port), socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        with pytest.raises(ConnectionError):  # closed while it still sends
            connection.sendall((b"X: " + b"a" * 65_536 + b"\r\n") * 1024)


def test_a_head_a_little_too_long_is_told_so(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, port):
        answer = answer_to(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * protocol.HEAD_BYTES)

    assert answer.startswith(b"HTTP/1.1 431 ")


def test_long_bodies_and_many_requests_are_no_long_head(tmp_path: Path) -> None:
    with serving(tmp_path) as (application, port):
        request = head(application, 300_000) + b" " * 300_000
        answer = answer_to(port, request * 2 + head(application, 0, "Connection: close"))

    assert answer.count(b"HTTP/1.1 400 ") == 3


def test_a_body_that_does_not_end_is_408_and_closed(impatient: tuple[Application, int]) -> None:
    application, port = impatient
    said = answer_to(port, head(application, 1000) + b"{")

    assert said.startswith(b"HTTP/1.1 408 ")
    assert application.collector.log.position == 0


def test_a_second_head_on_a_kept_connection_has_a_deadline_too(impatient: tuple[Application, int]) -> None:
    said = answer_to(impatient[1], b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\nGET /-/hea")

    assert said.count(b"HTTP/1.1 200") == 1


def test_what_a_stranger_sent_with_the_head_is_not_kept_while_the_connection_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[ReportProtocol] = []
    connection_made = ReportProtocol.connection_made

    def noted(self: ReportProtocol, transport: asyncio.Transport) -> None:
        made.append(self)
        connection_made(self, transport)

    monkeypatch.setattr(ReportProtocol, "connection_made", noted)
    stranger = b"POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n"
    with serving(tmp_path) as (_, port), socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(stranger + b"a" * 50_000)
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
        assert answer_to(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")  # a turn later
        cycle = made[0].cycle
        assert cycle is not None
        assert (cycle.response_complete, bytes(cycle.body)) == (True, b"")


def busy(monkeypatch: pytest.MonkeyPatch, application: Application) -> None:
    monkeypatch.setattr(type(application.collector.log), "queue_seconds", door.MOST_SECONDS + 0.1)


def dead(monkeypatch: pytest.MonkeyPatch, application: Application) -> None:
    monkeypatch.setattr(type(application.collector.log), "alive", False)


@pytest.mark.parametrize("what", [busy, dead])
def test_a_log_that_cannot_keep_up_is_503_before_the_body_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: Callable[[pytest.MonkeyPatch, Application], None]
) -> None:
    with serving(tmp_path) as (application, port):
        what(monkeypatch, application)
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(head(application, 1000))
            said = connection.recv(65536)

    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 5\r\n" in said.lower()


def test_more_than_can_be_answered_in_a_second_is_503_until_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    commit = ReportLog._commit

    def slow(log: ReportLog, arrivals: Sequence[Arrival]) -> list[Stored]:
        release.wait(30)
        return commit(log, arrivals)

    with serving(tmp_path) as (application, port), socket.create_connection(("127.0.0.1", port), timeout=30) as waiting:
        content = envelope(report(1))
        request = head(application, len(content), "Connection: close") + content
        for _ in range(1000):
            application.ingest._door.took(10.0)  # so that a single one under way is more than can be answered
        monkeypatch.setattr(ReportLog, "_commit", slow)
        waiting.sendall(request)
        said = answer_to(port, request)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: 5\r\n" in said.lower()
        release.set()
        assert waiting.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert answer_to(port, request).startswith(b"HTTP/1.1 200 ")


def test_an_envelope_that_cannot_be_written_is_503_and_stored_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path) as (application, port):
        monkeypatch.setattr(type(application.collector.log), "_commit", _full)
        content = envelope(report(1))
        said = answer_to(port, head(application, len(content), "Connection: close") + content)

    assert said.startswith(b"HTTP/1.1 503 ")


def test_a_profile_that_cannot_be_kept_is_503_and_nothing_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("", None, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(profiles_seen, "keep", full)
    with serving(tmp_path) as (application, port):
        content = envelope(report(1), profiles=(profile(),))
        said = answer_to(port, head(application, len(content), "Connection: close") + content)

        assert said.startswith(b"HTTP/1.1 503 ")
        assert application.collector.log.position == 0


def _full(*_: object) -> None:
    raise OSError("no space left on device")


def test_ready_says_whether_reports_can_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = b"GET /-/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with serving(tmp_path) as (application, port):
        assert answer_to(port, ask % b"ready").startswith(b"HTTP/1.1 200 ")
        dead(monkeypatch, application)
        assert answer_to(port, ask % b"ready").startswith(b"HTTP/1.1 503 ")
        assert answer_to(port, ask % b"healthy").startswith(b"HTTP/1.1 200 ")
