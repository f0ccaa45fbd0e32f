"""The agent as it is, on a machine whose wall clock is wrong by as many seconds as a file says at the moment.

``python -m tests.soak.odd_clock CONFIG OFFSET_FILE``
"""

import sys
import time
from pathlib import Path

from sansang_agent.commands.run import run
from sansang_agent.last_good import choose
from sansang_agent.platform import current


def main(config: Path, offset: Path) -> int:
    """Run until stopped."""
    platform = current()
    # the platform is the seam by which the agent sees time; everything else of this machine stays as it is
    platform.wall = lambda: time.time() + float(offset.read_text(encoding="ascii"))  # type: ignore[method-assign]
    return run(choose(config), platform)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
