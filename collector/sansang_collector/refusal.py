"""Why a wish is not fulfilled: a reason with its facts, put into words only when somebody is told, in their language.

What can be wished for has its own reasons and words: ``asking_words``, ``person_words``, ``incidents.deed_words`` and
``incidents.maintenance_words``.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Generic, TypeVar

Gettext = Callable[[str], str]
Why = TypeVar("Why", bound=StrEnum)


def in_english(text: str) -> str:
    """The language that texts are written in."""
    return text


class RefusedError(Exception, Generic[Why]):
    """Nothing was changed. ``facts`` are what the words of the reason name."""

    def __init__(self, refused: Why, **facts: Any) -> None:
        super().__init__(refused)
        self.refused = refused
        self.facts = facts

    def __str__(self) -> str:
        """In English, for the API."""
        return self.said(in_english)

    def said(self, _: Gettext) -> str:
        """One sentence or two in the language of ``_``."""
        return self.texts(_)[self.refused].format(**self.facts)

    def texts(self, _: Gettext) -> Mapping[Why, str]:
        """What to say for each reason, with the names of facts in braces."""
        raise NotImplementedError
