"""Messages under way: claimed with a lease and an attempt's number before they are sent, then what was answered.

So a sender that dies in between leaves a trace: an attempt of which nobody knows whether it arrived.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from .backoff import LONGEST_WAIT_S
from .notice import Answer, Kind, Outcome, State
from .pace import WINDOW_S, Waiting, choose, may_come
from .tables import ATTEMPT, NOTIFICATION

MOST_PER_CHANNEL = 4
"""Messages under way: a channel that hangs holds up no other."""
MOST_IN_ONE = 1_000
"""Messages that become one."""
MOST_SKIPPED = 100
"""Messages to a program that wait for another attempt, while later ones go by."""
GIVE_UP_S = 3 * 86_400.0
"""After so long nobody needs it any more."""
MOST_UNKNOWN = 3
"""So often at most it may have arrived without a usable answer."""
_N = NOTIFICATION.c


class Claim(NamedTuple):
    """One message that is this sender's to send, and which attempt that is."""

    id: int
    attempt: int
    alert: int | None
    kind: Kind
    person: str
    channel: str
    address: str
    message_id: str
    subject: str
    body: str
    made_at: float
    repeat: bool
    """Whether an earlier attempt may have arrived."""


class Holder(NamedTuple):
    """Who claims, and for how long."""

    name: str
    lease_s: float


Bundle = Callable[[tuple[int, ...]], int | None]
"""Makes one message of many and returns its number; None: it cannot be made."""


def is_anything_due(connection: Connection, now: float, under_way: Collection[int] = ()) -> bool:
    """Whether it is worth claiming."""
    return connection.scalar(select(_N.id).where(_is_due(now, under_way)).limit(1)) is not None


def claim(
    connection: Connection,
    holder: Holder,
    now: float,
    under_way: Mapping[int, str],
    is_person: Callable[[str], bool],
    bundle: Bundle,
) -> list[Claim]:
    """What may be sent now, at most one per address; each is this holder's until its lease ends.

    ``under_way``: what this holder is sending, with the channel of each: its own whatever the clock says of the lease;
    ``is_person``: whether a channel's messages are read.
    """
    if not is_anything_due(connection, now, under_way):
        return []
    busy, claimed = Counter(under_way.values()), []
    for channel, address in _addresses(connection, now, under_way):
        if busy[channel] >= MOST_PER_CHANNEL:
            continue
        chosen = _chosen(connection, channel, address, now, is_person(channel), under_way)
        if not chosen:
            continue
        busy[channel] += 1
        number = (bundle(chosen) if len(chosen) > 1 else None) or chosen[0]
        claimed.append(_take(connection, holder, number, now))
    return claimed


def _chosen(
    connection: Connection, channel: str, address: str, now: float, is_person: bool, under_way: Collection[int]
) -> tuple[int, ...]:
    to = (_N.channel == channel, _N.address == address)
    if is_person:
        lately = (*to, _N.sent_at.between(now - WINDOW_S, now), _N.bundle.is_(None))
        if not may_come(list(connection.scalars(select(_N.sent_at).where(*lately).order_by(_N.sent_at))), now):
            return ()
    most = MOST_IN_ONE if is_person else MOST_SKIPPED
    waiting = _waiting(connection, to, most)
    return () if any(one.id in under_way for one in waiting) else choose(waiting, now, is_person)


def record(connection: Connection, claim: Claim, holder: Holder, answer: Answer, now: float, wait_s: float) -> State:
    """What the channel answered; how the message stands then. ``wait_s``: until the next attempt, if there is one."""
    attempt = and_(ATTEMPT.c.notification == claim.id, ATTEMPT.c.number == claim.attempt)
    told = {"ended_at": now, "outcome": answer.outcome.value, "said": answer.said}
    connection.execute(ATTEMPT.update().where(attempt).values(told))
    state = _state(connection, claim, answer, now)
    values: dict[str, Any] = {"state": state.value, "holder": None, "held_until": None, "said": answer.said}
    if state is State.SENT:
        values |= {"sent_at": now, "reference": answer.reference, "parts": answer.parts}
    elif state is State.WAITING:
        values["due_at"] = now + wait_s
    ours = (_N.id == claim.id, _N.state == State.SENDING.value, _N.holder == holder.name, _N.attempts == claim.attempt)
    changed = connection.execute(NOTIFICATION.update().where(*ours).values(values)).rowcount
    if changed and state is not State.WAITING:
        _end_members(connection, claim.id, state, now)
    return state


def free(connection: Connection, place: str, now: float) -> int:
    """End every lease that was taken at a place: only for who knows that no other sender works there. How many there
    were."""
    left = (_N.state == State.SENDING.value, _N.holder.startswith(f"{place}.", autoescape=True))
    return connection.execute(NOTIFICATION.update().where(*left).values(held_until=now)).rowcount


