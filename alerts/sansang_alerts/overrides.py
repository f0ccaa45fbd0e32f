"""Who takes whose place on call for a while, as rows that say who did it: made, cancelled, listed, kept like messages.

What is allowed is judged here; the words for a refusal are in ``oncall_words``.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from .reach import person_of
from .rota import Override
from .routing import team_of
from .settings import AlertSettings
from .tables import OVERRIDE
from .texts.plain import plain
from .vietnam import DAY_S

LONGEST_DAYS = 62
LONGEST_WHY = 200


class Wish(NamedTuple):
    """What somebody asks for. Unix seconds."""

    team: str
    person: str
    begins: float
    ends: float
    why: str = ""


class Kept(NamedTuple):
    """An override as it stands in the ledger."""

    number: int
    team: str
    person: str
    begins: float
    ends: float
    why: str
    made_by: str
    made_at: float
    cancelled_at: float | None
    cancelled_by: str | None

    @property
    def override(self) -> Override:
        """For the rota."""
        return Override(self.team, self.person, self.begins, self.ends, self.number)

    @property
    def audited(self) -> str:
        """What the audit says of it beside who and when: short, and the same in every language."""
        return f"{self.number} {self.team}: {self.person}"


class Refused(StrEnum):
    """Why an override is not made or not cancelled."""

    TEAM = "team"
    PERSON = "person"
    SPAN = "span"
    """It ends before it begins."""
    PAST = "past"
    LONG = "long"
    WHY = "why"
    NONE = "none"
    """There is none of this number."""
    OVER = "over"
    """It is over or cancelled."""


class OverrideError(Exception):
    """What was asked for cannot be done; ``about`` is the name or number that it is about."""

    def __init__(self, refused: Refused, about: object = "") -> None:
        super().__init__(f"{refused}: {about}")
        self.refused = refused
        self.about = about


def add(connection: Connection, settings: AlertSettings, wish: Wish, who: str, now: float) -> Kept:
    """Write it down; raises :class:`OverrideError`."""
    check(settings, wish, now)
    row: dict[str, Any] = {
        **wish._asdict(),
        "why": plain(wish.why, LONGEST_WHY),
        "made_by": who,
        "made_at": now,
    }
    number = connection.execute(OVERRIDE.insert().values(row).returning(OVERRIDE.c.id)).scalar_one()
    return _found(connection, number)


def check(settings: AlertSettings, wish: Wish, now: float) -> None:
    """Raises :class:`OverrideError` for what makes no sense."""
    if team_of(settings, wish.team) is None:
        raise OverrideError(Refused.TEAM, wish.team)
    if person_of(settings.people, wish.person) is None:
        raise OverrideError(Refused.PERSON, wish.person)
    if not wish.begins < wish.ends:
        raise OverrideError(Refused.SPAN)
    if wish.ends <= now:
        raise OverrideError(Refused.PAST)
    if wish.ends - wish.begins > LONGEST_DAYS * DAY_S:
        raise OverrideError(Refused.LONG, LONGEST_DAYS)
    if len(wish.why) > LONGEST_WHY:
        raise OverrideError(Refused.WHY, LONGEST_WHY)


def cancel(connection: Connection, number: int, who: str, now: float) -> Kept:
    """From now on it counts no more; raises :class:`OverrideError`."""
    found = _found(connection, number)
    if found.cancelled_at is not None or found.ends <= now:
        raise OverrideError(Refused.OVER, number)
    change = OVERRIDE.update().where(OVERRIDE.c.id == number, OVERRIDE.c.cancelled_at.is_(None))
    connection.execute(change.values(cancelled_at=now, cancelled_by=who))
    return _found(connection, number)


def between(connection: Connection, settings: AlertSettings, first: float, last: float) -> list[Override]:
    """What counts at some moment from ``first`` to ``last``; nothing of people whom the settings have no longer."""
    found = (one.override for one in standing(connection, first) if one.begins <= last)
    return [one for one in found if person_of(settings.people, one.person) is not None]


def standing(connection: Connection, since: float) -> list[Kept]:
    """Those that are not cancelled and not over at ``since``, the next one first."""
    return _rows(connection, OVERRIDE.c.cancelled_at.is_(None), OVERRIDE.c.ends > since)


def newest(connection: Connection, limit: int) -> Sequence[Kept]:
    """Whatever was arranged, what is cancelled and over as well, the last one made first."""
    query = select(OVERRIDE).order_by(OVERRIDE.c.id.desc()).limit(limit)
    return [_kept(row) for row in connection.execute(query)]


def _rows(connection: Connection, *where: ColumnElement[bool]) -> list[Kept]:
    query = select(OVERRIDE).where(*where).order_by(OVERRIDE.c.begins, OVERRIDE.c.id)
    return [_kept(row) for row in connection.execute(query)]


def _found(connection: Connection, number: int) -> Kept:
    row = connection.execute(select(OVERRIDE).where(OVERRIDE.c.id == number)).one_or_none()
    if row is None:
        raise OverrideError(Refused.NONE, number)
    return _kept(row)


def _kept(row: Any) -> Kept:
    fields = {name: getattr(row, name) for name in Kept._fields if name != "number"}
    return Kept(number=row.id, **fields)
