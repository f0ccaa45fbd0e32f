"""Who is told what, and who is not: from how an alert stands and what happened, how it stands next. Pure.

Creation is held back, ends never: who was told anything is told that it is over, whatever holds the fault back by then.
"""

from typing import Any

from msgspec.structs import replace

from sansang_agent.contract.severity import Severity

from .escalating import MINUTE_S, UNREACHED_S, Decision, ask, next_ask, tell_again
from .fault import Happening, Report, Source
from .notice import Kind
from .roster import Roster
from .standing import Standing

_ORDER = list(Severity)
_COMES_BACK = (Happening.OPENED, Happening.REOPENED, Happening.UNSTABLE)
_TIMES = ("told_at", "asked_at", "nagged_at", "paused_at", "ended_at", "acknowledged_at")
_ANNOUNCED = (Source.INCIDENT, Source.SITUATION)
"""What goes through Alertmanager, where that is to say who is told."""


def reported(standing: Standing | None, report: Report, roster: Roster, now: float, announced: bool) -> Decision:
    """What a source's report makes of an alert. ``announced``: an Alertmanager says when people are told."""
    fault, happened, _ = report
    if standing is None or _is_anew(standing, report):
        released = not (announced and fault.source in _ANNOUNCED)
        known = Standing(fault=fault, team=roster.team_of(fault).id, released=released)
    else:
        known = replace(standing, fault=fault)
    if happened is Happening.RECOVERED:
        return _recovered(known, report, roster, now)
    if happened is Happening.WITHDRAWN:
        return Decision(_over(known, report.at), tell_again(known, Kind.WITHDRAWN) if known.over_at is None else ())
    if known.over_at is not None:
        return Decision(known)
    if happened is Happening.ACKNOWLEDGED or (standing is None and fault.acknowledged_at is not None):
        taken = acknowledged(known, fault.acknowledged_by, fault.acknowledged_at or report.at, "source")
        more = _under_way(taken.standing, happened, roster, now)
        return Decision(more.standing, (*taken.notices, *more.notices))
    if happened in _COMES_BACK:
        known = replace(known, ended_at=None)
    return _under_way(known, happened, roster, now)


def clock(standing: Standing, roster: Roster, now: float) -> Decision:
    """What time alone brings: an end that has lasted, a step, a reminder."""
    at = due(standing, roster)
    if at is None or at > now:
        return Decision(standing)
    if standing.ended_at is not None:
        return Decision(_over(standing, standing.ended_at), tell_again(standing, Kind.RECOVERED))
    return ask(standing, roster, now)


def due(standing: Standing, roster: Roster) -> float | None:
    """When :func:`clock` has something to do; None: not before something happens."""
    if standing.over_at is not None or standing.told_at is None:
        return None
    if standing.ended_at is not None:
        return standing.ended_at + _calm_s(standing, roster)
    if standing.paused_at is not None:
        return None
    return next_ask(standing, roster.team(standing.team, standing.fault))


def acknowledged(standing: Standing, by: str, at: float, how: str) -> Decision:
    """Somebody takes it on: nobody else is asked, and the others who know of it learn who has. The first one stays."""
    if standing.over_at is not None or standing.acknowledged_at is not None:
        return Decision(standing)
    taken = replace(standing, acknowledged_at=at, acknowledged_by=by, acknowledged_how=how)
    silent = standing.ended_at is not None
    return Decision(taken, () if silent else tell_again(standing, Kind.ACKNOWLEDGED, standing.team, but=by))


def released(standing: Standing, roster: Roster, now: float) -> Decision:
    """Alertmanager says that people are to be told."""
    if standing.released or standing.over_at is not None:
        return Decision(standing)
    return _under_way(replace(standing, released=True), Happening.UPDATED, roster, now)


def unreached(standing: Standing, roster: Roster, now: float) -> Decision:
    """No message about it can arrive where it was sent: the next step is taken before its time, and the last one
    again soon, less and less often."""
    idle = standing.over_at is not None or standing.ended_at is not None or standing.acknowledged_at is not None
    team = roster.team(standing.team, standing.fault)
    if idle or not _is_to_be_told(standing) or standing.asked_at is None:
        return Decision(standing)
    if standing.steps >= len(team.steps):
        remind_s = team.remind_minutes * MINUTE_S
        wait_s = min(max(UNREACHED_S, now - standing.asked_at), remind_s)
        return Decision(replace(standing, nagged_at=now + wait_s - remind_s))
    return ask(standing, roster, now)


