"""Holds the light-agent rule: importing every module of the agent loads nothing a counter PC should not carry."""

import subprocess
import sys
from pathlib import Path

AGENT = Path(__file__).resolve().parents[2] / "agent" / "sansang_agent"
HEAVY = """
fastapi starlette pydantic uvicorn numpy sqlalchemy icmplib pysnmp cryptography prometheus_client jinja2
"""


def module_names() -> list[str]:
    other_system = "linux" if sys.platform == "win32" else "windows"
    paths = [path for path in sorted(AGENT.rglob("*.py")) if path.stem not in {"__main__", other_system}]
    names = [".".join(path.relative_to(AGENT.parent).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names]


def test_importing_every_agent_module_loads_nothing_heavy() -> None:
    code = f"import sys, importlib\nfor n in {module_names()!r}: importlib.import_module(n)\n"
    code += f"print(*sorted(set({HEAVY!r}.split()) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.stdout.split() == []


RUNNING = "commands.run probes.host probes.icmp probes.tcp probes.tls probes.http probes.path"
"""What a PC keeps in memory with the usual checks; name servers' and time stamps' libraries come with their checks."""
LUXURIES = "statistics fractions html email importlib.resources zipfile tempfile json"
"""Of the standard library, each worth a tenth to a whole megabyte, and used for next to nothing."""


def test_a_running_agent_carries_no_library_for_next_to_nothing() -> None:
    names = [f"sansang_agent.{name}" for name in RUNNING.split()]
    code = f"import sys, importlib\nfor n in {names!r}: importlib.import_module(n)\n"
    code += "from sansang_agent import platform; platform.current()\n"
    code += f"print(*sorted(set({LUXURIES!r}.split()) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
