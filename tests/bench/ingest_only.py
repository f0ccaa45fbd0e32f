"""The collector without its consumers: what taking reports alone costs, for the bench beside stores that do no more.

Takes the same command line as ``sansang-collector``.
"""

import sys
from collections.abc import Callable
from typing import Any

from sansang_collector import app
from sansang_collector.cli import main
from sansang_collector.running import Collector
from sansang_collector.settings import CollectorSettings


class IngestOnly(Collector):
    """Authenticates, reads, validates and logs; nobody follows the log."""

    def __init__(self, settings: CollectorSettings, now: Callable[[], float], *more: Any) -> None:
        super().__init__(settings, now, *more)
        self.consumers = ()


if __name__ == "__main__":
    vars(app)["Collector"] = IngestOnly
    sys.exit(main())
