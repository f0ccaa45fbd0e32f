"""What pages call planned work, its kinds and states. Pure."""

from sansang_collector.incidents import maintenance_words
from sansang_collector.incidents.maintenance import Kind, State
from sansang_collector.incidents.maintenance_view import MaintenanceView
from sansang_collector.incidents.naming import Naming
from sansang_collector.incidents.speech import Speech

from .phrases import Phrases


class MaintenanceWords:
    """One per language."""

    def __init__(self, say: Phrases, naming: Naming) -> None:
        self._say = say
        self._naming = naming
        self._gettext = say.translations.gettext

    def kind(self, one: Kind) -> str:
        """What a kind is called."""
        return maintenance_words.kind(one, self._gettext)

    def state(self, one: State) -> str:
        """What a state is called."""
        return maintenance_words.state(one, self._gettext)

    def short_notice(self, one: MaintenanceView) -> str:
        """That it was announced late, where it was."""
        return maintenance_words.short_notice(one.notice_days, self._gettext) if one.short_notice else ""

    def part(self, part: str) -> str:
        """What a part is called: its kind and its own name."""
        return self._naming.title(part, Speech(self._say, 0.0))
