"""``python -m tests.soak.alerts_kills``: a sender of alerts is killed 50 times between sending and writing it down.

Exit 1 when a message was lost, arrived more often than its sender was killed, or came twice without saying so.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.soak.alerts_book import kill_and_count


def main() -> int:
    """Kill, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--faults", type=int, default=20, help="between two kills")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sansang-alerts-") as folder:
        book = kill_and_count(Path(folder), options.kills, options.faults, random.Random(options.seed))
    print(f"{options.kills} kills, {options.kills * options.faults} faults, seed {options.seed}: {book}")
    return 1 if book.lost or book.unmarked or book.disordered or book.repeats > options.kills else 0


if __name__ == "__main__":
    sys.exit(main())
