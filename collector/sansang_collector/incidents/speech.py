"""What explanations are said with: one language's catalogue and glossary, the present, lists and times. Pure.

``Says`` is what a page's phrases can do; they are handed in, so that nothing here depends on pages.
"""

from collections.abc import Sequence
from gettext import NullTranslations
from typing import Protocol

_WHOLE_FROM = 0.0095
"""From about one per cent on, shares are said in whole ones."""


def mark(text: str) -> str:
    """Mark a message id for the catalogue where it is written down but not yet said."""
    return text


class Says(Protocol):
    """One language: its catalogue, glossary, names, times and numbers."""

    language: str
    translations: NullTranslations

    def word(self, kind: str, key: str) -> str:
        """The glossary's term."""
        ...

    def commune(self, code: str) -> str:
        """What people call a commune."""
        ...

    def minute(self, at: float, now: float) -> str:
        """``07:30``, with the date on any other day than ``now``'s."""
        ...

    def moment(self, at: float, now: float) -> str:
        """The same to the second."""
        ...

    def duration(self, seconds: float) -> str:
        """A span in its largest units."""
        ...

    def percent(self, ratio: float) -> str:
        """A ratio as a percentage."""
        ...


class Speech:
    """A language at a moment (Unix seconds)."""

    def __init__(self, says: Says, now: float) -> None:
        self.now = now
        self.language = says.language
        self._says = says

    def say(self, message: str) -> str:
        """A message in this language."""
        return self._says.translations.gettext(message)

    def plural(self, one: str, many: str, number: int) -> str:
        """The form of a message that fits a number."""
        return self._says.translations.ngettext(one, many, number)

    def word(self, kind: str, key: str) -> str:
        """A term of the glossary."""
        return self._says.word(kind, key)

    def commune(self, code: str) -> str:
        """What people call a commune."""
        return self._says.commune(code)

    def clock(self, at: float) -> str:
        """``08:14``, with the date where it is not today."""
        return self._says.minute(at, self.now)

    def second(self, at: float) -> str:
        """``08:14:05``, with the date where it is not today."""
        return self._says.moment(at, self.now)

    def duration(self, seconds: float) -> str:
        """``48 minutes``."""
        return self._says.duration(seconds)

    def share(self, ratio: float) -> str:
        """``8 %``."""
        return f"{round(ratio * 100)} %" if ratio >= _WHOLE_FROM else self._says.percent(ratio)

    def all_of(self, items: Sequence[str]) -> str:
        """``A, B and C``."""
        return _listed(items, self.say("{first} and {last}"))

    def any_of(self, items: Sequence[str]) -> str:
        """``A, B or C``."""
        return _listed(items, self.say("{first} or {last}"))

    def sentence(self, text: str) -> str:
        """With a capital and a full stop."""
        return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _listed(items: Sequence[str], form: str) -> str:
    if len(items) < 2:
        return "".join(items)
    return form.format(first=", ".join(items[:-1]), last=items[-1])
