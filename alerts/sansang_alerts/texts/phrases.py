"""One language of messages: its catalogue and glossary, and times as people say them. The present is an argument.

Clock times are Vietnam's (UTC+7 all year).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from msgspec.structs import asdict, replace

from sansang_agent.contract.words import DEFAULT_LANGUAGE, LANGUAGES, catalogue, word
from sansang_alerts.fault import Fault, Wording

from .times import filled

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
_DATE = {"vi": "%d/%m/%Y", "en": "%Y-%m-%d"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_S = 253_370_000_000.0
"""In the year 9998: what lies beyond is nobody's time."""


def mark(text: str) -> str:
    """Mark a message id for the catalogue where it is written down but not yet said."""
    return text


class Phrases:
    """A language at a moment (Unix seconds); any other than ours is Vietnamese. ``brief``: every letter counts."""

    def __init__(self, language: str, now: float, *, brief: bool = False) -> None:
        self._brief = brief
        self.language = language if language in LANGUAGES else DEFAULT_LANGUAGE
        self.now = now
        self._catalogue = catalogue("sansang_alerts", self.language)

    def say(self, message: str) -> str:
        """A message in this language."""
        return self._catalogue.gettext(message)

    def plural(self, one: str, many: str, number: int) -> str:
        """The form of a message that fits a number."""
        return self._catalogue.ngettext(one, many, number)

    def word(self, kind: str, key: str) -> str:
        """A term of the glossary."""
        return word(kind, key, self.language)

    def said(self, fault: Fault) -> Wording:
        """A fault's sentences, with the date of every moment that is not today."""
        found = fault.said(self.language)
        return replace(found, **{name: self._filled(value) for name, value in asdict(found).items()})

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return filled(value, self.clock, self.second)
        return tuple(self._filled(one) for one in value)

    def clock(self, at: float) -> str:
        """``08:14``, with the day where it is not today: ``08:14 ngày 26/11``, ``08:14 on 26 Nov``."""
        return self._with_day(f"{_local(at):%H:%M}", at)

    def second(self, at: float) -> str:
        """``08:14:05``, and the day as :meth:`clock` has it."""
        return self._with_day(f"{_local(at):%H:%M:%S}", at)

    def _with_day(self, told: str, at: float) -> str:
        if self.is_today(at):
            return told
        is_this_year = _local(at).year == _local(self.now).year
        return self._joined(told, self.day(at) if is_this_year else self._whole_day(at))

    def is_today(self, at: float) -> bool:
        """Whether it is, or was, on the day of the present moment."""
        return _local(at).date() == _local(self.now).date()

    def moment(self, at: float) -> str:
        """``08:14 ngày 26/11/2026``, ``08:14 on 26 Nov 2026``."""
        return self._joined(f"{_local(at):%H:%M}", self._whole_day(at))

    def _joined(self, time: str, day: str) -> str:
        return f"{time} {day}" if self._brief else self.say("{time} on {day}").format(time=time, day=day)

    def day(self, at: float) -> str:
        """The day without its year: ``26/11``, ``26 Nov``."""
        then = _local(at)
        return f"{then:%d/%m}" if self.language == "vi" else f"{then.day} {MONTHS[then.month - 1]}"

    def _whole_day(self, at: float) -> str:
        return f"{self.day(at)}{'/' if self.language == 'vi' else ' '}{_local(at).year}"

    def date(self, at: float) -> str:
        """The day in the language's order."""
        return _local(at).strftime(_DATE[self.language])

    def duration(self, seconds: float) -> str:
        """``48 minutes``, ``2 hours 35 minutes``; whole minutes from one on."""
        whole = max(0, int(seconds))
        days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
        told = []
        if days:
            told.append(self.plural("{count} day", "{count} days", days).format(count=days))
        if hours:
            told.append(self.plural("{count} hour", "{count} hours", hours).format(count=hours))
        if minutes and not days:
            told.append(self.plural("{count} minute", "{count} minutes", minutes).format(count=minutes))
        return " ".join(told) or self.plural("{count} second", "{count} seconds", whole).format(count=whole)


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(min(max(at, 0.0), _MOST_S), VIETNAM)


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '…', '?', '!')) else '.'}" if text else ""


def joined(*lines: str) -> str:
    """The lines that say something."""
    return "\n".join(line for line in lines if line)


def listed(items: Sequence[str]) -> str:
    """``A; B; C``."""
    return "; ".join(item for item in items if item)
