"""Blind spots in words: what is missing, what cannot be told apart, what would mend it; in either language."""

from sansang_agent.contract.words import catalogue, word

from .coverage import ALIKE, Blind


class CoverageWords:
    """One per language."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._translations = catalogue("sansang_collector", language)

    def title(self, kind: Blind) -> str:
        """What is missing, in a few words."""
        _ = self._translations.gettext
        return {
            Blind.NO_PC: _("no machine reports from here"),
            Blind.ONE_PC: _("one machine only"),
            Blind.NO_LINE: _("no line entered"),
            Blind.NO_INWARD_TARGET: _("no address that the centre could ask"),
            Blind.GATEWAY_PING_UNKNOWN: _("not known yet whether the gateway answers pings"),
            Blind.GATEWAY_SILENT: _("the gateway does not answer pings"),
            Blind.NO_ACCESS_NODE: _("access node not known"),
            Blind.NO_CONTACT: _("nobody to call entered"),
            Blind.NO_UPS: _("no UPS"),
            Blind.UPS_UNKNOWN: _("not entered whether there is a UPS"),
        }[kind]

    def cannot_tell(self, kind: Blind) -> str:
        """What cannot be told apart for want of it."""
        _ = self._translations.gettext
        if kind is Blind.NO_PC:
            return _("Cannot tell: anything about this centre.")
        if kind is Blind.NO_CONTACT:
            return _("Cannot say: whom to call when something of theirs is broken.")
        parts = ", ".join(word("component", part, self._language) for part in ALIKE[kind])
        return _("Cannot be told apart: {parts}.").format(parts=parts)

    def mend(self, kind: Blind) -> str:
        """What would mend it."""
        _ = self._translations.gettext
        second = _("Install sansang on a second machine, or on a small one that is always on.")
        ups = _("Put the terminal and one machine on a UPS, then set ups to yes in communes.csv.")
        address = _("Enter terminal_address in lines.csv, and have the terminal answer pings from the centre.")
        gateway = _("Have the terminal answer pings from the local network; until then it is measured by TCP.")
        return {
            Blind.NO_PC: _("Install sansang on the machines at the counters."),
            Blind.ONE_PC: second,
            Blind.NO_LINE: _("Enter the commune's lines in lines.csv."),
            Blind.NO_INWARD_TARGET: address,
            Blind.GATEWAY_PING_UNKNOWN: _("Wait for the first reports."),
            Blind.GATEWAY_SILENT: gateway,
            Blind.NO_ACCESS_NODE: _("Ask the provider which access node the line ends at; enter it in lines.csv."),
            Blind.NO_CONTACT: _("Enter the duty desk in contacts.csv: a telephone number or a Zalo group."),
            Blind.NO_UPS: ups,
            Blind.UPS_UNKNOWN: _("Ask the centre, and enter yes or no under ups in communes.csv."),
        }[kind]

    def detail(self, kind: Blind, detail: str) -> str:
        """Whose desk, or which line."""
        return word("owner", detail, self._language) if kind is Blind.NO_CONTACT else detail
