"""A language whose moments are marks, for sentences that are told later, perhaps on another day. Pure.

Whoever tells them fills the marks in (``sansang_alerts.texts.times``).
"""

from sansang_alerts.texts.times import marked

from .speech import Says


class Timeless:
    """All else is said as ``says`` does."""

    def __init__(self, says: Says) -> None:
        self.language = says.language
        self.translations = says.translations
        self.word, self.commune = says.word, says.commune
        self.duration, self.percent = says.duration, says.percent

    def minute(self, at: float, _now: float) -> str:
        """To be told as ``07:30``, with the day where it is another."""
        return marked(at)

    def moment(self, at: float, _now: float) -> str:
        """The same to the second."""
        return marked(at, seconds=True)
