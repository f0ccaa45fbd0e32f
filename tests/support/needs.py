"""What a test may need beyond Python and loopback, and how this machine is asked whether it has it.

A test says ``@pytest.mark.needs("prometheus")``; where a need is missing the test is counted, not hidden.
"""

import importlib.util
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

OTHER_USER = "nobody"


def _program(*names: str) -> Callable[[], bool]:
    return lambda: all(shutil.which(name) for name in names)


def is_root() -> bool:
    """Whether this process may do anything here."""
    return sys.platform == "linux" and os.geteuid() == 0


def _namespaces() -> bool:
    """Whether a network namespace can be made and removed here."""
    if not is_root() or not shutil.which("ip"):
        return False
    name = f"ss-need-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return made


def _icmp() -> bool:
    """Whether this process may send echoes: by a datagram socket (ping_group_range) or a raw one."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        with suppress(OSError), socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP):
            return True
    return False


def _strace() -> bool:
    """Whether a program can be followed here; some containers have strace and forbid it."""
    if not shutil.which("strace"):
        return False
    followed = subprocess.run(["strace", "-o", os.devnull, sys.executable, "-c", ""], capture_output=True, check=False)
    return followed.returncode == 0


def _many_files() -> bool:
    """Whether a process may have five thousand files open at a time."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  # not there on Windows

        return resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 5000
    else:  # noqa: RET505  # a type checker for either system sees one branch only
        return False


def _small_disk() -> bool:
    """Whether a small file system can be mounted here."""
    if not is_root():
        return False
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "sansang-need", folder]
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
        if mounted:
            subprocess.run(["umount", folder], check=True)
    return mounted


def _dbstat() -> bool:
    """Whether this Python's SQLite can tell what each table takes on disk."""
    with closing(sqlite3.connect(":memory:")) as database, suppress(sqlite3.OperationalError):
        database.execute("SELECT count(*) FROM dbstat")
        return True
    return False


def _chromium() -> bool:
    return bool(shutil.which("chromium")) and importlib.util.find_spec("playwright") is not None


def postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl, of the newest version there is: Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _postgres() -> bool:
    """Whether a server can be made here: it refuses root, who then has to become someone else."""
    return (
        sys.platform == "linux" and postgres_programs() is not None and (not is_root() or bool(shutil.which("runuser")))
    )


def _another_user() -> bool:
    """Whether an agent can run here as somebody else: his Python has to be ours in version, and within his reach."""
    return is_root() and other_users_python() != ""


@cache
def other_users_python() -> str:
    """A Python of our version that the user ``nobody`` may run; empty: none (ours may lie in root's own folder)."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    same = f"import sys; sys.exit('{version}' != '%d.%d' % sys.version_info[:2])"
    for program in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        with suppress(OSError):
            asked = subprocess.run([program, "-c", same], user=OTHER_USER, extra_groups=[], cwd="/", check=False)
            if asked.returncode == 0:
                return program
    return ""


NEEDS: dict[str, Callable[[], bool]] = {
    "linux": lambda: sys.platform == "linux",
    "root": is_root,
    "another-user": _another_user,
    "dbstat": _dbstat,
    "icmp": _icmp,
    "netns": _namespaces,
    "tun": lambda: os.path.exists("/dev/net/tun"),  # noqa: PTH110  # a device, whatever it holds
    "nft": _program("nft"),
    "prometheus": _program("prometheus", "promtool"),
    "alertmanager": _program("prometheus-alertmanager", "amtool"),
    "many-files": _many_files,
    "small-disk": _small_disk,
    "strace": _strace,
    "chromium": _chromium,
    "nginx": _program("nginx"),
    "snmpd": _program("snmpd"),
    "postgres": _postgres,
    "unbound": _program("unbound", "unbound-control"),
    "compose": _program("docker-compose"),
    "systemd-analyze": _program("systemd-analyze"),
    "gcc": _program("gcc"),
    "gettext": _program("msgfmt"),
    "curl": _program("curl"),
    "openssl": _program("openssl"),
    "make": _program("make"),
    "git": _program("git"),
}


@cache
def is_present(need: str) -> bool:
    """Whether this machine has ``need``; an unknown name is a mistake in the test."""
    return NEEDS[need]()


def is_required() -> bool:
    """Whether a missing need is a failure (``SANSANG_REQUIRE=all``, as in CI)."""
    return os.environ.get("SANSANG_REQUIRE") == "all"
