"""Which of the messages that wait may go to which address now: in order, one at a time, and never too many. Pure.

A person gets five messages a minute as they come; beyond that one every 20 seconds, and what waits meanwhile is one
message. Programs (webhooks) get each singly.
"""

from collections.abc import Sequence
from typing import NamedTuple

from .notice import State

SINGLES, WINDOW_S = 5, 60.0
"""So many messages to one address within so long are sent as they come."""
GAP_S = 20.0
"""Between two of those that come then."""
MOST_SINGLY = 5
"""When more than so many wait for one address they are one message."""


class Waiting(NamedTuple):
    """A message that is not done with."""

    id: int
    alert: int | None
    state: State
    due_at: float
    held_until: float
    attempts: int
    is_bundle: bool = False


Sent = Sequence[float]
"""When messages were sent to an address within the last :data:`WINDOW_S`, the latest last."""


def may_come(sent: Sent, now: float) -> bool:
    """Whether a person may get another message now. Times that are yet to come, of a clock set back, do not count."""
    recent = [at for at in sent if now - WINDOW_S < at <= now]
    return len(recent) < SINGLES or recent[-1] <= now - GAP_S


def choose(waiting: Sequence[Waiting], now: float, is_person: bool) -> tuple[int, ...]:
    """What goes to one address now: one message, many in one, or nothing. ``waiting`` is all that is not done with, in
    the order of its making."""
    ready = _ready(waiting, now)
    if not ready:
        return ()
    return _together(ready) if is_person else (ready[0].id,)


def _ready(rows: Sequence[Waiting], now: float) -> list[Waiting]:
    """Those of one address that are due, with nothing older of the same alert before them; none while one is under
    way. What a dead sender left comes first."""
    if any(one.state is State.SENDING and one.held_until > now for one in rows):
        return []
    if left := [one for one in rows if one.state is State.SENDING]:
        return left[:1]
    held_up: set[int] = set()
    ready = []
    for one in rows:
        if one.due_at > now:
            if one.is_bundle:
                break
            if one.alert is not None:
                held_up.add(one.alert)
        elif one.alert not in held_up:
            ready.append(one)
    return ready


def _together(ready: list[Waiting]) -> tuple[int, ...]:
    """What was tried before goes by itself, for it has to say so, and what follows on it waits; what is about no alert
    goes by itself too."""
    tried = {one.alert for one in ready if one.attempts}
    fresh = [one for one in ready if not one.attempts and one.alert is not None and one.alert not in tried]
    if len(fresh) <= MOST_SINGLY or fresh[0] is not ready[0]:
        return (ready[0].id,)
    return tuple(one.id for one in fresh)
