"""Where log lines go and how they look: standard error, English, one line each; what goes on is indented.

Times are the machine's own with their offset, so that a line can be laid beside the system's journal.
"""

import logging
import time
from typing import TextIO

from .contract.log_lines import Plain


class _Formatter(Plain):
    default_msec_format = ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # logging's name
        return time.strftime(datefmt or "%Y-%m-%dT%H:%M:%S%z", time.localtime(record.created))


def set_up(stream: TextIO, *, verbose: bool = False) -> None:
    """Send this program's log lines to ``stream``: warnings and worse from others, ours from INFO (DEBUG) on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("sansang_agent").setLevel(logging.DEBUG if verbose else logging.INFO)
