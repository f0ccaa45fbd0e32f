"""Says in words how a machine stands with the collector: in contact, off as announced or as usual, silent. Pure."""

from sansang_collector.liveness import State
from sansang_collector.view import AgentView

from .phrases import Phrases


def whereabouts(say: Phrases, agent: AgentView, now: float) -> str:
    """One clause, without its full stop."""
    _ = say.translations.gettext
    since = say.moment(agent.state_since, now) if agent.state_since is not None else ""
    if agent.state is State.GOODBYE:
        said = _("%(reason)s at %(moment)s, as announced") % {"reason": say.goodbye(agent.state_why), "moment": since}
        return _and_back(say, said, agent.back, now)
    if agent.state is State.EXPECTED_OFF:
        usual = agent.state_why == "habit"
        said = _("off as usual at this hour, since %(moment)s") if usual else _("off outside hours, since %(moment)s")
        return _and_back(say, said % {"moment": since}, agent.back, now)
    return {
        State.ONLINE: _("in contact"),
        State.SILENT: _("silent since %(moment)s") % {"moment": since},
        State.RETIRED: _("not in use since %(moment)s") % {"moment": since},
        State.NEVER_SEEN: _("never heard from"),
        State.REVOKED: _("revoked since %(moment)s") % {"moment": since},
        State.QUARANTINED: _("two machines under one identity, shut out since %(moment)s") % {"moment": since},
    }[agent.state]


def _and_back(say: Phrases, said: str, back: float | None, now: float) -> str:
    if back is None or back <= now:
        return said
    _ = say.translations.gettext
    return _("%(said)s; expected back %(moment)s") % {"said": said, "moment": say.moment(back, now)}
