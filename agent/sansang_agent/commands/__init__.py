"""What each ``sansang`` command does: takes settings and a machine, returns the text to print and the exit code.

Nothing here prints; cli.py does.
"""

from typing import NamedTuple


class Said(NamedTuple):
    """A command's answer: what goes to standard output, and how the process ends."""

    text: str
    exit_code: int
