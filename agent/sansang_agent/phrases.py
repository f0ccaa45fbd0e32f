"""The small words sentences are made of: lists, times, amounts, stretches of the way, whom to call.

Everything comes from the catalogue and the glossary; ``Speech`` holds them for one language.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from .contract.mistake import in_words
from .contract.rung import Owner
from .contract.words import catalogue, mistakes_in, word
from .verdict import Part

PACKAGE = "sansang_agent"
MOST_NAMES = 3
"""Services named in a sentence before the rest is only counted."""


def mark(text: str) -> str:
    """Mark a message id for the catalogue where it is written down but not yet said."""
    return text


def in_spite_of(mistakes: Sequence[str], speech: "Speech") -> str:
    """That the last good configuration is in use, and what is wrong with the file: one line each."""
    _ = speech.say
    told = (in_words(one, mistakes_in(speech.language)) for one in mistakes)
    return "\n".join((_("The configuration file cannot be used; the last good one is in use:"), *told))


_PARTS = {
    Part.MACHINE: mark("this computer"),
    Part.LOCAL_NETWORK: mark("the local network"),
    Part.FIRST_STRETCH: mark("the first stretch of the line"),
    Part.LINE: mark("the line"),
    Part.TSLCD: mark("the TSLCD network"),
    Part.INTERNET: mark("the Internet"),
}
_MINUTE, _HOUR, _DAY, _YEAR = 60.0, 3600.0, 86400.0, 365.25 * 86400.0


class Speech:
    """One language, the people to call, and the time zone times are told in (None: this machine's)."""

    def __init__(
        self,
        language: str,
        contacts: Mapping[Owner, str] | None = None,
        zone: tzinfo | None = None,
        services: Mapping[str, str] = {},
    ) -> None:
        """``services``: whom to call about a service that has a desk of its own, by the id of each of its checks."""
        self.language = language
        self._contacts = contacts or {}
        self._services = services
        self._zone = zone
        self._catalogue = catalogue(PACKAGE, language)

    def say(self, message: str) -> str:
        """A message in this language."""
        return self._catalogue.gettext(message)

    def plural(self, one: str, many: str, number: int) -> str:
        """The form of a message that fits a number."""
        return self._catalogue.ngettext(one, many, number)

    def word(self, kind: str, key: str) -> str:
        """A term of the glossary."""
        return word(kind, key, self.language)

    def listed(self, items: Sequence[str]) -> str:
        """``A``, ``A and B``, ``A, B and C``."""
        _ = self.say
        if len(items) < 2:
            return "".join(items)
        return _("{first} and {last}").format(first=", ".join(items[:-1]), last=items[-1])

    def named(self, services: Sequence[str]) -> str:
        """The services by name; beyond a few, the rest is counted."""
        if len(services) <= MOST_NAMES:
            return self.listed(services)
        rest = len(services) - MOST_NAMES + 1
        more = self.plural("{number} other service", "{number} other services", rest).format(number=rest)
        return self.listed([*services[: MOST_NAMES - 1], more])

    def part(self, part: Part) -> str:
        """A stretch of the way, as people call it."""
        return self.say(_PARTS[part])

    def moment(self, wall: float, now: float) -> str:
        """``08:14``, and the day where it is not today; both are Unix seconds."""
        _ = self.say
        then, today = self._local(wall), self._local(now)
        if then.date() == today.date():
            return f"{then:%H:%M}"
        return _("{time} on {date}").format(time=f"{then:%H:%M}", date=self.date(wall))

    def date(self, wall: float) -> str:
        """A day as people here write it: 26/06/2026."""
        return f"{self._local(wall):%d/%m/%Y}"

    def amount(self, seconds: float) -> str:
        """A stretch of time in its largest fitting unit, rounded: ``2 hours``."""
        if seconds < 100 * _MINUTE:
            return self._units("{number} minute", "{number} minutes", seconds / _MINUTE)
        if seconds < 2 * _DAY:
            return self._units("{number} hour", "{number} hours", seconds / _HOUR)
        if seconds < 2 * _YEAR:
            return self._units("{number} day", "{number} days", seconds / _DAY)
        return self._units("{number} year", "{number} years", seconds / _YEAR)

    def off(self, offset_s: float) -> str:
        """How this machine's clock runs, where the world's clock minus its own is ``offset_s`` seconds."""
        _ = self.say
        message = _("about {amount} slow") if offset_s > 0 else _("about {amount} fast")
        return message.format(amount=self.amount(abs(offset_s)))

    def whom(self, owner: Owner, proof: Sequence[str] = ()) -> str:
        """``the line's duty desk: 0205…`` — or, honestly, that no number is configured.

        ``proof``: the checks it is about; where all are of services with one desk, that one is named.
        """
        _ = self.say
        contact = self._contact(owner, proof)
        if contact:
            return f"{self.word('owner', owner)}: {contact}"
        return self._without_number(owner)

    def whom_in_passing(self, owner: Owner) -> str:
        """The same for the middle of a sentence: ``the line's duty desk (0205…)``."""
        contact = self._contacts.get(owner, "")
        return f"{self.word('owner', owner)} ({contact})" if contact else self._without_number(owner)

    def _contact(self, owner: Owner, proof: Sequence[str]) -> str:
        own = {self._services.get(check, "") for check in proof} if owner is Owner.SERVICE_OWNER else set()
        return (own.pop() if len(own) == 1 else "") or self._contacts.get(owner, "")

    def _without_number(self, owner: Owner) -> str:
        _ = self.say
        who = _("the province's VNPT duty desk") if owner is Owner.TELECOM else self.word("owner", owner)
        return _("{who} (telephone number not configured)").format(who=who)

    def _units(self, one: str, many: str, number: float) -> str:
        rounded = max(1, round(number))
        return self.plural(one, many, rounded).format(number=rounded)

    def _local(self, wall: float) -> datetime:
        return datetime.fromtimestamp(wall, UTC).astimezone(self._zone)
