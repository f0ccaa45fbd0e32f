"""What is wrong in a settings file, said so that a person finds the place, in English or in their language.

One line per mistake; nothing here reads files.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

Gettext = Callable[[str], str]


class Wrong(str):
    """What is wrong, in English, and what it takes to say it in another language: its form and its facts.

    Messages and files take ``str()`` of it: msgspec encodes no kinds of text but its own.
    """

    __slots__ = ("facts", "form")
    form: str
    facts: dict[str, Any]

    def said(self, _: Gettext) -> str:
        """The same by a catalogue."""
        return _(self.form).format(**{name: _told(fact, _) for name, fact in self.facts.items()})


def wrong(form: str, **facts: Any) -> Wrong:
    """``form`` is a msgid with the names of ``facts`` in braces. A fact may be one of these itself; several in a tuple
    are listed with commas."""
    made = Wrong(form.format(**{name: _told(fact, str) for name, fact in facts.items()}))
    made.form, made.facts = form, facts
    return made


def mark(text: str) -> str:
    """Mark a msgid that becomes part of what is wrong elsewhere."""
    return text


def in_words(text: str, _: Gettext) -> str:
    """What is wrong by a catalogue, as far as its writer made that possible."""
    return text.said(_) if isinstance(text, Wrong) else text


def _told(fact: Any, _: Gettext) -> Any:
    if isinstance(fact, tuple):
        return ", ".join(str(_told(one, _)) for one in fact)
    return in_words(fact, _) if isinstance(fact, str) else fact


class Mistake(NamedTuple):
    """One thing wrong in a file: where and what. ``line`` is from 1, 0 means the whole file; ``key`` is dotted."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return str(self.whole)

    @property
    def whole(self) -> Wrong:
        """The line; places, keys and values are the same in every language."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return wrong("{place}: {said}", place=f"{place}: {self.key}" if self.key else place, said=self.message)

    def said(self, _: Gettext) -> str:
        """The line by a catalogue."""
        return self.whole.said(_)


class SettingsError(Exception):
    """A file that cannot be used; ``str()`` is one line per mistake."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes

    def said(self, _: Gettext) -> str:
        """All of it by a catalogue."""
        return "\n".join(mistake.said(_) for mistake in self.mistakes)
