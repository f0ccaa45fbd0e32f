"""What is wrong in a settings file, said so that a person finds the place.

One line per mistake; nothing here reads files.
"""

from typing import NamedTuple


class Mistake(NamedTuple):
    """One thing wrong in a file: where and what. ``line`` is from 1, 0 means the whole file; ``key`` is dotted."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class SettingsError(Exception):
    """A file that cannot be used; ``str()`` is one line per mistake."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes
