import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from sansang_agent import __version__, assignment_file, cli, last_verdict, status
from sansang_agent.assigned import Assigned
from sansang_agent.commands import status as status_command
from sansang_agent.commands.report import report
from sansang_agent.config import AgentConfig, CollectorConfig, Commune
from sansang_agent.contract.assignment import Assignment, Contacts
from sansang_agent.contract.check import Profile, TcpCheck
from sansang_agent.contract.codec import encode, profile_hash
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Nic, Result, SpoolState
from sansang_agent.contract.rung import Owner, Rung
from sansang_agent.last_verdict import LastVerdict
from sansang_agent.phrases import Speech
from sansang_agent.platform import NetworkState
from sansang_agent.status import CheckStatus, Status
from sansang_agent.table import Look
from sansang_agent.terminal import prepare, progress_on
from sansang_agent.verdict import Cause, State, Verdict
from standins import TcpStandIn
from tests.support.probing import started

VI, EN = Speech("vi"), Speech("en")
WALL = 1_780_000_000.0
HERE = NetworkState(nics=(Nic(name="eth0", up=True),), gateways=("192.0.2.1",))
Capsys = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def nobody_configured_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANSANG_CONFIG", str(tmp_path / "default.yml"))
    monkeypatch.setenv("SANSANG_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "default.yml").write_text("profile: {checks: []}\n", encoding="utf-8")


@pytest.mark.parametrize(
    "arguments", [[], ["chekc"], ["check", "tpc", "x"], ["check", "--lang", "fr"], ["status", "-x"]]
)
def test_a_mistake_of_use_ends_with_three_and_says_so_in_vietnamese(arguments: list[str], capsys: Capsys) -> None:
    code = cli.answer(arguments)

    shown = capsys.readouterr()
    assert (code, shown.out) == (3, "")
    assert shown.err.startswith("Không hiểu lệnh này (")
    assert "--help" in shown.err


@pytest.mark.parametrize("arguments", [["--lang", "en", "chekc"], ["check", "tpc", "--lang=en"]])
def test_a_mistake_of_use_is_said_in_the_language_asked_for(arguments: list[str], capsys: Capsys) -> None:
    assert cli.answer(arguments) == 3
    assert capsys.readouterr().err.startswith("This command is not understood (")


def test_a_target_that_makes_no_sense_is_a_mistake_of_use(capsys: Capsys) -> None:
    assert cli.answer(["check", "tcp", "nowhere"]) == 3
    assert "Đích cần đo không hợp lệ: 'nowhere' is not host:port." in capsys.readouterr().err


@pytest.mark.parametrize(("language", "words"), [("vi", "cách dùng: sansang check"), ("en", "usage: sansang check")])
def test_help_is_in_the_language_asked_for(language: str, words: str, capsys: Capsys) -> None:
    assert cli.answer(["check", "--help", "--lang", language]) == 0
    assert capsys.readouterr().out.startswith(words)


def test_the_version_is_the_packages(capsys: Capsys) -> None:
    assert cli.answer(["--version"]) == 0
    assert capsys.readouterr().out == f"sansang {__version__}\n"


def test_mistakes_in_the_configuration_are_one_line_each(tmp_path: Path, capsys: Capsys) -> None:
    file = tmp_path / "agent.yml"
    file.write_text("langauge: vi\ncommune: {code: '12'}\n", encoding="utf-8")

    assert cli.answer(["check", "--config", str(file)]) == 3

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Không dùng được tệp cấu hình:"
    assert len(lines) == 3
    assert lines[1].startswith(f"{file}:1: langauge: ")
    assert lines[2].startswith(f"{file}:2: commune.code: ")


def test_check_config_says_what_it_read(tmp_path: Path, capsys: Capsys) -> None:
    file = tmp_path / "agent.yml"
    file.write_text("language: vi\n", encoding="utf-8")

    assert cli.answer(["check-config", str(file), "--lang", "en"]) == 0
    assert cli.answer(["--lang", "en", "check-config"]) == 0
    assert cli.answer(["check-config", str(tmp_path / "none.yml")]) == 3

    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        f"{file} can be used (the default profile).",
        f"{tmp_path / 'default.yml'} can be used (0 checks).",
    ]
    assert "không có tệp này" in shown.err


