"""Real agents and a real collector: asked by a person at the centre, answered from the PCs, within what they permit."""

import asyncio
import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
import pytest
from sqlalchemy import select

from sansang_collector import cli
from sansang_collector.audit import AUDIT
from sansang_collector.store import Store
from standins import HttpStandIn, Page, TcpStandIn, page
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.probing import started

COMMUNE = "05983"
PATIENCE_S = 20.0
REPORTS_S = 1.0
PROGRAM = """
import sys
from sansang_agent import cli, pace

pace.EARLY = 0.05
sys.exit(cli.answer(sys.argv[1:]))
"""
"""The agent as it is, but telling every second instead of every 15, so that a test need not wait for it to hear."""


class Pc(NamedTuple):
    """One agent in a process of its own."""

    folder: Path
    process: "subprocess.Popen[bytes]"


@contextmanager
def running_pc(folder: Path, collector: CollectorProcess, name: str, networks: list[str]) -> Iterator[Pc]:
    folder.mkdir()
    token = folder / "agent.token"
    token.write_text(collector.token("agent", COMMUNE, name))
    token.chmod(0o600)
    settings = {
        "collector": {"url": collector.url, "token_file": "agent.token"},
        "data_dir": str(folder / "data"),
        "report_period": REPORTS_S,
        "policy": {"networks": networks},
        "profile": {"checks": [{"id": "pc", "kind": "host", "rung": "machine", "target": "local", "period": 1}]},
    }
    (folder / "agent.yml").write_bytes(msgspec.json.encode(settings))  # JSON is YAML
    command = [sys.executable, "-c", PROGRAM, "run", "--config", str(folder / "agent.yml")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield Pc(folder, process)
    finally:
        process.terminate()
        process.wait(20)


class Said(NamedTuple):
    """What a command printed, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


class Centre(NamedTuple):
    """The collector, one agent that may ask its own loopback, and one that may not."""

    collector: CollectorProcess
    open_pc: Pc
    plain_pc: Pc

    def ask(self, *arguments: str) -> Said:
        """``sansang-collector ask``, in this process: starting one takes longer than the answer."""
        command = ["ask", "--data", str(self.collector.data), COMMUNE, *arguments, "--lang", "en"]
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            try:
                code = cli.main(command)
            except SystemExit as end:
                code = int(end.code or 0)
        return Said(code, out.getvalue(), err.getvalue())

    def deeds(self) -> list[tuple[str, str]]:
        store = Store(self.collector.data)
        try:
            with store.read() as connection:
                rows = connection.execute(select(AUDIT).order_by(AUDIT.c.id)).all()
            return [(row.what, row.detail) for row in rows]
        finally:
            store.close()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("ask")
    with (
        running_collector(folder / "collector") as collector,
        running_pc(folder / "open", collector, "open", ["127.0.0.1", "127.0.0.3", "127.0.0.4", "127.0.0.5"]) as open_pc,
        running_pc(folder / "plain", collector, "plain", []) as plain_pc,
        collector.client("read") as client,
    ):
        until(lambda: len(in_contact(client.get("/api/v1/agents").json()["items"])) == 2)
        yield Centre(collector, open_pc, plain_pc)


def in_contact(agents: list[dict[str, object]]) -> list[object]:
    return [agent for agent in agents if agent["last_contact"] is not None]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def asked(centre: Centre, *arguments: str) -> Said:
    """The command beside the stand-ins of this event loop."""
    return await asyncio.to_thread(centre.ask, *arguments)


async def test_a_request_is_answered_with_phases_and_audited(centre: Centre) -> None:
    async with started(HttpStandIn({"/": page("Cổng dịch vụ")})) as server:
        done = await asked(centre, "http", f"{server.url}/", "--agent", "open", "--why", "khách báo lỗi")

    assert (done.returncode, done.stderr) == (0, "")
    first, *evidence = done.stdout.splitlines()
    assert first.endswith(f"{server.url}/: ok")
    assert any(line.startswith("    time: ") and "connect" in line for line in evidence)
    assert "    HTTP status: 200" in evidence
    assert server.asked == 1
    (what, asking), (answer, detail) = centre.deeds()[-2:]
    assert (what, answer) == ("ask", "answer")
    assert asking.endswith(f"http {server.url}/ x1: khách báo lỗi")
    assert detail == f"{asking.split()[0]} ok"


async def test_what_is_down_ends_with_two_and_its_reason(centre: Centre) -> None:
    async with started(TcpStandIn(host="127.0.0.3")) as standin:
        standin.behave("refuse")
        done = await asked(centre, "tcp", standin.target, "--agent", "open")

    assert done.returncode == 2
    assert done.stdout.splitlines()[0].endswith(f"{standin.target}: connection refused")


async def test_a_count_of_two_is_two_answers_five_seconds_apart(centre: Centre) -> None:
    async with started(TcpStandIn(host="127.0.0.4")) as standin:
        done = await asked(centre, "tcp", standin.target, "--agent", "open", "--count", "2")

    assert done.returncode == 0
    assert standin.asked == 2
    assert len([line for line in done.stdout.splitlines() if not line.startswith(" ")]) == 2


@pytest.mark.parametrize(
    ("name", "target", "said"),
    [
        ("plain", "127.0.0.6:9", "127.0.0.6 is this machine itself"),
        ("plain", "169.254.169.254:80", "169.254.169.254 is a link-local address"),
        ("open", "224.0.0.251:80", "224.0.0.251 is the address of many machines (multicast, broadcast)"),
        ("plain", "localhost:9", "localhost is not among the hosts"),
    ],
)
def test_an_address_the_pc_does_not_permit_is_refused_there(centre: Centre, name: str, target: str, said: str) -> None:
    done = centre.ask("tcp", target, "--agent", name)

    assert done.returncode == 3
    assert done.stdout.splitlines()[0].endswith(f"{target}: refused by this machine's policy")
    assert said in done.stdout


async def test_a_redirect_into_a_network_the_pc_does_not_permit_is_not_followed(centre: Centre) -> None:
    async with started(HttpStandIn({"/": page("Nội bộ")}, host="127.0.0.2")) as inside:
        moved = Page("", 302, (("Location", f"{inside.url}/"),))
        async with started(HttpStandIn({"/": moved}, host="127.0.0.5")) as server:
            done = await asked(centre, "http", f"{server.url}/", "--agent", "open")

    assert done.returncode == 3
    assert "127.0.0.2 is this machine itself" in done.stdout
    assert (server.asked, inside.asked) == (1, 0)


def test_the_kill_switch_stops_what_the_centre_asks_and_nothing_else(centre: Centre) -> None:
    stop = centre.plain_pc.folder / "stop-probing"
    stop.touch()
    try:
        stopped = centre.ask("host", "--agent", "plain")
    finally:
        stop.unlink()

    assert stopped.returncode == 3
    assert f"the file {stop} stops everything the centre asks" in stopped.stdout
    assert centre.ask("host", "--agent", "plain").returncode == 0


def test_a_request_without_a_machine_or_a_mistyped_one_ends_with_three_and_a_sentence(centre: Centre) -> None:
    unknown = centre.ask("tcp", "x.example:1", "--agent", "nobody")
    mistyped = centre.ask("tpc", "x.example:1")
    without = centre.ask()

    assert (unknown.returncode, unknown.stderr) == (
        3,
        "There is no machine 'nobody' in 05983; there are open, plain.\n",
    )
    assert (mistyped.returncode, mistyped.stdout) == (3, "")
    assert without.returncode == 3
    assert "Traceback" not in unknown.stderr + mistyped.stderr + without.stderr


def test_a_request_of_a_machine_that_hangs_expires_and_is_run_by_nobody(centre: Centre) -> None:
    hanging = psutil.Process(centre.plain_pc.process.pid)
    hanging.suspend()
    try:
        done = centre.ask("host", "--agent", "plain", "--wait", "2")
    finally:
        hanging.resume()

    assert done.returncode == 3
    assert "plain in" in done.stdout
    assert "has not heard the request" in done.stdout
