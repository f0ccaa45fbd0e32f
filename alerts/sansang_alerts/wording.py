"""The words of a notice: what the texts have to know of alert, person and channel. Pure, but for who makes links."""

from collections.abc import Callable
from typing import NamedTuple

from .alert_rows import Kept
from .notice import Kind
from .reach import person_of
from .roster import Roster
from .settings import AlertSettings, AnyChannel, ZaloChannel
from .standing import Standing, Told
from .texts import Digest, Extra, Medium, Words, medium_of, render

Link = Callable[[str, str, float], str]
"""Of an alert's code and a person, at a time: where they acknowledge by a button; empty without ``public_url``."""


def no_link(_code: str, _person: str, _at: float) -> str:
    """Without ``public_url``."""
    return ""


class Way(NamedTuple):
    """What a text has to fit into, and the language of whoever reads it."""

    medium: Medium
    language: str


class Around(NamedTuple):
    """What every message of one moment has in common."""

    roster: Roster
    now: float
    link: Link = no_link
    simulated: bool = False


def channel_of(settings: AlertSettings, id_: str) -> AnyChannel | None:
    """A channel by id, if the settings still have it."""
    return next((one for one in settings.channels if one.id == id_), None)


def way_of(settings: AlertSettings, channel: str, person: str) -> Way | None:
    """None: the channel is gone."""
    found, reader = channel_of(settings, channel), person_of(settings.people, person)
    if found is None:
        return None
    return Way(medium_of(found), reader.language if reader else "vi")


def extra_of(around: Around, digest: Digest | None = None) -> Extra:
    """What is true of messages about no single fault."""
    url = around.roster.settings.public_url
    return Extra(now=around.now, public_url=url, digest=digest, simulated=around.simulated)


def worded(kind: Kind, before: Standing | None, alert: Kept, to: Told, around: Around) -> Words:
    """What somebody is told; ``before``: the alert as it stood until now. Where the channel is gone, whoever looks into
    it reads what was to be said."""
    way = way_of(around.roster.settings, to.channel, to.person) or Way(Medium.EMAIL, "vi")
    return render(kind, alert.standing.fault, way.medium, way.language, _extra(before, alert, to, around))


def _extra(before: Standing | None, alert: Kept, to: Told, around: Around) -> Extra:
    standing, roster = alert.standing, around.roster
    fault = standing.fault
    return Extra(
        now=around.now,
        code=alert.code,
        link=around.link(alert.code, to.person, around.now),
        reply=isinstance(channel_of(roster.settings, to.channel), ZaloChannel),
        public_url=roster.settings.public_url,
        team=roster.team(standing.team, fault).name,
        by=named(roster, standing.acknowledged_by),
        at=standing.acknowledged_at,
        waited_s=around.now - (standing.asked_at or around.now),
        before_owner=before.told_owner if before and before.told_owner is not fault.owner else None,
        before_severity=before.told_severity if before and before.told_severity is not fault.severity else None,
        simulated=around.simulated,
    )


def named(roster: Roster, who: str) -> str:
    """A person's name, or whatever a source calls them."""
    found = roster.person(who)
    return found.name if found else who
