"""What both programs' logs look like: one record begins at the margin, and nothing others wrote can look like one.

Names, addresses and errors of other machines stand in logs: with line ends and terminal commands if somebody wants.
"""

import logging
import time
import unicodedata
from collections.abc import Callable

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories that move a cursor, end a line, turn the direction of writing or show nothing."""


class Plain(logging.Formatter):
    """Writes what is hidden as an escape, and indents every line after a record's first."""

    def __init__(self) -> None:
        super().__init__(FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """The record's text."""
        return plain(super().format(record)).replace("\n", "\n    ")


def plain(text: str) -> str:
    """``text`` with every hidden character but the line feed as an escape such as ``\\x1b``."""
    if text.isprintable():
        return text
    return "".join(letter if letter == "\n" or not _is_hidden(letter) else _escaped(letter) for letter in text)


def _is_hidden(letter: str) -> bool:
    return not letter.isprintable() and unicodedata.category(letter) in _HIDDEN


def _escaped(letter: str) -> str:
    return letter.encode("ascii", "backslashreplace").decode() if ord(letter) > 0x7F else f"\\x{ord(letter):02x}"


class Seldom(logging.Filter):
    """Lets the same message through once a minute: a stranger's nonsense must not fill the disk with one line each."""

    EVERY_S = 60.0
    MOST = 1000
    """Messages remembered; beyond that all are forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is told; the next time with how often it was not."""
        told, left_out = self._seen.get(str(record.msg), (None, 0))
        now = self._clock()
        if told is not None and now - told < self.EVERY_S:
            self._seen[str(record.msg)] = (told, left_out + 1)
            return False
        if len(self._seen) >= self.MOST:
            self._seen.clear()
        self._seen[str(record.msg)] = (now, 0)
        if left_out:
            record.msg = f"{record.msg} (and {left_out} times more in the last minutes)"
        return True


def begin(level: int = logging.INFO) -> None:
    """Write the log to standard error from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(Plain())
    logging.basicConfig(level=level, handlers=[handler])
