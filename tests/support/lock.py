"""Writes requirements/run.txt and requirements/dev.txt: every package with its hashes, no address of any index.

One universal resolution serves Python 3.11 to 3.14 on Linux and Windows; markers pick what applies.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = "# Locked with hashes by `make lock`; installed with --require-hashes. Do not edit.\n"


def lock(group: str, extras: str, constraint: str = "") -> None:
    """Resolve the project, ``extras`` and ``group`` into ``requirements/<group>.txt``, in step with ``constraint``."""
    out = ROOT / "requirements" / f"{group}.txt"
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", extras, "--group", group]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-header"]
    command += ["--no-annotate", "-q", "-o", str(out)]
    if constraint:
        command += ["--constraint", f"requirements/{constraint}.txt"]
    subprocess.run(command, check=True, cwd=ROOT)
    out.write_text(HEADER + out.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    lock("run", "--extra=all")
    lock("dev", "--all-extras", constraint="run")
