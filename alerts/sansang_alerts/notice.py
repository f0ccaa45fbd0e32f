"""One message to one person through one channel, from the moment it is decided to what the channel answered.

Plain values; rows of it are in ``tables``.
"""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Why somebody is told."""

    OPENED = "opened"
    UPDATED = "updated"
    """Its owner or severity changed."""
    UNSTABLE = "unstable"
    REMINDER = "reminder"
    """Acknowledged long ago and still there."""
    ESCALATED = "escalated"
    """Nobody has acknowledged it in time."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody else has taken it on."""
    HANDED_OVER = "handed_over"
    """Another team's now."""
    RECOVERED = "recovered"
    WITHDRAWN = "withdrawn"
    DIGEST = "digest"
    """Once a day: what is watched, and the notes."""
    SILENT = "silent"
    """The collector itself is silent."""
    TEST = "test"


class State(StrEnum):
    """Where a notification stands."""

    WAITING = "waiting"
    """To be sent at ``due_at`` or later."""
    SENDING = "sending"
    """Claimed by a sender until ``held_until``."""
    SENT = "sent"
    FAILED = "failed"
    """Refused for good, or tried for too long."""
    CANCELLED = "cancelled"
    """Not needed any more before it was sent; ``said`` says why."""


class Outcome(StrEnum):
    """What a channel made of one attempt."""

    SENT = "sent"
    AGAIN = "again"
    """Not now: busy, no connection, no answer in time."""
    REFUSED = "refused"
    """Never: wrong address, wrong credentials, a person who has not paired."""
    UNKNOWN = "unknown"
    """The sender died between sending and recording."""


class Message(NamedTuple):
    """What a channel is given to send."""

    to: str
    """An e-mail address, a telephone number, a chat's id; of a webhook nothing."""
    subject: str
    body: str
    message_id: str
    """The same for every attempt of one notification."""
    repeat: bool = False
    """Whether an earlier attempt may have arrived: the text says so already."""


class Answer(NamedTuple):
    """What became of it."""

    outcome: Outcome
    said: str
    """What the other side answered, without secrets, for whoever looks into it."""
    after_s: float | None = None
    """Not before so many seconds, where the other side asked for that (Retry-After)."""
    reference: str = ""
    """What the other side calls it, for its delivery report."""
    parts: int = 1
    """As how many messages it is charged."""
