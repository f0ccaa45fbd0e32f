"""The pages of one commune and of one machine.

Each fetches views from overview.py, gives them to a template, and decides nothing.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from markupsafe import Markup
from starlette.responses import Response

from sansang_agent.contract.light import Light
from sansang_agent.contract.rung import Rung
from sansang_collector import overview, points
from sansang_collector.access import Principal, require
from sansang_collector.incidents import maintenance_rows
from sansang_collector.inventory.coverage_words import CoverageWords
from sansang_collector.rights import Right, just
from sansang_collector.view import AgentView, CheckView, CommuneView, PointView, RungView

from . import asking_again, incident_lines, maintenance_doing, shell, timeline
from .api import AgentId
from .codes import normal
from .curves import Curve, curve_of
from .incidents import SOON_S
from .maintenance_words import MaintenanceWords
from .phrases import Phrases
from .site import ports_of, site_of
from .strips import Strip, strip_of
from .timeline import Window
from .who import SeesCentre, must_see

router = APIRouter(dependencies=[Depends(require(Right.SEE_CENTRE))], include_in_schema=False)

_USUAL_RUNGS = frozenset({Rung.MACHINE, Rung.GATEWAY, Rung.LINE, Rung.INTERNET, Rung.DNS, Rung.SERVICE})
"""Shown even where nothing is configured for them: that is worth knowing. The others only where something is."""

_FINE_STEP_S, _COARSE_STEP_S = 300, 1800
"""A point of a curve, up to a day and beyond."""

Hours = Annotated[int, Query(ge=1, le=168)]
Moment = Annotated[float | None, Query(ge=0, le=32_503_680_000)]


def _rungs(found: Sequence[CommuneView | AgentView]) -> list[Rung]:
    """The rungs worth a column, nearest first."""
    configured = {rung.rung for each in found for rung in each.rungs if rung.light is not Light.NOT_CONFIGURED}
    return [rung for rung in Rung if rung in configured | _USUAL_RUNGS]


def _labels(labels: Any) -> list[str]:
    return list(dict.fromkeys(label for label in labels if label))


@router.get("/communes/{code}")
def commune(request: Request, who: SeesCentre, code: str, hours: Hours = 6) -> Response:
    """One commune: its rungs over time, and its machines."""
    who.must(Right.SEE_CENTRE, code)
    collector = shell.collector_of(request)
    present = collector.present()
    now = present.at
    window = Window(now - hours * 3600, now)
    say = shell.phrases(request)
    with collector.store.read() as connection:
        change = overview.newest_change(connection)
        found = overview.commune(connection, code, present, collector.board.province(connection, present, code))
        if found is None:
            raise HTTPException(404)
        agents = overview.agents(connection, present, just(code), collector.inventory.places)
        lines = incident_lines.under_way(request, connection, who, code)
        plans = maintenance_rows.standing(connection, now, just(code))
        strips = {
            rung.rung: strip_of(
                say,
                overview.rung_intervals(connection, code, rung.rung, window.first - 3600, window.last),
                window,
                period_s=_period(rung, agents),
                now=now,
                ident=f"strip-{rung.rung}",
                name=say.word("rung", rung.rung),
            )
            for rung in found.rungs
            if rung.light is not Light.NOT_CONFIGURED
        }
    return shell.page(
        request,
        "commune.html",
        change=change,
        commune=found,
        lines=[line for line in lines if line.is_told or line.incident.verdict.expected_off],
        plans=[one for one in maintenance_doing.views(request, who, plans) if one.begins < now + SOON_S],
        plan_words=MaintenanceWords(say, collector.inventory.naming),
        agents=agents,
        rungs=_rungs([found, *agents]),
        strips=strips,
        axis=Markup(timeline.axis(window)),  # noqa: S704  # made of numbers
        hours=hours,
        window_query=_window_query,
        labels=_labels(agent.label for agent in agents),
        site=site_of(shell.inventory_of(request), code, agents, say),
        ports=ports_of(agents),
        coverage=CoverageWords(say.language),
    )


def _period(rung: RungView, agents: Sequence[AgentView]) -> float:
    """The shortest period at which anyone in the commune asks about this rung."""
    checks = [check for agent in agents for each in agent.rungs if each.rung is rung.rung for check in each.checks]
    return min((check.period_s for check in checks), default=15.0)


@router.get("/agents/{agent_id}")
def agent(  # an address has no order; FastAPI hands them in by name
    request: Request, who: SeesCentre, agent_id: AgentId, hours: Hours = 6, at: Moment = None, code: str = ""
) -> Response:
    """One machine: how it is, its ladder, and every check over time; ``at`` marks a moment and shows what was then."""
    return agent_page(request, who, agent_id, hours=hours, at=at, code=code)


def agent_page(
    request: Request,
    who: Principal,
    agent_id: int,
    *,
    hours: int = 6,
    at: float | None = None,
    code: str = "",
    trouble: str = "",
) -> Response:
    """The page of one machine; ``trouble``: why it was not asked."""
    collector = shell.collector_of(request)
    present = collector.present()
    now = present.at
    window = _window(now, hours, at)
    say = shell.phrases(request)
    with collector.store.read() as connection:
        must_see(connection, who, agent_id)
        change = overview.newest_change(connection)
        found = overview.agent(connection, agent_id, present, collector.inventory.places)
        if found is None:
            raise HTTPException(404)

        def strip(check: CheckView) -> Strip:
            before = 3 * check.period_s
            return strip_of(
                say,
                overview.check_intervals(connection, agent_id, check.check, window.first - before, window.last),
                window,
                period_s=check.period_s,
                now=now,
                ident=f"strip-{check.check}",
                name=_name(check),
                marked=at,
            )

        strips = {check.check: strip(check) for check in found.checks}
        step = _FINE_STEP_S if hours <= 24 else _COARSE_STEP_S
        measured = points.read_all(connection, agent_id, window.first, window.last, step)
        asked = asking_again.asked(connection, who, found, now)
    return shell.page(
        request,
        "agent.html",
        change=change,
        agent=found,
        asked=asked,
        trouble=trouble,
        askable=asking_again.askable(request, found),
        is_assigned=who.may(Right.SEE_FLEET, found.commune) and collector.roster.wanted(agent_id) is not None,
        refused_at=collector.tokens.knocked_at(agent_id),
        rungs=_rungs([found]),
        strips=strips,
        curves=_curves(say, found, measured, window, step),
        axis=Markup(timeline.axis(window)),  # noqa: S704  # made of numbers
        hours=hours,
        at=at,
        code=normal(code),
        window_query_at=lambda each: _window_query(each, at, normal(code)),
        labels=_labels([found.label]),
    )


def _curves(
    say: Phrases, agent: AgentView, measured: dict[str, list[PointView]], window: Window, step_s: int
) -> dict[str, Curve | None]:
    return {
        check.check: curve_of(say, measured.get(check.check, []), window, step_s, _name(check))
        for check in agent.checks
    }


def _name(check: CheckView) -> str:
    return check.name or check.target or check.check


def _window(now: float, hours: int, at: float | None) -> Window:
    """The last ``hours``, or as many around ``at`` as there are before the present."""
    last = now if at is None else min(now, at + hours * 1800)
    return Window(last - hours * 3600, last)


def _window_query(hours: int, at: float | None = None, code: str = "") -> str:
    return "?" + urlencode({"hours": hours} | ({"at": at} if at is not None else {}) | ({"code": code} if code else {}))
