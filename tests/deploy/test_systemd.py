"""The systemd units: understood by systemd, hardened, and starting programs by options that exist."""

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from shutil import copytree

import pytest

from sansang_agent import config_places
from sansang_agent.commands.run import BEFORE_SLEEP as BEFORE_SLEEP_SIGNAL

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy" / "systemd"
BEFORE_SLEEP = "sansang-agent-sleep.service"
DEAD_MAN = "sansang-dead-man.service"
NAMES = sorted(path.name for path in UNITS.glob("*.service") if path.name not in (BEFORE_SLEEP, DEAD_MAN))
"""Units that start our programs and keep them running."""
EVERY_UNIT = pytest.mark.parametrize("name", NAMES)


def _unit(name: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys have capitals
    parser.read(UNITS / name, encoding="utf-8")
    return parser


def _installed(tmp_path: Path) -> Path:
    """The units, with programs that exist on this machine and without the optional drop-in."""
    folder = copytree(
        UNITS, tmp_path / "units", ignore=lambda _, names: [name for name in names if name.endswith(".d")]
    )
    for path in (folder / name for name in NAMES):
        text = path.read_text(encoding="utf-8")
        assert text.count("ExecStart=/opt/sansang/bin/") == 1
        program = tmp_path / _unit(path.name)["Service"]["ExecStart"].split()[0].rpartition("/")[2]
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        path.write_text(text.replace("/opt/sansang/bin/", f"{tmp_path}/"), encoding="utf-8")
    return folder


def _analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.needs("systemd-analyze")
@pytest.mark.parametrize("name", [*NAMES, BEFORE_SLEEP, DEAD_MAN])
def test_systemd_understands_every_line_of_a_unit(name: str, tmp_path: Path) -> None:
    done = _analyze("verify", "--man=no", "--recursive-errors=no", _installed(tmp_path) / name)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.needs("systemd-analyze")
@pytest.mark.parametrize("name", [*NAMES, BEFORE_SLEEP, DEAD_MAN])
def test_a_unit_is_exposed_little(name: str, tmp_path: Path) -> None:
    done = _analyze("security", "--offline=yes", "--threshold=20", "--no-pager", _installed(tmp_path) / name)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.needs("systemd-analyze")
def test_the_optional_drop_in_permits_icmp_and_nothing_else(tmp_path: Path) -> None:
    folder = _installed(tmp_path)
    name = "sansang-agent.service"
    copytree(UNITS / f"{name}.d", folder / f"{name}.d")
    drop_in = (folder / f"{name}.d" / "icmp.conf").read_text(encoding="utf-8")
    settings = [line for line in drop_in.splitlines() if line and not line.startswith(("#", "["))]

    assert _analyze("verify", "--man=no", folder / name).stderr == ""
    assert settings == ["CapabilityBoundingSet=CAP_NET_RAW", "AmbientCapabilities=CAP_NET_RAW"]


def test_units_start_the_programs_as_documented_and_not_as_root() -> None:
    agent, collector = _unit("sansang-agent.service")["Service"], _unit("sansang-collector.service")["Service"]

    assert agent["ExecStart"] == "/opt/sansang/bin/sansang run $SANSANG_AGENT_OPTIONS"
    assert collector["ExecStart"].startswith(
        "/opt/sansang/bin/sansang-collector serve --config /etc/sansang/collector.yml"
    )
    assert (agent["User"], collector["User"]) == ("sansang", "sansang-collector")
    alerts = _unit("sansang-alerts.service")["Service"]
    assert alerts["ExecStart"].startswith("/opt/sansang/bin/sansang-alerts serve --config /etc/sansang/alerts.yml")
    assert (alerts["User"], alerts["StateDirectory"]) == ("sansang-alerts", "sansang-alerts")


@pytest.mark.skipif(sys.platform == "win32", reason="systemd's places")
def test_the_agent_s_unit_starts_on_a_machine_without_a_configuration_and_reads_the_one_in_etc_where_there_is() -> None:
    """A machine that is only enrolled has no agent.yml, and its service must not fail over that."""
    assert "--config" not in _unit("sansang-agent.service")["Service"]["ExecStart"]
    assert config_places.config_files({})[0] == Path("/etc/sansang/agent.yml")
    assert config_places.data_dirs({})[0] == Path("/var/lib/sansang")


def test_the_vantage_is_an_agent_of_its_own_with_its_own_files() -> None:
    agent, vantage = _unit("sansang-agent.service"), _unit("sansang-vantage.service")
    own = {"ExecStart", "Environment", "EnvironmentFile", "User", "StateDirectory", "MemoryMax"}

    assert vantage["Service"]["ExecStart"].startswith(
        "/opt/sansang/bin/sansang run --vantage --config /etc/sansang/vantage.yml"
    )
    assert vantage["Service"]["Environment"] == "SANSANG_DATA_DIR=/var/lib/sansang-vantage"
    assert vantage["Service"]["User"] == "sansang-vantage"
    assert {key: value for key, value in vantage["Service"].items() if key not in own} == {
        key: value for key, value in agent["Service"].items() if key not in own
    }


@EVERY_UNIT
def test_a_unit_restarts_keeps_its_state_and_may_be_given_options(name: str) -> None:
    service = _unit(name)["Service"]
    program = name.removesuffix(".service")

    assert service["Restart"] == "on-failure"
    assert service["EnvironmentFile"] == f"-/etc/default/{program}"
    assert service["StateDirectory"] == service["User"]


@EVERY_UNIT
def test_a_unit_offers_reload_by_signal_only_where_the_program_knows_the_signal(name: str) -> None:
    program = name.removesuffix(".service")
    package = ROOT / "agent" / "sansang_agent"
    if program == "sansang-collector":
        package = ROOT / "collector" / "sansang_collector"
    sources = [path.read_text(encoding="utf-8") for path in package.rglob("*.py")]

    assert sources
    assert ("ExecReload" in _unit(name)["Service"]) == any("SIGHUP" in text for text in sources)


def test_the_agent_is_told_before_the_machine_sleeps_by_the_signal_it_knows() -> None:
    unit = _unit(BEFORE_SLEEP)

    assert unit["Unit"]["Before"] == unit["Install"]["WantedBy"] == "sleep.target"
    assert unit["Service"]["ExecStart"].split()[-2:] == [
        f"--signal={BEFORE_SLEEP_SIGNAL.removeprefix('SIG')}",
        "sansang-agent.service",
    ]


def test_the_agent_does_not_wait_for_a_network() -> None:
    assert "network-online.target" not in "".join(_unit("sansang-agent.service")["Unit"].values())


@pytest.mark.needs("systemd-analyze")
def test_every_user_a_unit_names_is_created(tmp_path: Path) -> None:
    command = ["systemd-sysusers", f"--root={tmp_path}", "--dry-run", str(UNITS / "sansang.sysusers")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    for name in NAMES:
        assert f"Creating user '{_unit(name)['Service']['User']}'" in done.stdout + done.stderr


@pytest.mark.needs("systemd-analyze")
def test_the_dead_man_s_file_is_handed_over_at_each_change_whole_and_to_the_vantage_alone(tmp_path: Path) -> None:
    name = DEAD_MAN.replace(".service", ".path")
    done = _analyze("verify", "--man=no", "--recursive-errors=no", _installed(tmp_path) / name)
    handing = (UNITS / DEAD_MAN).read_text(encoding="utf-8")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert _unit(name)["Path"]["PathChanged"] == "/var/lib/sansang-collector/deadman.json"
    assert "install -o sansang-vantage -g sansang-vantage -m 0600" in handing
    assert handing.index("deadman.json.new\n") < handing.index("ExecStart=/usr/bin/mv -f")
