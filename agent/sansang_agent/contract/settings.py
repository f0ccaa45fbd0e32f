"""Strict YAML for both programs' configuration: every mistake at once, with file, line, key and a suggestion.

A file becomes a frozen struct; a mistyped key is never a silent default.
"""

from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Mistake(NamedTuple):
    """One thing wrong in a file: where (line from 1, dotted key) and what, in the user's words."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.message}"


class SettingsError(Exception):
    """A file that cannot be used; ``str()`` is one line per mistake."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


def load(path: Path, type_: type[T]) -> T:
    """Read ``path`` as YAML into the struct ``type_``; raises :class:`SettingsError` with all mistakes."""
    raise NotImplementedError
