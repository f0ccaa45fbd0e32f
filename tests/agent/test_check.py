import asyncio
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from sansang_agent import last_verdict, status
from sansang_agent.clock import SystemClock
from sansang_agent.commands.check import Here, Options, check, since_when, tools_for
from sansang_agent.commands.probe import AccessError, TargetError, one_check, probe
from sansang_agent.config import AgentConfig
from sansang_agent.contract.check import KINDS, DnsCheck, HostCheck, Profile, SnmpCheck, TcpCheck, kind_of
from sansang_agent.contract.codec import profile_hash, report_code
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Report, Result, Why
from sansang_agent.contract.rung import Rung
from sansang_agent.measure import measure
from sansang_agent.phrases import Speech
from sansang_agent.spool import FILE, Spool
from sansang_agent.status import CheckStatus, Status
from sansang_agent.verdict import Cause, State, Verdict
from standins import TcpStandIn
from tests.support.hurried_world import HURRIED_S, HurriedWorld
from tests.support.probing import OtherMachine, make_tools, started
from world import LABEL, World

ENGLISH = Speech("en")
MACHINE = OtherMachine()


def unseen(_done: int, _total: int) -> None:
    """Nobody looks at the progress."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = HurriedWorld(tmp_path / "world", HURRIED_S)
    await made.start()
    yield made
    await made.close()


def here(config: AgentConfig) -> Here:
    return Here(config, MACHINE, SystemClock(MACHINE))


async def test_check_says_one_sentence_first_then_a_light_for_every_rung(world: World, tmp_path: Path) -> None:
    said = await check(here(world.config(tmp_path / "data")), ENGLISH, Options(), unseen)

    lines = said.text.splitlines()
    assert said.exit_code == 0
    assert lines[0].startswith("All is well: this computer, the network and 3 services answer.")
    assert lines[1:4] == ["", LABEL, ""]
    assert [line.split()[0] for line in lines[4:]] == ["●"] * 7


async def test_the_code_is_that_of_the_report_in_the_spool(world: World, tmp_path: Path) -> None:
    config = world.config(tmp_path / "data")

    said = await check(here(config), ENGLISH, Options(as_json=True), unseen)

    spool = Spool.open(tmp_path / "data" / FILE)
    (row,) = spool.take(10, 1_000_000)
    report = msgspec.json.decode(row.body, type=Report)
    profile = spool.profile(report.config)
    spool.close()
    assert json.loads(said.text)["code"] == report_code(row.stream, row.seq)
    assert report.why is Why.REQUEST
    assert {result.check for result in report.results} == {each.id for each in world.profile.checks}
    assert profile == world.profile
    assert report.host is not None


async def test_a_place_that_cannot_be_written_costs_the_code_only(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    config = world.config(tmp_path / "file" / "data")

    quiet = await check(here(config), ENGLISH, Options(), unseen)
    verbose = await check(here(config), ENGLISH, Options(verbose=True), unseen)

    assert quiet.exit_code == 0
    assert "ode" not in quiet.text
    assert "No code: this result could not be kept on this computer" in verbose.text


async def test_a_spool_that_is_locked_costs_the_code_only(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_path: Path, **_wait: float) -> Spool:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(Spool, "open", locked)

    said = await check(here(world.config(tmp_path / "data")), ENGLISH, Options(as_json=True), unseen)

    assert json.loads(said.text)["code"] is None


async def test_json_holds_verdict_rows_results_and_network(world: World, tmp_path: Path) -> None:
    world.cut_from(Rung.LINE)

    said = await check(here(world.config(tmp_path / "data")), ENGLISH, Options(as_json=True), unseen)

    found = json.loads(said.text)
    assert said.exit_code == found["exit_code"] == 2
    assert found["v"] == 1
    assert found["verdict"]["cause"] == "line_down"
    assert found["verdict"]["components"] == ["access_link", "access_node", "arc", "ring"]
    assert found["network"]["gateways"] == ["192.0.2.1"]
    line = next(row for row in found["verdict"]["rows"] if row["rung"] == "line")
    assert (line["light"], line["seen"][0]["result"]["reason"]) == ("failed", "timeout")


async def test_verbose_shows_every_check_with_its_evidence(world: World, tmp_path: Path) -> None:
    said = await check(here(world.config(tmp_path / "data")), ENGLISH, Options(verbose=True), unseen)

    assert f"● Internet (giả) [{world.internet.target}]: ok" in said.text
    assert "evidence: HTTP 200, title: Cổng dịch vụ công (giả)" in said.text
    assert "Power: battery, 41 % left." in said.text.splitlines()
    assert said.text.splitlines()[-1] == "Clock: not compared yet."


async def test_the_clock_is_what_a_running_agent_says_of_it(world: World, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    told = running(world.profile, MACHINE.wall(), {})
    status.write(data, msgspec.structs.replace(told, clock_skew_s=-7200.0))
    fresh = await check(here(world.config(data)), ENGLISH, Options(as_json=True), unseen)
    status.write(data, msgspec.structs.replace(told, clock_skew_s=-7200.0, written=told.written - 3600))
    stale = await check(here(world.config(data)), ENGLISH, Options(as_json=True), unseen)

    assert json.loads(fresh.text)["host"]["clock_skew_s"] == -7200.0
    assert "clock_skew_s" not in json.loads(stale.text)["host"]


async def test_the_last_verdict_is_kept_for_a_report(world: World, tmp_path: Path) -> None:
    await check(here(world.config(tmp_path / "data")), ENGLISH, Options(), unseen)

    kept = last_verdict.read(tmp_path / "data")

    assert kept is not None
    assert kept.verdict.cause is Cause.ALL_GOOD
    assert kept.code is not None


async def test_progress_counts_every_answer() -> None:
    seen: list[tuple[int, int]] = []
    checks = [HostCheck(id=f"machine-{number}", rung=Rung.MACHINE, target="local") for number in range(3)]

    await measure(checks, make_tools(), SystemClock(MACHINE), lambda done, total: seen.append((done, total)))

    assert seen[0] == (0, 3)
    assert seen[-1] == (3, 3)


async def test_what_has_not_answered_at_the_deadline_is_a_timeout() -> None:
    async with started(TcpStandIn()) as silent:
        silent.behave("silent")
        slow = TcpCheck(id="slow", rung=Rung.GATEWAY, target=silent.target, timeout=60)

        counted: list[tuple[int, int]] = []
        count = lambda done, total: counted.append((done, total))  # noqa: E731
        found = await measure([slow], make_tools(), SystemClock(MACHINE), count, deadline=0.1)

    result, _began = found["slow"]
    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.TIMEOUT)
    assert counted[-1] == (1, 1)  # which wipes the line that counted


async def test_a_check_of_a_person_asks_once(world: World) -> None:
    world.services["dichvucong"].behave("error")

    found = await measure(world.profile.checks, tools_for(world.config(Path()), MACHINE), SystemClock(MACHINE), unseen)

    assert found["dichvucong"][0].reason is Reason.HTTP_STATUS
    assert world.services["dichvucong"].asked == 1


def running(profile: Profile, wall: float, since: dict[str, float], outcome: Outcome = Outcome.FAILED) -> Status:
    reason = Reason.TIMEOUT if outcome is Outcome.FAILED else None
    return Status(
        pid=1,
        version="1",
        started=0.0,
        written=wall,
        period=15.0,
        config=profile_hash(profile),
        results={
            name: CheckStatus(result=Result(check=name, outcome=outcome, reason=reason), wall=wall, since=began)
            for name, began in since.items()
        },
    )


DOWN = Verdict(state=State.DOWN, cause=Cause.LINE_DOWN, proof=("line", "far"))


def test_an_outage_began_when_the_last_of_its_witnesses_fell_silent() -> None:
    told = running(Profile(), 1000.0, {"line": 100.0, "far": 160.0, "other": 900.0})

    assert since_when(DOWN, Profile(), told, 1010.0) == 160.0


@pytest.mark.parametrize(
    "told",
    [
        None,
        running(Profile(), 100.0, {"line": 10.0, "far": 10.0}),
        running(Profile(label="another"), 1000.0, {"line": 100.0, "far": 160.0}),
        running(Profile(), 1000.0, {"line": 100.0}),
        running(Profile(), 1000.0, {"line": 100.0, "far": 160.0}, Outcome.OK),
    ],
    ids=["no agent", "a stale agent", "another profile", "a witness missing", "witnesses that answer"],
)
def test_since_when_is_not_said_on_weaker_evidence(told: Status | None) -> None:
    assert since_when(DOWN, Profile(), told, 1010.0) is None


async def test_check_says_since_when_a_running_agent_has_seen_the_same(world: World, tmp_path: Path) -> None:
    world.cut_from(Rung.LINE)
    wall = MACHINE.wall()
    data = tmp_path / "data"
    data.mkdir()
    status.write(data, running(world.profile, wall, dict.fromkeys(("line", "internet", "tslcd"), wall - 3600)))

    said = await check(here(world.config(data)), ENGLISH, Options(as_json=True), unseen)

    assert json.loads(said.text)["since"] == pytest.approx(wall - 3600)
    assert "has been down since" in json.loads(said.text)["sentence"]


@pytest.mark.parametrize(
    ("behaviour", "code", "shape"), [("answer", 0, "●"), ("refuse", 2, "✖"), ("silent", 2, "✖")]
)  # fmt: skip
async def test_one_probe_shows_its_phases_and_ends_with_its_outcome(
    behaviour: str, code: int, shape: str, tmp_path: Path
) -> None:
    async with started(TcpStandIn()) as standin:
        standin.behave(behaviour)  # type: ignore[arg-type]
        asked = msgspec.structs.replace(one_check("tcp", standin.target, ""), timeout=0.3)

        said = await probe(asked, here(AgentConfig(data_dir=str(tmp_path))), ENGLISH, Options(), unseen)

    assert said.exit_code == code
    assert said.text.startswith(f"{shape} {standin.target}: ")
    assert "connect" in said.text


async def test_a_probe_that_could_not_find_out_ends_with_three(tmp_path: Path) -> None:
    async with started(TcpStandIn()) as silent:
        silent.behave("silent")
        asked = one_check("icmp", "127.0.0.1", "")
        quick = msgspec.structs.replace(asked, timeout=0.3, fallback_ports=(silent.port,))

        said = await probe(quick, here(AgentConfig(data_dir=str(tmp_path))), ENGLISH, Options(), unseen)

    assert said.exit_code == 3
    assert "not permitted to measure" in said.text
    assert "grant it" in said.text


def secret(folder: Path, name: str = "secret") -> Path:
    path = folder / name
    path.write_text("some-secret", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a_device_is_asked_as_the_configuration_has_it_or_as_told(tmp_path: Path) -> None:
    file = str(secret(tmp_path))
    configured = SnmpCheck(id="olt", rung=Rung.CORE, target="192.0.2.1", community_file=file, interfaces=("ge*",))
    profile = Profile(checks=(configured,))

    as_configured = one_check("snmp", "192.0.2.1:1161", "", {}, profile)
    as_told = one_check("snmp", "192.0.2.1", "", {"user": "me", "auth_file": file, "priv_file": file}, profile)

    assert as_configured == msgspec.structs.replace(configured, id="asked", target="192.0.2.1:1161")
    assert isinstance(as_told, SnmpCheck)
    assert (as_told.version, as_told.user, as_told.interfaces) == ("3", "me", ())


@pytest.mark.parametrize(
    ("access", "said"),
    [
        ({}, "community_file: is needed for version 2c"),
        ({"user": "me"}, "auth_file: is needed for version 3"),
        ({"user": "me", "community_file": "c"}, "community_file: goes with version 2c; this check has version 3"),
        ({"auth": "sha1"}, "user: is needed for version 3"),
    ],
)
def test_a_device_without_credentials_is_not_asked(access: dict[str, str], said: str) -> None:
    other = SnmpCheck(id="olt", rung=Rung.CORE, target="192.0.2.99", community_file="c")
    with pytest.raises(AccessError, match=said):
        one_check("snmp", "192.0.2.1", "", access, Profile(checks=(other,)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_asked_for_by_hand(kind: str, tmp_path: Path) -> None:
    targets = {"http": "http://127.0.0.1/", "host": "local", "tcp": "127.0.0.1:1", "tls": "127.0.0.1:1"}
    targets["timestamp"] = targets["http"]

    access = {"community_file": str(secret(tmp_path))} if kind == "snmp" else {}

    asked = one_check(kind, targets.get(kind, "127.0.0.1"), "x.test", access)

    assert kind_of(asked) == kind
    assert not isinstance(asked, DnsCheck) or asked.query == "x.test"


@pytest.mark.parametrize(
    ("kind", "target"), [("tcp", "127.0.0.1"), ("http", "portal.test"), ("icmp", ""), ("dns", "a b")]
)
def test_a_target_that_cannot_be_asked_is_refused(kind: str, target: str) -> None:
    with pytest.raises(TargetError):
        one_check(kind, target, "x.test")


HUNG = """
    import socket, sys, time
    real = socket.getaddrinfo
    def hung(host, *rest, **more):
        return time.sleep(3600) if str(host).endswith(".test") else real(host, *rest, **more)
    socket.getaddrinfo = hung
    from sansang_agent import cli
    sys.argv = ["sansang", "check", "--json", "--config", sys.argv[1]]
    cli.main()
