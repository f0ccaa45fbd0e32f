"""What the dead man has told of one silence, as a file: whoever is started again repeats nothing and knows whom to tell
of the end. Messages hold addresses, so it is 0600.
"""

from pathlib import Path

import msgspec

from sansang_agent.contract import whole_file

from .notice import Kind, Outcome
from .standing import Standing, Told


class Line(msgspec.Struct, kw_only=True):
    """One message to one address."""

    kind: Kind
    to: Told
    subject: str
    body: str
    message_id: str
    made_at: float = 0.0
    attempts: int = 0
    """Written before each attempt …"""
    answers: list[Outcome] = []
    """… and what became of it after it: one fewer if somebody was killed in between."""
    due_at: float = 0.0
    is_open: bool = True
    """Whether it is still to be sent."""
    said: str = ""
    """The channel's last word, or why it is not sent any more."""

    @property
    def may_have_arrived(self) -> bool:
        """Whether somebody may have read it."""
        killed = self.attempts > len(self.answers)
        return killed or any(one in (Outcome.SENT, Outcome.UNKNOWN) for one in self.answers)

    @property
    def unsure(self) -> int:
        """After how many attempts nobody knows whether it arrived."""
        return self.attempts - sum(one in (Outcome.AGAIN, Outcome.REFUSED) for one in self.answers)


class Record(msgspec.Struct, kw_only=True):
    """One silence. Times are Unix seconds."""

    since: float
    standing: Standing | None = None
    lines: list[Line] = []
    ended_at: float | None = None


class Book:
    """A record in its file."""

    def __init__(self, path: Path, record: Record) -> None:
        self.record = record
        self._path = path

    def keep(self) -> None:
        """Have it on disk; raises OSError."""
        whole_file.write(self._path, msgspec.json.encode(self.record))


def of_silence(path: Path, since: float) -> Book:
    """What was told of the silence since then: nothing where the file is of another one, missing or broken."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Record)
    except (FileNotFoundError, msgspec.MsgspecError):
        found = Record(since=since)
    return Book(path, found if found.since == since else Record(since=since))
