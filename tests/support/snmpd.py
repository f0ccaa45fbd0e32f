"""A real snmpd on loopback: communities and users of several rights, that can be stopped, restarted and replaced."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

COMMUNITY, AUTH, PRIV = "right-community", "authentic-one", "private-one"
CONFIG = f"""
sysName terminal-01
sysDescr Optical terminal for tests
view system included .1.3.6.1.2.1.1
view old included .1.3.6.1.2.1.1
view old included .1.3.6.1.2.1.2
rocommunity {COMMUNITY} default
rocommunity blind default -V system
rocommunity old default -V old
rocommunity6 {COMMUNITY} default
rouser sansang priv
rouser strong priv
rouser weak priv
rouser blind priv -V system
rouser bare auth
"""
USERS = f"""
createUser sansang SHA-256 "{AUTH}" AES "{PRIV}"
createUser strong SHA-512 "{AUTH}" AES-256 "{PRIV}"
createUser weak MD5 "{AUTH}" DES "{PRIV}"
createUser blind SHA-256 "{AUTH}" AES "{PRIV}"
createUser bare SHA-256 "{AUTH}"
"""


class Snmpd:
    """One device at ``target``; what it must remember over a restart lies in ``folder``."""

    def __init__(self, folder: Path, users: str = USERS, host: str = "127.0.0.1") -> None:
        self._folder = folder
        self._users = users
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind((host, 0))
            self.port: int = free.getsockname()[1]
        self.target = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        family = "udp6" if ":" in host else "udp"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "snmpd.conf").write_text(f"agentaddress {family}:{self.target}\n{CONFIG}", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(self) -> None:
        """Start, and wait until it listens."""
        memory = self._folder / "memory"
        memory.mkdir(exist_ok=True)
        remembered = memory / "snmpd.conf"
        if not remembered.exists():
            remembered.write_text(self._users, encoding="utf-8")
        log = self._folder / "log"
        log.unlink(missing_ok=True)
        files = f"{self._folder / 'snmpd.conf'},{remembered}"
        command = ["snmpd", "-f", "-Lf", str(log), "-C", "-c", files, "-I", "-smux"]
        environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(memory), "SNMPCONFPATH": str(self._folder), "MIBS": ""}
        self._process = subprocess.Popen(command, env=environment)
        deadline = time.monotonic() + 20
        while not log.exists() or b"NET-SNMP version" not in log.read_bytes():
            assert time.monotonic() < deadline
            assert self._process.poll() is None
            time.sleep(0.02)

    def end(self) -> None:
        """Switch it off; it remembers its engine and how often it has started."""
        assert self._process is not None
        psutil.Process(self._process.pid).resume()
        self._process.terminate()
        self._process.wait(timeout=20)

    def freeze(self) -> None:
        """Let it hear and say nothing."""
        assert self._process is not None
        psutil.Process(self._process.pid).suspend()

    def restart(self, *, replaced: bool = False) -> None:
        """Off and on again; ``replaced``: as another device at this address."""
        self.end()
        if replaced:
            shutil.rmtree(self._folder / "memory")
        self.start()
