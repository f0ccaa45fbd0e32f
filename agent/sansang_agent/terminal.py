"""What the place a command prints to can do, and progress while a person waits.

Old Windows consoles keep their shapes to ASCII; colours only where someone looks and has not asked for none.
"""

import io
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from .measure import Progress
from .phrases import Speech
from .table import Look

_NEEDED = "●▲✖○ Đường truyền số “”"


def prepare(stream: TextIO | None, environ: Mapping[str, str] = os.environ, system: str = sys.platform) -> Look:
    """Make ``stream`` take any text without failing, and say what it can show.

    A stream whose own encoding lacks our letters (cp1252, cp1258, ASCII) is switched to UTF-8, and shapes become ASCII.
    """
    if stream is None:
        # a program without a console, as Windows starts them
        return Look(ascii_only=True)
    ascii_only = not _can_show(stream)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")
    return Look(colour=stream.isatty() and _wants_colour(environ, system), ascii_only=ascii_only)


def _wants_colour(environ: Mapping[str, str], system: str) -> bool:
    """Windows' old console prints colour codes as they are; its new terminal names itself, others set TERM."""
    if "NO_COLOR" in environ or environ.get("TERM") == "dumb":
        return False
    return system != "win32" or bool(environ.keys() & {"WT_SESSION", "TERM"})


def _can_show(stream: TextIO) -> bool:
    try:
        _NEEDED.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def progress_on(stream: TextIO | None, speech: Speech) -> Progress:
    """A line that counts up on a terminal and is wiped at the end; nothing anywhere else, or without a console."""
    if stream is None or not stream.isatty():
        return lambda _done, _total: None
    _ = speech.say

    def show(done: int, total: int) -> None:
        text = _("Checking … {done} of {total}").format(done=done, total=total) if done < total else ""
        stream.write(f"\r{text:<40}\r")
        stream.flush()

    return show
