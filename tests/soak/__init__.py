"""The long run of faults; the sandbox world it needs lies beside the launcher of ``make run``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy" / "local"))
