"""What the fleet's list calls states, roles, configurations and columns, in the language of the page. Pure."""

from sansang_agent.contract.assignment import Role
from sansang_collector.fleet import Config, Order
from sansang_collector.liveness import State
from sansang_collector.tokens import End
from sansang_collector.view import FleetView

from .phrases import Phrases

SHAPES = {
    State.ONLINE: "ok",
    State.GOODBYE: "away",
    State.EXPECTED_OFF: "away",
    State.SILENT: "failed",
    State.RETIRED: "not_configured",
    State.NEVER_SEEN: "unknown",
    State.REVOKED: "not_configured",
    State.QUARANTINED: "failed",
}
"""The symbol and colour of each state."""
SHUT_OUT = frozenset({State.REVOKED, State.QUARANTINED, State.RETIRED})
"""Of these it is worth saying that they still try."""


class FleetWords:
    """One per language."""

    def __init__(self, say: Phrases) -> None:
        _ = say.translations.gettext
        self._say = say
        self._states = {
            State.ONLINE: _("in contact"),
            State.GOODBYE: _("away as announced"),
            State.EXPECTED_OFF: _("off as usual"),
            State.SILENT: _("silent"),
            State.RETIRED: _("retired"),
            State.NEVER_SEEN: _("never heard from"),
            State.REVOKED: _("revoked"),
            State.QUARANTINED: _("two machines under one identity"),
        }
        self._roles = {
            Role.COUNTER: _("counter PC"),
            Role.KIOSK: _("kiosk"),
            Role.MINI: _("always-on mini PC"),
            Role.VANTAGE: _("vantage point"),
        }
        self._configs = {Config.CURRENT: _("current"), Config.LAGGING: _("lagging"), Config.OWN: _("its own")}
        self._columns = {
            Order.COMMUNE: _("Commune"),
            Order.NAME: _("Computer"),
            Order.ROLE: _("Role"),
            Order.STATE: _("State"),
            Order.CONTACT: _("Last contact"),
            Order.VERSION: _("Version"),
            Order.SKEW: _("Its clock"),
            Order.SPOOL: _("Waiting to be sent"),
            Order.CONFIG: _("Configuration"),
            Order.DROPPED: _("Lost for want of space"),
        }

    def state(self, state: str) -> str:
        """How a machine stands, in a word or two."""
        return self._states[State(state)]

    def shape(self, state: str) -> str:
        """The symbol that stands for it."""
        return SHAPES[State(state)]

    def explained(self, row: FleetView, now: float) -> str:
        """Since when, why, and until when: what follows the state's word."""
        _ = self._say.translations.gettext
        parts = []
        if row.state == State.GOODBYE:
            parts.append(self._say.goodbye(row.why))
        if row.state == State.REVOKED and row.why == End.ROTATED:
            parts.append(_("it did not take over its new token"))
        if row.state == State.EXPECTED_OFF:
            parts.append(_("as it usually is at this time") if row.why == "habit" else _("outside opening hours"))
        if row.state_since is not None:
            parts.append(_("since %(moment)s") % {"moment": self._say.moment(row.state_since, now)})
        if row.back is not None and row.back > now:
            parts.append(_("expected back at %(moment)s") % {"moment": self._say.moment(row.back, now)})
        if row.still_reports:
            parts.append(_("still sends reports"))
        if row.refused_at is not None and row.state in SHUT_OUT:
            parts.append(_("still tries, last %(moment)s") % {"moment": self._say.moment(row.refused_at, now)})
        return ", ".join(parts)

    def role(self, role: str) -> str:
        """What a machine is in its centre; one of a newer program by its own name."""
        return next((word for known, word in self._roles.items() if known == role), role)

    def config(self, config: str) -> str:
        """Whether it follows the centre's configuration."""
        return self._configs[Config(config)]

    def column(self, order: str) -> str:
        """A column's heading."""
        return self._columns[Order(order)]
