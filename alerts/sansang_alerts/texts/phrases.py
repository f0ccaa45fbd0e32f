"""One language of messages: its catalogue and glossary, and times as people say them. The present is an argument.

Clock times are Vietnam's (UTC+7 all year).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from sansang_agent.contract.words import DEFAULT_LANGUAGE, LANGUAGES, catalogue, word

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
_DATE = {"vi": "%d/%m/%Y", "en": "%Y-%m-%d"}
_MOST_S = 253_370_000_000.0
"""In the year 9998: what lies beyond is nobody's time."""


def mark(text: str) -> str:
    """Mark a message id for the catalogue where it is written down but not yet said."""
    return text


class Phrases:
    """A language at a moment (Unix seconds); any other than ours is Vietnamese."""

    def __init__(self, language: str, now: float) -> None:
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

    def clock(self, at: float) -> str:
        """``08:14``, with the date where it is not today."""
        then = _local(at)
        told = f"{then:%H:%M}"
        return told if then.date() == _local(self.now).date() else f"{told} {self.date(at)}"

    def moment(self, at: float) -> str:
        """``08:14 26/06/2026``."""
        return f"{_local(at):%H:%M} {self.date(at)}"

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