def set_back(standing: Standing, now: float) -> Standing:
    """As it stands when the clock was set back: what was later than now is now."""
    times = {name: getattr(standing, name) for name in _TIMES}
    later: dict[str, Any] = {name: now for name, at in times.items() if at is not None and at > now}
    return replace(standing, **later) if later else standing


def _is_anew(standing: Standing, report: Report) -> bool:
    """Whether it comes back after its end was told, or is no longer part of another."""
    if standing.over_at is None:
        return False
    back = bool(standing.fault.withdrawn) and not report.fault.withdrawn and report.happened is Happening.UPDATED
    return back or report.happened in _COMES_BACK


def _over(standing: Standing, at: float) -> Standing:
    return standing if standing.over_at is not None else replace(standing, over_at=at)


def _recovered(standing: Standing, report: Report, roster: Roster, now: float) -> Decision:
    if standing.over_at is not None:
        return Decision(standing)
    ended_at = report.at if report.fault.ended_at is None else report.fault.ended_at
    if standing.told_at is None:
        return Decision(_over(standing, ended_at))
    return clock(replace(standing, ended_at=ended_at), roster, now)


def _calm_s(standing: Standing, roster: Roster) -> float:
    settings = roster.settings
    minutes = settings.unstable_after_minutes if standing.unstable else settings.recovery_after_minutes
    return minutes * 60.0


def _is_to_be_told(standing: Standing) -> bool:
    fault = standing.fault
    return standing.released and not fault.held_back and fault.severity is not Severity.INFO


def _under_way(standing: Standing, happened: Happening, roster: Roster, now: float) -> Decision:
    was_unstable = standing.unstable
    standing = replace(standing, unstable=was_unstable or happened is Happening.UNSTABLE)
    if not _is_to_be_told(standing):
        pausing = standing.told_at is not None and standing.paused_at is None
        return Decision(replace(standing, paused_at=now) if pausing else standing)
    if standing.ended_at is not None:
        return Decision(standing)
    standing = _resumed(standing, now)
    if standing.told_at is None:
        return _opened(replace(standing, team=roster.team_of(standing.fault).id), roster, now)
    if standing.unstable and not was_unstable:
        return Decision(_as_told(standing), tell_again(standing, Kind.UNSTABLE, standing.team))
    return _changed(standing, roster, now)


def _resumed(standing: Standing, now: float) -> Standing:
    """Steps wait as long as the fault was held back."""
    if standing.paused_at is None or standing.asked_at is None:
        return standing
    return replace(standing, paused_at=None, asked_at=standing.asked_at + now - standing.paused_at)


def _opened(standing: Standing, roster: Roster, now: float) -> Decision:
    return ask(replace(_as_told(standing), told_at=now, asked_at=now, steps=0), roster, now)


def _as_told(standing: Standing) -> Standing:
    return replace(standing, told_owner=standing.fault.owner, told_severity=standing.fault.severity)


def _changed(standing: Standing, roster: Roster, now: float) -> Decision:
    """Under way and told: another team's, another owner's or more urgent than was told; of what is unstable only the
    last, for owners come and go with it."""
    fault = standing.fault
    told = standing.told_severity or fault.severity
    if not standing.unstable and (team := roster.team_of(fault).id) != standing.team:
        return _handed_over(standing, team, roster, now)
    other_owner = fault.owner is not standing.told_owner and not standing.unstable
    if other_owner or _ORDER.index(fault.severity) < _ORDER.index(told):
        return Decision(_as_told(standing), tell_again(standing, Kind.UPDATED, standing.team))
    return Decision(standing)


def _handed_over(standing: Standing, team: str, roster: Roster, now: float) -> Decision:
    """The new team is asked from its first step on, and has to acknowledge anew; the old one learns of it."""
    fresh = replace(_as_told(standing), team=team, asked_at=now, steps=0, nagged_at=None)
    fresh = replace(fresh, acknowledged_at=None, acknowledged_by="", acknowledged_how="")
    asked = ask(fresh, roster, now)
    reached = {(one.to.channel, one.to.address) for one in asked.notices}
    left = tell_again(standing, Kind.HANDED_OVER, standing.team)
    return Decision(
        asked.standing, (*asked.notices, *(one for one in left if (one.to.channel, one.to.address) not in reached))
    )
