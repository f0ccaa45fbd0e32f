"""Which of the messages that wait may go to which address now: in order, one at a time, and never too many. Pure.

A person gets five messages a minute as they come; beyond that one every 20 seconds, and what waits meanwhile is one
message. Programs (webhooks) get each singly.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from .notice import State

SINGLES, WINDOW_S = 5, 60.0
"""So many messages to one address within so long are sent as they come."""
GAP_S = 20.0
"""Between two of those that come then."""
MOST_SINGLY = 5
"""When more than so many wait for one address they are one message."""
MOST_PER_CHANNEL = 4
"""Messages under way: a channel that hangs holds up no other."""


class Waiting(NamedTuple):
    """A message that is not done with."""

    id: int
    alert: int | None
    channel: str
    address: str
    state: State
    due_at: float
    held_until: float
    attempts: int


class Chosen(NamedTuple):
    """What goes to one address now: one message, or many in one."""

    channel: str
    address: str
    ids: tuple[int, ...]


LastSent = Callable[[str, str], Sequence[float]]
"""When messages were sent to an address of a channel within the last :data:`WINDOW_S`, the latest last."""


def choose(
    waiting: Iterable[Waiting], now: float, under_way: Mapping[str, int], paced: Callable[[str], bool], sent: LastSent
) -> list[Chosen]:
    """At most one for each address, the oldest first; ``waiting`` in the order of their making; ``under_way``: how many
    messages each channel has already."""
    busy = Counter(under_way)
    chosen = []
    for (channel, address), rows in _by_address(waiting).items():
        ready = _ready(rows, now)
        if not ready or busy[channel] >= MOST_PER_CHANNEL:
            continue
        if paced(channel) and not _may_come(sent(channel, address), now):
            continue
        busy[channel] += 1
        chosen.append(Chosen(channel, address, _together(ready) if paced(channel) else (ready[0].id,)))
    return chosen


def _by_address(waiting: Iterable[Waiting]) -> dict[tuple[str, str], list[Waiting]]:
    found: dict[tuple[str, str], list[Waiting]] = defaultdict(list)
    for one in waiting:
        found[one.channel, one.address].append(one)
    return found


def _ready(rows: list[Waiting], now: float) -> list[Waiting]:
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
            if one.alert is not None:
                held_up.add(one.alert)
        elif one.alert not in held_up:
            ready.append(one)
    return ready


def _together(ready: list[Waiting]) -> tuple[int, ...]:
    """What was tried before goes by itself, for it has to say so; so does what is about no alert."""
    fresh = [one for one in ready if not one.attempts and one.alert is not None]
    if len(fresh) <= MOST_SINGLY or fresh[0] is not ready[0]:
        return (ready[0].id,)
    return tuple(one.id for one in fresh)


def _may_come(sent: Sequence[float], now: float) -> bool:
    recent = [at for at in sent if at > now - WINDOW_S]
    return len(recent) < SINGLES or recent[-1] <= now - GAP_S
