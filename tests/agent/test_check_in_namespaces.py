"""``sansang check`` with the packaged profile where nothing answers at all: an empty network of its own."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.needs("root", "netns")

MOST_S = 10.0
DEAD_END = """
ip link set lo up
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
ip addr add 192.0.2.10/24 dev d0
ip route add default via 192.0.2.1
mount --bind "$RESOLV" /etc/resolv.conf
"""


def checked(tmp_path: Path, before: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON of a check in new network and mount namespaces, set up by ``before``."""
    resolv = tmp_path / "resolv.conf"
    resolv.write_text("nameserver 192.0.2.53\n", encoding="utf-8")
    config = tmp_path / "agent.yml"
    config.write_text(f"data_dir: {tmp_path / 'data'}\n", encoding="utf-8")
    script = f'set -e\n{before}\nexec "$PYTHON" -m sansang_agent check --json --config "$CONFIG"'
    environ = {**os.environ, "RESOLV": str(resolv), "CONFIG": str(config), "PYTHON": sys.executable}
    began = time.monotonic()
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", script],
        capture_output=True, check=False, timeout=60, env=environ,
    )  # fmt: skip
    assert time.monotonic() - began < MOST_S
    assert done.stderr == b""
    return done.returncode, json.loads(done.stdout)


def lights(found: dict[str, Any]) -> dict[str, str]:
    return {row["rung"]: row["light"] for row in found["verdict"]["rows"]}


def test_without_any_adapter_everything_beyond_is_unknown_not_down(tmp_path: Path) -> None:
    code, found = checked(tmp_path, "")

    assert (code, found["verdict"]["cause"]) == (2, "no_adapter")
    assert lights(found) == {
        "machine": "failed",
        "gateway": "not_configured",
        "line": "unknown",
        "internet": "unknown",
        "dns": "unknown",
        "service": "unknown",
    }


def test_with_everything_dead_the_resolver_included_the_answer_comes_in_time(tmp_path: Path) -> None:
    code, found = checked(tmp_path, DEAD_END)

    assert (code, found["verdict"]["cause"]) == (2, "gateway_silent")
    assert lights(found)["service"] == "unknown"
    assert found["code"]
