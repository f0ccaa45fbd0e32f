"""Who gets in when it is crowded: over real sockets what reports stays, and only strangers are counted by address."""

import logging
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from sansang_collector import agents, body, links, tokens
from sansang_collector.app import Application
from sansang_collector.connections import GRACE_SECONDS
from sansang_collector.entrance import TELL_SECONDS, Entrance
from sansang_collector.settings import CollectorSettings
from tests.support.reports import body as envelope
from tests.support.reports import report
from tests.support.serving import serving

MOST = 100
STRANGER, PROXY = "192.0.2.1", "10.0.0.1"


def token(application: Application, scope: str) -> str:
    store, now = application.collector.store, time.time()
    agent = store.write_sync(lambda it: agents.register(it, "05983", "pc-1", now)) if scope == "agent" else None
    return str(store.write_sync(lambda it: tokens.issue(it, scope, scope, now, agent))[1])


def say(connection: socket.socket, first: str, *more: str, content: bytes = b"", length: int | None = None) -> bytes:
    """Send a request and read the answer's head and what came with it."""
    lines = [first, "Host: localhost", *more, f"Content-Length: {len(content) if length is None else length}", "", ""]
    connection.sendall("\r\n".join(lines).encode() + content)
    return connection.recv(65536)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_machine_that_reports_keeps_its_connection_while_strangers_flood(tmp_path: Path) -> None:
    settings = CollectorSettings(data_dir=str(tmp_path), connections=MOST)
    with serving(settings, [time.time()]) as (application, port), ExitStack() as crowd:
        secret = token(application, "agent")
        machine = crowd.enter_context(connect(port))

        def send(seq: int) -> bytes:
            content = envelope(report(seq))
            return say(machine, "POST /api/v1/reports HTTP/1.1", f"Authorization: Bearer {secret}", content=content)

        assert send(1).startswith(b"HTTP/1.1 200 ")
        strangers = [crowd.enter_context(connect(port)) for _ in range(3 * MOST)]
        assert say(strangers[-1], "GET /-/healthy HTTP/1.1").startswith(b"HTTP/1.1 200 ")
        assert send(2).startswith(b"HTTP/1.1 200 ")
        assert len(application.entrance.connections) == MOST
        assert strangers[0].recv(1) == b""


@pytest.mark.parametrize(
    ("what", "scope"),
    [
        ("GET /api/v1/communes HTTP/1.1", "read"),
        ("GET /metrics HTTP/1.1", "metrics"),
        ("POST /api/v1/reports HTTP/1.1", "agent"),  # an empty body goes no short way
    ],
)
def test_a_valid_credential_makes_a_stranger_known_and_a_wrong_one_does_not(
    tmp_path: Path, what: str, scope: str
) -> None:
    with serving(CollectorSettings(data_dir=str(tmp_path)), [time.time()]) as (application, port):
        secret = token(application, scope)
        connections = application.entrance.connections
        with connect(port) as connection:
            assert say(connection, what, "Authorization: Bearer wrong").startswith(b"HTTP/1.1 401 ")
            assert (connections._known, len(connections)) == (0, 1)
            say(connection, what, f"Authorization: Bearer {secret}")
            until(lambda: connections._known == 1)
        until(lambda: len(connections) == 0)


def test_a_session_makes_a_browsers_connection_known(tmp_path: Path) -> None:
    now = time.time()
    with serving(CollectorSettings(data_dir=str(tmp_path)), [now]) as (application, port), connect(port) as browser:
        secret = application.collector.store.write_sync(lambda it: links.issue_link(it, now))
        answer = say(browser, f"GET /login/{secret} HTTP/1.1").decode()
        cookie = answer.partition("set-cookie: ")[2].partition(";")[0]
        say(browser, "GET / HTTP/1.1", f"Cookie: {cookie}")
        until(lambda: application.entrance.connections._known == 1)


@pytest.mark.parametrize("path", ["/fleet/deeds", "/api/v1/requests", "/api/v1/agents"])
def test_a_form_or_a_message_that_does_not_end_is_408_and_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(body, "READ_SECONDS", 0.2)
    with serving(CollectorSettings(data_dir=str(tmp_path)), [time.time()]) as (application, port):
        secret = token(application, "admin")
        with connect(port) as slow:
            answer = say(slow, f"POST {path} HTTP/1.1", f"Authorization: Bearer {secret}", content=b"a=", length=100)
            assert answer.startswith(b"HTTP/1.1 408 ")
            while slow.recv(65536):
                pass


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def entered(entrance: Entrance, address: str, times: int) -> int:
    """How many of so many are let in."""
    return sum(entrance.seat_for(address, lambda: None) is not None for _ in range(times))


def test_this_machine_and_proxies_may_have_any_number_and_strangers_may_not() -> None:
    settings = CollectorSettings(proxies=("10.0.0.0/24",), connections_per_address=10)
    entrance = Entrance(settings, Clock())

    assert entered(entrance, "127.0.0.1", 50) == entered(entrance, "::1", 50) == entered(entrance, PROXY, 50) == 50
    assert entered(entrance, STRANGER, 50) == 10
    assert entered(entrance, f"::ffff:{STRANGER}", 1) == 0
    assert entered(entrance, "192.0.2.2", 50) == 10
    entrance.take_over(CollectorSettings(connections_per_address=20))
    assert entered(entrance, STRANGER, 50) == 10
    assert entered(entrance, PROXY, 50) == 20


def test_that_connections_make_room_is_said_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    entrance = Entrance(CollectorSettings(connections_per_address=10), clock)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            entered(entrance, STRANGER, 20)
        clock.now += TELL_SECONDS - GRACE_SECONDS - 1
        entered(entrance, "192.0.2.2", 20)
        clock.now += TELL_SECONDS
        entered(entrance, "192.0.2.3", 20)

    assert len(caplog.messages) == 2
    assert "connections_per_address" in caplog.messages[0]


def test_there_are_never_more_than_open_files_permit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sansang_collector.entrance.left_for_connections", lambda: 150)

    assert Entrance(CollectorSettings()).connections.most == 150