def closed_gateway(tmp_path: Path, more: str = "") -> Path:
    file = tmp_path / "agent.yml"
    checks = [
        {"id": "gw", "kind": "tcp", "rung": "gateway", "target": "127.0.0.1:1", "timeout": 0.5},
        {"id": "far", "kind": "tcp", "rung": "internet", "target": "127.0.0.1:1", "timeout": 0.5},
    ]
    file.write_text(f"profile: {json.dumps({'checks': checks})}\n{more}", encoding="utf-8")
    return file


def test_check_prints_its_answer_and_ends_with_its_state(tmp_path: Path, capsys: Capsys) -> None:
    assert cli.answer(["check", "--config", str(closed_gateway(tmp_path))]) == 2

    shown = capsys.readouterr()
    assert "Chưa tiếp nhận được hồ sơ trực tuyến." in shown.out.splitlines()[0]
    assert shown.err == ""


def test_the_configured_language_and_contacts_are_used(tmp_path: Path, capsys: Capsys) -> None:
    file = closed_gateway(tmp_path, "language: en\ncontacts: {commune_it: ask at desk 3, telecom: ring the bell}\n")

    cli.answer(["check", "--config", str(file)])

    assert "call the commune's IT officer (ask at desk 3)" in capsys.readouterr().out


def test_one_probe_from_the_command_line(capsys: Capsys) -> None:
    assert cli.answer(["check", "tcp", "127.0.0.1:1", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["reason"] == "refused"


def test_the_machine_itself_needs_no_target(capsys: Capsys) -> None:
    assert cli.answer(["check", "host", "--lang", "en"]) in {0, 2}
    assert "local: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("problem", "said"), [(RuntimeError("odd"), "RuntimeError: odd"), (KeyboardInterrupt(), "Đã dừng.")]
)
def test_nobody_ever_reads_a_stack_trace(
    problem: BaseException, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    def broken(_path: Path | None) -> AgentConfig:
        raise problem

    monkeypatch.setattr(cli, "choose", broken)

    assert cli.answer(["check"]) == 3

    shown = capsys.readouterr()
    assert said in shown.err
    assert "Traceback" not in shown.err + shown.out


def test_every_owner_is_asked_for_in_the_configuration() -> None:
    contacts = cli.contacts_of(AgentConfig(contacts=Contacts(telecom="ring")), Assigned())

    assert contacts[Owner.TELECOM] == "ring"
    assert contacts[Owner.US] == ""


# the console


class Console(io.TextIOWrapper):
    """A stream somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("encoding", ["cp1252", "cp1258", "ascii", "cp437"])
def test_an_old_console_gets_ascii_shapes_and_never_an_error(encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)

    look = prepare(stream, {})
    stream.write("Đường truyền \ud800")
    stream.flush()

    assert look.ascii_only
    assert raw.getvalue().decode().startswith("Đường truyền")


def test_a_modern_console_gets_shapes_and_colours() -> None:
    assert prepare(Console(io.BytesIO(), encoding="utf-8"), {}, "linux") == Look(colour=True, ascii_only=False)


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"NO_COLOR": ""}, {"TERM": "dumb"}])
def test_colours_can_be_refused(environ: dict[str, str]) -> None:
    assert not prepare(Console(io.BytesIO(), encoding="utf-8"), environ).colour


@pytest.mark.parametrize(("environ", "colour"), [({}, False), ({"WT_SESSION": "1"}, True), ({"TERM": "xterm"}, True)])
def test_windows_old_console_gets_no_colour_codes(environ: dict[str, str], colour: bool) -> None:
    assert prepare(Console(io.BytesIO(), encoding="utf-8"), environ, "win32").colour is colour


def test_a_file_gets_no_colours_and_no_progress() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")

    assert not prepare(stream, {}).colour
    progress_on(stream, EN)(1, 2)
    stream.flush()
    assert raw.getvalue() == b""


def test_a_program_without_a_console_has_nothing_to_prepare() -> None:
    assert prepare(None, {}) == Look(ascii_only=True)


def test_a_program_without_a_console_counts_for_nobody() -> None:
    progress_on(None, EN)(1, 2)


def test_a_missing_command_is_named(capsys: Capsys) -> None:
    cli.answer([])

    assert "COMMAND" in capsys.readouterr().err


def test_progress_is_wiped_when_all_have_answered() -> None:
    raw = io.BytesIO()
    stream = Console(raw, encoding="utf-8")

    show = progress_on(stream, EN)
    show(1, 2)
    show(2, 2)

    text = raw.getvalue().decode()
    assert "Checking … 1 of 2" in text
    assert text.endswith("\r" + " " * 40 + "\r")


def sansang(*arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "sansang_agent", *arguments]
    return subprocess.run(command, capture_output=True, timeout=30, check=False, env={**os.environ, **environ})


def test_the_program_itself_survives_an_old_windows_code_page(tmp_path: Path) -> None:
    done = sansang("check", "--config", str(closed_gateway(tmp_path)), PYTHONIOENCODING="cp1258", PYTHONUTF8="0")

    assert done.returncode == 2
    assert "[X] Thiết bị đầu cuối" in done.stdout.decode("utf-8")
    assert done.stderr == b""


def test_a_reader_that_leaves_causes_no_complaint(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sansang_agent", "check", "--config", str(closed_gateway(tmp_path))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()

        assert process.stderr.read() == b""
        assert process.wait(30) == 3


# the agent's own state


def agent(**more: object) -> Status:
    settled: dict[str, object] = {
        "pid": 4321,
        "version": "1.0",
        "started": WALL - 3600,
        "written": WALL - 5,
        "period": 15.0,
        "config": "c0ffee",
        "collector": "https://collector.test",
        "last_contact": WALL - 10,
        "clock_skew_s": 1.0,
    }
    return Status(**(settled | more))  # type: ignore[arg-type]


def place(tmp_path: Path) -> AgentConfig:
    folder = tmp_path / "data"
    folder.mkdir(exist_ok=True)
    return AgentConfig(data_dir=str(folder))


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (agent(), 0),
        (agent(collector=None, last_contact=None), 0),
        (agent(last_contact=WALL - 600), 1),
        (agent(last_contact=None), 1),
        (agent(last_error="401"), 1),
        (agent(spool_error="disk full"), 1),
        (agent(clock_skew_s=-4000.0), 1),
        (agent(written=WALL - 600), 2),
    ],
    ids=["well", "alone", "late", "never reached", "refused", "no disk", "clock", "gone"],
)
def test_status_ends_with_how_the_agent_is(found: Status, code: int, tmp_path: Path) -> None:
    config = place(tmp_path)
    status.write(tmp_path / "data", found)

    said = status_command.status(config, EN, WALL)

    assert said.exit_code == code


def test_status_without_an_agent_ends_with_three(tmp_path: Path) -> None:
    said = status_command.status(place(tmp_path), EN, WALL)

    assert said.exit_code == 3
    assert said.text == f"No agent has run here yet (looked in {tmp_path / 'data'})."


def test_status_tells_contact_spool_and_clock(tmp_path: Path) -> None:
    config = place(tmp_path)
    waiting = SpoolState(rows=2, oldest=WALL - 90)
    status.write(tmp_path / "data", agent(spool=waiting, clock_skew_s=4000.0, label="Hộp cát", refused=3))

    text = status_command.status(config, EN, WALL).text

    assert text.splitlines()[0].startswith("The agent runs (process 4321, version 1.0) since ")
    assert "Hộp cát" in text
    assert "Collector: https://collector.test; last answer at " in text
    assert "Waiting to be sent: 2 reports, the oldest of " in text
    assert "Refused by the collector and laid aside: 3." in text
    assert "Clock: wrong, about 67 minutes slow." in text


def test_status_is_machine_readable_too(tmp_path: Path) -> None:
    config = place(tmp_path)
    status.write(tmp_path / "data", agent())

    assert json.loads(status_command.status(config, EN, WALL, as_json=True).text)["pid"] == 4321
    assert cli.answer(["status", "--json"]) == 2


# the text to send


def kept(wall: float) -> LastVerdict:
    verdict = Verdict(state=State.DOWN, cause=Cause.NO_NAME)
    return LastVerdict(wall=wall, verdict=verdict, code="K7F2QD", label="Hộp cát")


def test_a_report_names_the_machine_the_commune_and_the_time(tmp_path: Path) -> None:
    place(tmp_path)
    last_verdict.save(tmp_path / "data", kept(WALL))
    config = AgentConfig(data_dir=str(tmp_path / "data"), commune=Commune(code="06001", name="Xã Thử"))

    said = report(config, HERE, "PC-QUAY-1", VI, WALL)

    lines = said.text.splitlines()
    assert said.exit_code == 2
    assert lines[:2] == ["Máy: PC-QUAY-1", "Xã: Xã Thử 06001"]
    assert lines[2].startswith("Kiểm tra lúc: ")
    assert lines[3] == "Hộp cát"
    assert lines[4].endswith("Mã: K7F2QD.")


def test_a_report_takes_the_running_agents_newer_word(tmp_path: Path) -> None:
    profile = Profile(checks=(TcpCheck(id="gw", rung=Rung.GATEWAY, target="192.0.2.1:80"),))
    config = AgentConfig(data_dir=str(tmp_path / "data"), profile=profile)
    place(tmp_path)
    last_verdict.save(tmp_path / "data", kept(WALL - 3600))
    good = CheckStatus(result=Result(check="gw", outcome=Outcome.OK), wall=WALL - 5, since=WALL - 9000)
    status.write(tmp_path / "data", agent(config=profile_hash(profile), results={"gw": good}))

    said = report(config, HERE, "pc", EN, WALL)

    assert said.exit_code == 0
    assert "K7F2QD" not in said.text


def test_a_report_of_an_agent_with_other_checks_is_not_believed(tmp_path: Path) -> None:
    place(tmp_path)
    bad = CheckStatus(result=Result(check="gw", outcome=Outcome.FAILED, reason=Reason.TIMEOUT), wall=WALL, since=WALL)
    status.write(tmp_path / "data", agent(results={"gw": bad}))
    config = AgentConfig(data_dir=str(tmp_path / "data"), profile=Profile())

    assert report(config, HERE, "pc", EN, WALL).exit_code == 3


def test_nothing_to_report_yet(tmp_path: Path, capsys: Capsys) -> None:
    assert cli.answer(["report"]) == 3
    assert capsys.readouterr().out == "Máy này chưa kiểm tra lần nào; hãy chạy: sansang check\n"


def test_a_damaged_last_verdict_is_none(tmp_path: Path) -> None:
    (tmp_path / last_verdict.FILE).write_text("{", encoding="utf-8")

    assert last_verdict.read(tmp_path) is None


# the service


def ran_once(file: Path, data: Path) -> tuple[int, bytes]:
    """The exit code and the log of a service that was stopped once it had said how it is."""
    command = [sys.executable, "-m", "sansang_agent", "run", "--config", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while process.poll() is None and ((said := status.read(data)) is None or said.pid != process.pid):
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _out, log = process.communicate(timeout=30)
    return process.returncode, log


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A configuration file of a service that looks at its machine."""
    file = tmp_path / "agent.yml"
    profile = {"checks": [{"id": "machine", "kind": "host", "rung": "machine", "target": "local", "period": 1}]}
    text = f"profile: {json.dumps(profile)}\nreport_period: 1\ndata_dir: {tmp_path / 'data'}\n"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.needs("linux")
def test_run_stops_in_order_when_it_is_told_to(service: Path, tmp_path: Path) -> None:
    code, log = ran_once(service, tmp_path / "data")

    assert code == 0
    assert b"Traceback" not in log


@pytest.mark.needs("linux")
def test_a_service_whose_file_broke_starts_with_the_last_good_one_and_says_so(
    service: Path, tmp_path: Path, capsys: Capsys
) -> None:
    ran_once(service, tmp_path / "data")
    service.write_text(service.read_text(encoding="utf-8") + "langauge: vi\n", encoding="utf-8")

    code, log = ran_once(service, tmp_path / "data")

    assert code == 0
    assert b"the last good one is" in log
    assert b"unknown key 'langauge'" in log
    found = status.read(tmp_path / "data")
    assert found is not None
    assert ["langauge" in mistake for mistake in found.mistakes] == [True]
    assert list(found.results) == ["machine"]
    assert cli.answer(["status", "--config", str(service)]) == 1
    assert "Tệp cấu hình đang có lỗi nên tạm dùng bản đúng gần nhất:" in capsys.readouterr().out


def test_a_vantage_whose_file_names_no_networks_does_not_start(tmp_path: Path, capsys: Capsys) -> None:
    code = cli.answer(["run", "--vantage", "--lang", "en"])

    assert code == 3
    assert capsys.readouterr().err == (
        f"The vantage does not start, because {tmp_path / 'default.yml'} names no networks. Without them it might not"
        " ask a single terminal of the communes. Name the networks it may ask under policy: networks:, for example"
        " [10.20.0.0/16].\n"
    )


def test_a_running_vantage_says_so_in_log_and_status_and_checks_itself_alone(tmp_path: Path) -> None:
    file = tmp_path / "vantage.yml"
    file.write_text("{report_period: 1, policy: {networks: [10.20.0.0/16]}}", encoding="utf-8")
    command = [sys.executable, "-m", "sansang_agent", "run", "--vantage", "--config", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        log = next(line for line in running.stderr if " runs " in line)
        deadline = time.monotonic() + 20
        while not (said := status.read(tmp_path / "data")) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.terminate()

    assert log.rstrip().endswith("runs 1 checks as the province's vantage")
    assert said is not None
    assert said.vantage
    shown = status_command.status(AgentConfig(data_dir=str(tmp_path / "data")), EN, time.time())
    assert "It is the province's vantage: it looks into the communes from the centre's side." in shown.text


def test_the_file_s_contacts_come_before_the_centre_s() -> None:
    assigned = Assigned(contacts=Contacts(telecom="centre", power="centre"))
    found = cli.contacts_of(AgentConfig(contacts=Contacts(telecom="file")), assigned)

    assert (found[Owner.TELECOM], found[Owner.POWER], found[Owner.COMMUNE_IT]) == ("file", "centre", "")


def test_a_service_with_a_desk_of_its_own_is_told_with_it() -> None:
    speech = Speech("en", {Owner.SERVICE_OWNER: "in general"}, services={"a-http": "desk A", "a-tls": "desk A"})

    assert speech.whom(Owner.SERVICE_OWNER, ("a-http", "a-tls")).endswith("desk A")
    assert speech.whom(Owner.SERVICE_OWNER, ("a-http", "b-http")).endswith("in general")
    assert "desk A" not in speech.whom(Owner.TELECOM, ("a-http",))


def test_what_the_centre_assigned_is_checked_where_the_file_leaves_it_open(tmp_path: Path) -> None:
    own = Profile(label="assigned")
    body = encode(Assignment(profile=own))
    assignment_file.keep(tmp_path, "https://c.example", body)
    followed = AgentConfig(collector=CollectorConfig(url="https://c.example", token_file="t"), data_dir=str(tmp_path))

    assert cli.assigned_here(followed).profile == own
    assert cli.assigned_here(msgspec.structs.replace(followed, collector=None)).profile is None
    assert cli.assigned_here(msgspec.structs.replace(followed, profile=own)).profile is None


async def test_what_the_centre_names_is_within_policy_for_a_person_too(tmp_path: Path, capsys: Capsys) -> None:
    file, data = tmp_path / "agent.yml", tmp_path / "data"
    async with started(TcpStandIn()) as standin:
        here = TcpCheck(id="here", rung=Rung.SERVICE, target=f"127.0.0.1:{standin.port}")
        body = encode(Assignment(profile=Profile(checks=(here,)), on_ask=(msgspec.structs.replace(here, id="ask"),)))
        assignment_file.keep(data, "http://127.0.0.1:1", body)
        collector = "collector: {url: 'http://127.0.0.1:1', token_file: token}"
        (tmp_path / "token").write_text("secret")
        (tmp_path / "token").chmod(0o600)
        for more, times in (("", 0), ("policy: {networks: [127.0.0.0/8]}", 2)):
            file.write_text(f"data_dir: {data}\n{collector}\n{more}\n", encoding="utf-8")
            await asyncio.to_thread(cli.answer, ["check", "-v", "--config", str(file), "--lang", "en"])
            assert ("127.0.0.1 is this machine itself" in capsys.readouterr().out) == (times == 0)
            assert standin.asked == times


def test_status_says_what_is_followed_and_what_cannot_be(tmp_path: Path) -> None:
    status.write(tmp_path, agent(assigned="ab" * 16, role="mini", assignment_error="it is of version 2"))
    said = status_command.status(AgentConfig(data_dir=str(tmp_path)), Speech("en"), WALL)

    assert f"Assigned by the centre: {'ab' * 16} (this machine is: an always-on mini PC)." in said.text
    assert "What the centre has assigned since cannot be used: it is of version 2." in said.text
    assert said.exit_code == 1
