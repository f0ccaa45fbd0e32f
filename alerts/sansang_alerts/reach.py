"""By which channels somebody can be told, and where: e-mail address, telephone number, paired chat. Pure.

What leaves through a part that is broken is of no use then; ``leaves_through`` says which that are.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .settings import AlertSettings, AnyChannel, EmailChannel, Person, SmsChannel, Team, ZaloChannel

Chats = Mapping[tuple[str, str], str]
"""The chat that is paired, by channel and person."""


class Way(NamedTuple):
    """A channel by its id, and whom to name to it; of a webhook nobody."""

    channel: str
    address: str


def ways(settings: AlertSettings, person: Person, chats: Chats) -> tuple[Way, ...]:
    """Every way to somebody, in the order of the settings' channels."""
    found = ((channel.id, address_of(channel, person, chats)) for channel in settings.channels)
    return tuple(Way(channel, address) for channel, address in found if address is not None)


def address_of(channel: AnyChannel, person: Person, chats: Chats) -> str | None:
    """Where this channel finds somebody; None: nowhere."""
    if isinstance(channel, EmailChannel):
        return person.email or None
    if isinstance(channel, SmsChannel):
        return person.phone or None
    if isinstance(channel, ZaloChannel):
        return chats.get((channel.id, person.id))
    return ""


def could_reach(channel: AnyChannel, person: Person) -> bool:
    """Whether it finds somebody as soon as they have paired, where that is needed."""
    return isinstance(channel, ZaloChannel) or address_of(channel, person, {}) is not None


def leaves_through(channel: AnyChannel, part: str) -> bool:
    """Whether the channel is silent while a part is broken, such as ``wan`` or ``access_node:LS-01``.

    A kind in ``via`` stands for all of its parts, and the kind itself is touched by each of them.
    """
    kind = part.partition(":")[0]
    return any(one in (part, kind) or (one.partition(":")[0] == part) for one in channel.via)


def survivors(settings: AlertSettings, team: Team, part: str = "wan") -> list[AnyChannel]:
    """The channels by which somebody of the team could still be told while a part is broken."""
    named = {id_ for step in team.steps for id_ in step.channels}
    usable = [
        one for one in settings.channels if not named or one.id in named or any(not s.channels for s in team.steps)
    ]
    people = [person for person in settings.people if person.id in members(team)]
    return [
        channel
        for channel in usable
        if not leaves_through(channel, part) and any(could_reach(channel, person) for person in people)
    ]


def members(team: Team) -> set[str]:
    """Everybody who may ever be on call for it."""
    return {team.fallback, *(person for shift in team.shifts for person in shift.people)}


def person_of(people: Iterable[Person], id_: str) -> Person | None:
    """Somebody by id, if the settings still have them."""
    return next((person for person in people if person.id == id_), None)


def same_number(ours: str, theirs: str) -> bool:
    """Whether two ways of writing mean one telephone: the last nine digits, as 0… and +84… have them."""
    mine, other = ("".join(one for one in number if one.isascii() and one.isdigit()) for number in (ours, theirs))
    return len(mine) >= 9 and mine[-9:] == other[-9:]