"""


async def test_a_resolver_that_hangs_for_ever_holds_nobody(world: World, tmp_path: Path) -> None:
    world.cut_from(Rung.GATEWAY)
    settings = {"data_dir": str(tmp_path / "data"), "profile": world.settings()["profile"]}
    config = tmp_path / "agent.yml"
    config.write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-c", textwrap.dedent(HUNG), str(config)]

    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, timeout=60, check=False, env={**os.environ, "LANG": "C"}
    )  # it would hang for an hour; how soon a busy machine starts a program is not its doing

    found = json.loads(done.stdout)
    assert done.returncode == 2
    assert done.stderr == b""
    assert found["verdict"]["cause"] == "gateway_silent"
    service = next(row for row in found["verdict"]["rows"] if row["rung"] == "service")
    assert (service["light"], service["note"]) == ("unknown", "no_internet")


async def test_another_program_that_holds_the_spool_does_not_hold_the_answer(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ = Spool.open
    waits: list[float] = []

    def noted(path: Path, busy_s: float) -> Spool:
        waits.append(busy_s)
        return open_(path, busy_s=busy_s)

    monkeypatch.setattr("sansang_agent.commands.check.BUSY_S", 0.05)
    monkeypatch.setattr(Spool, "open", noted)
    config = world.config(tmp_path / "data")
    await check(here(config), ENGLISH, Options(), unseen)
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        said = await check(here(config), ENGLISH, Options(verbose=True), unseen)

    assert waits == [0.05] * 2  # the agent itself would wait for five seconds
    assert said.exit_code == 0
    assert "could not be kept on this computer (database is locked)" in said.text
