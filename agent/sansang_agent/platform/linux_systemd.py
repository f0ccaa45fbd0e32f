"""Linux: why this process is being ended, by systemd's jobs, and when the machine will wake, by its real-time clock.

A machine without systemd, or whose systemd does not answer, says nothing: then the agent was just stopped.
"""

import logging
import subprocess
from pathlib import Path

from sansang_agent.contract.report import GoodbyeReason

ASK_S = 2.0
_LIST = ("systemctl", "list-jobs", "--no-legend", "--plain", "--no-pager")
_RESTARTS = frozenset({"reboot.target", "kexec.target", "soft-reboot.target"})
_SHUTDOWNS = frozenset({"poweroff.target", "halt.target", "shutdown.target"})

_log = logging.getLogger(__name__)


def jobs() -> str:
    """What systemd is doing, as ``systemctl list-jobs`` writes it; empty where it does not say."""
    try:
        done = subprocess.run(_LIST, capture_output=True, text=True, timeout=ASK_S, check=False)  # noqa: S603  # constant
    except (OSError, subprocess.TimeoutExpired) as exc:
        _log.warning("systemd does not say why this ends: %s", exc)
        return ""
    return done.stdout


def why(listed: str, unit: str) -> GoodbyeReason:
    """The reason by these jobs: the machine goes down, it restarts, or only ``unit`` is stopped or restarted."""
    found = {(fields[1], fields[2]) for line in listed.splitlines() if len(fields := line.split()) >= 3}
    started = {name for name, kind in found if kind == "start"}
    if started & _RESTARTS or (unit, "restart") in found:
        return GoodbyeReason.RESTART
    return GoodbyeReason.SHUTDOWN if started & _SHUTDOWNS else GoodbyeReason.STOP


def unit_of(cgroup: str) -> str:
    """The unit a process belongs to, by its ``/proc/self/cgroup``; empty if it is in none."""
    last = cgroup.strip().rpartition("/")[2]
    return last if last.endswith(".service") else ""


def wakes_at(clock: Path, wall: float) -> float | None:
    """When the real-time clock will wake the machine, Unix seconds; None where no alarm is set.

    The clock may run in local time, so its alarm is held against what it shows itself.
    """
    try:
        alarm, shown = ((clock / name).read_text(encoding="ascii").strip() for name in ("wakealarm", "since_epoch"))
        ahead = int(alarm) - int(shown)
    except (OSError, ValueError):
        return None
    return wall + ahead if ahead > 0 else None
