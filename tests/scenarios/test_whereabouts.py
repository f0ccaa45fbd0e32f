"""Every state a machine can be in, reached by real agent processes at a real collector whose clock a test turns."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml
from sqlalchemy import select

from sansang_agent.contract.report import Answer, Pace
from sansang_collector import agents, ingest, silence, tokens
from sansang_collector.agents import AGENT
from sansang_collector.app import create_app
from sansang_collector.changes import CHANGE
from sansang_collector.inventory.calendars import Calendar
from sansang_collector.inventory.hours import parse_hours
from sansang_collector.server import CollectorServer
from sansang_collector.settings import CollectorSettings
from sansang_collector.store import Store
from sansang_collector.web.phrases import VIETNAM
from tests.support.lines import Line, line_to

pytestmark = pytest.mark.needs("linux")

COMMUNE = "06019"
CALENDAR = Calendar(parse_hours("mon-fri 07:30-11:30 13:30-17:00"))
PATIENCE_S = 30.0
LONG_S = 46.0
KILL, BEFORE_SLEEP = 9, 10
"""SIGKILL and SIGUSR1; Windows has no such names."""


def monday(clock: str) -> float:
    return datetime.fromisoformat(f"2026-06-22T{clock}+07:00").astimezone(VIETNAM).timestamp()


class Turned:
    """A clock that goes as fast as ours, and is turned forward."""

    def __init__(self, at: float) -> None:
        self._offset = at - time.time()

    def __call__(self) -> float:
        return time.time() + self._offset

    def turn_to(self, at: float) -> None:
        assert at > self()
        self._offset = at - time.time()

    def turn(self, seconds: float) -> None:
        self._offset += seconds


class Centre:
    """A running collector, its clock, and what it says of its machines."""

    def __init__(self, folder: Path, port: int, clock: Turned, app: Any) -> None:
        self.clock = clock
        self.app = app
        self.port = port
        self._folder = folder
        store = Store(folder)
        secret = store.write_sync(lambda it: tokens.issue(it, "read", "test", clock()))[1]
        store.close()
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {secret}"}, timeout=10
        )

    def enrol(self, name: str) -> tuple[int, str]:
        """A machine's number and its token."""
        store = Store(self._folder)
        number = store.write_sync(lambda it: agents.register(it, COMMUNE, name, self.clock()))
        secret = store.write_sync(lambda it: tokens.issue(it, "agent", name, self.clock(), number))[1]
        store.close()
        return number, secret

    def say(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/api/v1/agents/{number}").raise_for_status().json()
        return found

    def until(self, number: int, state: str) -> dict[str, Any]:
        """What is said of a machine once it is in ``state``."""
        deadline = time.monotonic() + PATIENCE_S
        while (said := self.say(number))["state"] != state:
            assert time.monotonic() < deadline, f"{said['state']} and not {state}"
            time.sleep(0.05)
        return said

    def told(self, number: int) -> list[str]:
        """The kinds of changes of a machine's whereabouts so far, once nothing is left to tell."""
        query = select(CHANGE.c.kind).where(CHANGE.c.agent == number, CHANGE.c.kind != "outcome").order_by(CHANGE.c.id)
        collector = self.app.collector
        newest = collector.store.write_sync(lambda it: silence.mark_silent(it, collector.present()))
        collector.store.write_sync(
            lambda it: silence.tell(it, silence.review(it, collector.present()), collector.now())
        )
        assert newest
        with collector.store.read() as connection:
            return list(connection.scalars(query))


@pytest.fixture
def centre(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Centre]:
    """On a Monday at ten o'clock, or at the parameter; it wants to be told every second."""
    monkeypatch.setattr(ingest, "Answer", partial(Answer, pace=Pace(live_s=1.0)))
    folder, clock = tmp_path / "collector", Turned(monday(getattr(request, "param", "10:00")))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app(CollectorSettings(data_dir=str(folder)), clock)
        ready = threading.Event()
        server = CollectorServer(app, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            assert ready.wait(20), "the server did not start"
            app.collector.know_calendars({COMMUNE: CALENDAR})
            started = Centre(folder, listening.getsockname()[1], clock, app)
            with started.client:
                yield started
        finally:
            server.should_exit = True
            thread.join(20)


class Machine:
    """An agent process, and its number at the centre."""

    def __init__(self, folder: Path, centre: Centre, port: int | None = None) -> None:
        folder.mkdir()
        self.number, secret = centre.enrol(folder.name)
        (folder / "token").write_text(secret, encoding="utf-8")
        (folder / "token").chmod(0o600)
        self._clock = folder / "clock"
        self.be_wrong_by(0)
        check = {"id": "pc", "kind": "host", "rung": "machine", "target": "local", "period": 1}
        settings = {
            "collector": {"url": f"http://127.0.0.1:{port or centre.port}", "token_file": str(folder / "token")},
            "data_dir": str(folder / "data"),
            "report_period": 1,
            "profile": {"checks": [check]},
        }
        (folder / "agent.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        command = [sys.executable, "-m", "tests.soak.odd_clock", str(folder / "agent.yml"), str(self._clock)]
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def be_wrong_by(self, seconds: float) -> None:
        """Let its wall clock jump."""
        new = self._clock.with_suffix(".new")
        new.write_text(f"{seconds}", encoding="ascii")
        new.replace(self._clock)

    def end(self, how: int) -> None:
        self.process.send_signal(how)
        self.process.wait(20)


@pytest.fixture
def machine(tmp_path: Path, centre: Centre) -> Iterator[Machine]:
    """In contact with the centre."""
    with run(Machine(tmp_path / "quay-1", centre), centre) as started:
        yield started


class run:  # noqa: N801  # reads as what it does
    """Wait for a machine's first contact, and end it with the block."""

    def __init__(self, machine: Machine, centre: Centre) -> None:
        self._machine = machine
        self._centre = centre

    def __enter__(self) -> Machine:
        self._centre.until(self._machine.number, "online")
        return self._machine

    def __exit__(self, *_: object) -> None:
        if self._machine.process.poll() is None:
            self._machine.end(KILL)


def test_a_machine_nobody_has_started_is_never_seen(centre: Centre) -> None:
    number, _ = centre.enrol("quay-9")
    centre.clock.turn(LONG_S)

    assert centre.say(number)["state"] == "never_seen"


def test_an_agent_that_is_stopped_says_so(centre: Centre, machine: Machine) -> None:
    machine.end(signal.SIGTERM)
    centre.clock.turn(LONG_S)
    said = centre.until(machine.number, "goodbye")

    assert (said["state_why"], said["back"]) == ("stop", monday("13:30"))
    assert centre.told(machine.number) == ["agent", "contact"]


def test_an_agent_that_is_killed_at_work_is_silent_and_told_once(centre: Centre, machine: Machine) -> None:
    machine.end(KILL)
    centre.clock.turn(LONG_S)
    said = centre.until(machine.number, "silent")
    centre.clock.turn_to(monday("22:00"))

    assert said["state_since"] == said["last_contact"]
    assert centre.say(machine.number)["state"] == "silent"
    assert [centre.told(machine.number) for _ in range(3)] == [["agent", "contact"]] * 3


@pytest.mark.parametrize("centre", ["16:50"], indirect=True)
def test_an_agent_that_is_killed_at_five_is_off_as_usual_and_missed_the_next_morning(
    centre: Centre, machine: Machine
) -> None:
    machine.end(KILL)
    centre.clock.turn(LONG_S)
    evening = centre.until(machine.number, "expected_off")
    told = [centre.told(machine.number)]
    centre.clock.turn_to(monday("08:00") + 86400)
    morning = centre.until(machine.number, "silent")

    assert (evening["state_why"], evening["back"]) == ("hours", monday("07:30") + 86400)
    assert morning["state_since"] == monday("07:30") + 86400
    assert [*told, centre.told(machine.number)] == [["agent", "contact"], ["agent", "contact", "contact"]]


def test_a_machine_that_goes_to_sleep_says_so_and_its_agent_goes_on(centre: Centre, machine: Machine) -> None:
    machine.process.send_signal(BEFORE_SLEEP)
    deadline = time.monotonic() + PATIENCE_S
    while centre.say(machine.number)["goodbye"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    psutil.Process(machine.process.pid).suspend()  # as the system does with it in its sleep
    centre.clock.turn(LONG_S)
    said = centre.until(machine.number, "goodbye")
    psutil.Process(machine.process.pid).resume()

    assert said["state_why"] == "sleep"
    assert machine.process.poll() is None


def test_a_suspended_agent_is_silent_and_online_again_once_it_goes_on(centre: Centre, machine: Machine) -> None:
    psutil.Process(machine.process.pid).suspend()
    centre.clock.turn(LONG_S)
    centre.until(machine.number, "silent")
    told = [centre.told(machine.number)]
    psutil.Process(machine.process.pid).resume()
    centre.until(machine.number, "online")

    assert [*told, centre.told(machine.number)] == [["agent", "contact"], ["agent", "contact", "contact"]]


def test_a_machine_behind_a_cut_line_is_silent_and_online_again_once_it_is_mended(
    tmp_path: Path, centre: Centre
) -> None:
    with line_to(centre.port) as line, run(Machine(tmp_path / "quay-2", centre, line.port), centre) as machine:
        cut_off(centre, machine, line)
        line.mend()
        centre.until(machine.number, "online")

        assert centre.told(machine.number) == ["agent", "contact", "contact"]


def cut_off(centre: Centre, machine: Machine, line: Line) -> None:
    line.cut()
    centre.clock.turn(LONG_S)
    centre.until(machine.number, "silent")
    assert centre.told(machine.number) == ["agent", "contact"]


@pytest.mark.parametrize("days", [3, -3])
def test_a_machine_whose_clock_jumps_by_days_stays_online(centre: Centre, machine: Machine, days: int) -> None:
    machine.be_wrong_by(days * 86400)
    deadline = time.monotonic() + PATIENCE_S
    while abs(centre.say(machine.number)["clock_skew_s"] - wrong(centre, days)) > 60:
        assert time.monotonic() < deadline
        assert centre.say(machine.number)["state"] == "online"
        time.sleep(0.05)

    assert centre.say(machine.number)["state"] == "online"
    assert centre.told(machine.number) == ["agent"]


def wrong(centre: Centre, days: int) -> float:
    """By how much a machine's clock that is wrong by ``days`` is ahead of the centre's."""
    return time.time() + days * 86400 - centre.clock()


def test_a_retired_machine_is_no_silent_one_and_in_nobodys_count(centre: Centre, machine: Machine) -> None:
    machine.end(KILL)
    centre.app.collector.store.write_sync(lambda it: it.execute(AGENT.update().values(retired_at=centre.clock())))
    centre.clock.turn(LONG_S)

    assert centre.until(machine.number, "retired")["state_since"] is not None
    assert centre.told(machine.number) == ["agent"]
    with centre.app.collector.store.read() as connection:
        assert agents.communes(connection) == []