def set_back(connection: Connection, holder: Holder, now: float) -> None:
    """The clock was set back: nothing waits for a time that it has yet to reach again."""
    fresh = and_(_N.attempts == 0, _N.due_at > now)
    waits = (_N.state == State.WAITING.value, or_(fresh, _N.due_at > now + LONGEST_WAIT_S))
    connection.execute(NOTIFICATION.update().where(*waits).values(due_at=now))
    held = (_N.state == State.SENDING.value, _N.held_until > now + holder.lease_s)
    connection.execute(NOTIFICATION.update().where(*held).values(held_until=now + holder.lease_s))


def alerts_of(connection: Connection, claim: Claim) -> list[int]:
    """What a message is about: of a bundle, all that its parts are."""
    if claim.alert is not None:
        return [claim.alert]
    parts = select(_N.alert).where(_N.bundle == claim.id, _N.alert.is_not(None)).distinct()
    return list(connection.scalars(parts))


def reaches_nobody(connection: Connection, alert: int, kinds: Iterable[Kind], team: str, since: float) -> bool:
    """Whether every message of these kinds about an alert, made for a team since then, failed or was cancelled."""
    alive = [State.WAITING.value, State.BUNDLED.value, State.SENDING.value, State.SENT.value]
    of = (_N.alert == alert, _N.team == team, _N.made_at >= since, _N.kind.in_([one.value for one in kinds]))
    return connection.scalar(select(_N.id).where(*of, _N.state.in_(alive)).limit(1)) is None


def _is_due(now: float, under_way: Collection[int]) -> ColumnElement[bool]:
    waits = and_(_N.state == State.WAITING.value, _N.due_at <= now)
    left = and_(_N.state == State.SENDING.value, _N.held_until <= now, _N.id.not_in(under_way))
    return or_(waits, left)


def _addresses(connection: Connection, now: float, under_way: Collection[int]) -> list[tuple[str, str]]:
    """To whom something is due, whoever waits longest first."""
    asked = select(_N.channel, _N.address).where(_is_due(now, under_way)).group_by(_N.channel, _N.address)
    return [(row.channel, row.address) for row in connection.execute(asked.order_by(func.min(_N.id)))]


def _waiting(connection: Connection, to: tuple[ColumnElement[bool], ...], most: int) -> list[Waiting]:
    unfinished = _N.state.in_([State.WAITING.value, State.SENDING.value])
    asked = (_N.id, _N.alert, _N.state, _N.due_at, _N.held_until, _N.attempts, _N.kind)
    rows = connection.execute(select(*asked).where(*to, unfinished).order_by(_N.id).limit(most)).all()
    return [
        Waiting(
            id=row.id,
            alert=row.alert,
            state=State(row.state),
            due_at=row.due_at,
            held_until=row.held_until or 0.0,
            attempts=row.attempts,
            is_bundle=row.kind == Kind.BUNDLE.value,
        )
        for row in rows
    ]


def _take(connection: Connection, holder: Holder, number: int, now: float) -> Claim:
    row = connection.execute(select(NOTIFICATION).where(_N.id == number)).one()
    repeat = _unknown(connection, number) > 0
    held = {
        "state": State.SENDING.value,
        "holder": holder.name,
        "held_until": now + holder.lease_s,
        "attempts": row.attempts + 1,
    }
    connection.execute(NOTIFICATION.update().where(_N.id == number).values(held))
    attempt = {"notification": number, "number": row.attempts + 1, "began_at": now}
    connection.execute(ATTEMPT.insert().values(attempt | {"outcome": Outcome.UNKNOWN.value, "said": ""}))
    return _claim_of(row, row.attempts + 1, repeat)


def _claim_of(row: Row[Any], attempt: int, repeat: bool) -> Claim:
    return Claim(
        row.id,
        attempt,
        row.alert,
        Kind(row.kind),
        row.person,
        row.channel,
        row.address,
        row.message_id,
        row.subject,
        row.body,
        row.made_at,
        repeat,
    )


def _unknown(connection: Connection, number: int) -> int:
    of = (ATTEMPT.c.notification == number, ATTEMPT.c.outcome == Outcome.UNKNOWN.value)
    return connection.scalar(select(func.count()).select_from(ATTEMPT).where(*of)) or 0


def _state(connection: Connection, claim: Claim, answer: Answer, now: float) -> State:
    if answer.outcome is Outcome.SENT:
        return State.SENT
    hopeless = answer.outcome is Outcome.REFUSED or now - claim.made_at > GIVE_UP_S
    if hopeless or (answer.outcome is Outcome.UNKNOWN and _unknown(connection, claim.id) >= MOST_UNKNOWN):
        return State.FAILED
    return State.WAITING


def _end_members(connection: Connection, bundle: int, state: State, now: float) -> None:
    values: dict[str, Any] = {"state": state.value, "said": "in one message with others"}
    if state is State.SENT:
        values["sent_at"] = now
    connection.execute(NOTIFICATION.update().where(_N.bundle == bundle).values(values))
