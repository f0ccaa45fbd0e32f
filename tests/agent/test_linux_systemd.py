import os
from pathlib import Path

import pytest

from sansang_agent.contract.report import GoodbyeReason
from sansang_agent.platform import linux_systemd
from sansang_agent.platform.linux import LinuxPlatform

UNIT = "sansang-agent.service"
NOTHING = ""
STOPPED = "1501 sansang-agent.service stop running\n"
RESTARTED = "1501 sansang-agent.service restart running\n"
OTHERS = "1490 nginx.service restart running\n1501 sansang-agent.service stop running\n"
POWER_OFF = """\
2113 sansang-agent.service         stop  running
2041 poweroff.target               start waiting
2042 systemd-poweroff.service      start waiting
2044 shutdown.target               start waiting
"""
REBOOT = POWER_OFF.replace("poweroff", "reboot")
BOOTING = "12 multi-user.target start waiting\n13 sansang-agent.service start running\n"
UNREADABLE = "Failed to list jobs: Transport endpoint is not connected\n"


@pytest.mark.parametrize(
    ("jobs", "reason"),
    [
        (NOTHING, GoodbyeReason.STOP),
        (STOPPED, GoodbyeReason.STOP),
        (OTHERS, GoodbyeReason.STOP),
        (BOOTING, GoodbyeReason.STOP),
        (UNREADABLE, GoodbyeReason.STOP),
        (RESTARTED, GoodbyeReason.RESTART),
        (REBOOT, GoodbyeReason.RESTART),
        (POWER_OFF, GoodbyeReason.SHUTDOWN),
        (POWER_OFF.replace("poweroff", "halt"), GoodbyeReason.SHUTDOWN),
    ],
)
def test_systemds_jobs_tell_why_the_agent_ends(jobs: str, reason: GoodbyeReason) -> None:
    assert linux_systemd.why(jobs, UNIT) is reason


def test_a_process_in_no_unit_is_restarted_by_nobodys_job() -> None:
    assert linux_systemd.unit_of("0::/system.slice/sansang-agent.service\n") == UNIT
    assert linux_systemd.unit_of("0::/user.slice/user-1000.slice/session-2.scope\n") == ""
    assert linux_systemd.why(RESTARTED, "") is GoodbyeReason.STOP


def machine(root: Path, jobs: str = "") -> LinuxPlatform:
    (root / "proc/self").mkdir(parents=True, exist_ok=True)
    (root / "proc/self/cgroup").write_text(f"0::/system.slice/{UNIT}\n")
    return LinuxPlatform(root, lambda: jobs)


@pytest.mark.needs("linux")
def test_a_machine_without_systemd_only_stops_the_agent(tmp_path: Path) -> None:
    assert machine(tmp_path, REBOOT).leaving() is GoodbyeReason.STOP
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert machine(tmp_path, REBOOT).leaving() is GoodbyeReason.RESTART


@pytest.mark.needs("linux")
def test_systemd_is_asked_by_its_own_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "systemctl"
    program.write_text(f'#!/bin/sh\n[ "$1" = list-jobs ] && cat <<END\n{POWER_OFF}END\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    assert linux_systemd.why(linux_systemd.jobs(), UNIT) is GoodbyeReason.SHUTDOWN


@pytest.mark.needs("linux")
@pytest.mark.parametrize("script", [None, "#!/bin/sh\nexec sleep 60\n", "#!/bin/sh\nexit 1\n"])
def test_a_systemd_that_does_not_answer_keeps_the_agent_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    monkeypatch.setattr(linux_systemd, "ASK_S", 0.2)
    if script is not None:
        (tmp_path / "systemctl").write_text(script)
        (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) if script is None else f"{tmp_path}:{os.environ['PATH']}")

    assert linux_systemd.jobs() == ""


@pytest.mark.parametrize(
    ("alarm", "shown", "back"),
    [
        ("1782486000", "1782450000", 1_000_036_000.0),
        ("1782449999", "1782450000", None),
        ("", "1782450000", None),
        (None, None, None),
    ],
)
def test_the_real_time_clocks_alarm_is_when_the_machine_is_back_whatever_that_clock_shows(
    tmp_path: Path, alarm: str | None, shown: str | None, back: float | None
) -> None:
    for name, text in (("wakealarm", alarm), ("since_epoch", shown)):
        if text is not None:
            (tmp_path / name).write_text(f"{text}\n")

    assert linux_systemd.wakes_at(tmp_path, 1_000_000_000.0) == back
