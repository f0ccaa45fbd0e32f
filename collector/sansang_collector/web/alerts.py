"""Who was told of an incident and who is on call, on a page and by API; and the doors that answers come in by."""

from collections.abc import Callable
from typing import Annotated, NamedTuple

from fastapi import APIRouter, HTTPException, Request
from fastapi import Path as InPath
from sqlalchemy import Connection
from starlette.responses import Response

from sansang_alerts import oncall_words
from sansang_alerts.notice import Kind, State
from sansang_alerts.oncall_view import OnCall
from sansang_alerts.settings import AlertSettings
from sansang_alerts.texts.phrases import Phrases as AlertPhrases
from sansang_alerts.web import pairing_form
from sansang_alerts.web.doors import Doors
from sansang_alerts.web.pairing_form import Offered
from sansang_collector import told_whom
from sansang_collector.access import acting
from sansang_collector.incidents import listing
from sansang_collector.rights import Right
from sansang_collector.told_whom import NotificationView, TeamOnCall

from . import incident_doing, language, shell
from .api import Limit, Offset, answer
from .incidents_api import IncidentId
from .schemas import listed, one, refusal
from .who import SeesCentre, SeesFleet

_REFUSALS = (
    refusal(401, "No valid token or session.")
    | refusal(403, "The credential does not open this.")
    | refusal(422, "A parameter that cannot be.")
)
_MISSING = refusal(404, "There is none.")

TeamId = Annotated[str, InPath(max_length=64)]

router = APIRouter(prefix="/api/v1", tags=["alerts"], responses=_REFUSALS, default_response_class=Response)
pages = APIRouter(include_in_schema=False)


class Message(NamedTuple):
    """One message in words."""

    view: NotificationView
    what: str
    became: str
    failed: bool


class Team(NamedTuple):
    """One team in words."""

    now: OnCall
    warnings: tuple[str, ...]
    lines: tuple[str, ...]
    week: tuple[str, ...]


def doors_of(request: Request) -> Doors | None:
    """What stands behind the doors; nothing where nobody is told."""
    alerts = shell.collector_of(request).alerts
    return alerts.doors if alerts is not None else None


@router.get(
    "/incidents/{number}/notifications", summary="Who was told of it", responses=listed(NotificationView) | _MISSING
)
def notifications(
    request: Request, who: SeesCentre, number: IncidentId, limit: Limit = 200, offset: Offset = 0
) -> Response:
    """Every message, the first one first: to whom, through what, what became of it. Addresses are left out."""
    with shell.collector_of(request).store.read() as connection:
        incident_doing.must_see(connection, who, number)
        if listing.find(connection, number) is None:
            raise HTTPException(404, f"there is no incident {number}")
        found = _told(request, connection, number)
    items = found[offset : offset + limit]
    return answer({"total": len(found), "limit": limit, "offset": offset, "items": items})


@router.get("/oncall", summary="Who is on call", responses=listed(OnCall))
def on_call(request: Request, _who: SeesFleet, limit: Limit = 200, offset: Offset = 0) -> Response:
    """Every team now; none where nobody is told of incidents."""
    found = [team.now for team in _teams(request)]
    items = found[offset : offset + limit]
    return answer({"total": len(found), "limit": limit, "offset": offset, "items": items})


@router.get("/oncall/{team}", summary="One team now and in the coming days", responses=one(TeamOnCall) | _MISSING)
def team_on_call(request: Request, _who: SeesFleet, team: TeamId) -> Response:
    """The coming seven days without a gap: where no shift covers a time, whoever is told instead."""
    found = next((one for one in _teams(request) if one.now.team == team), None)
    if found is None:
        raise HTTPException(404, "there is no such team")
    return answer(found)


@pages.get("/oncall")
def show(request: Request, _who: SeesFleet) -> Response:
    """The same for people."""
    return page(request)


def page(request: Request, made: Offered | None = None) -> Response:
    """Who is on call; ``made``: what became of the form that pairs a chat."""
    collector = shell.collector_of(request)
    phrases = AlertPhrases(language.language_of(request), collector.now())
    settings = collector.alerts.settings if collector.alerts is not None else AlertSettings()
    may_pair = not acting(request).communes(Right.PAIR).is_empty
    return shell.page(
        request,
        "oncall.html",
        teams=[_worded(team, phrases) for team in _teams(request)],
        made=made,
        bots=pairing_form.bots(settings) if may_pair else [],
        people=settings.people,
    )


def messages(request: Request, connection: Connection, number: int) -> list[Message]:
    """Who was told of an incident, in words."""
    _ = shell.phrases(request).translations.gettext
    return [_message(one, _) for one in _told(request, connection, number)]


def _told(request: Request, connection: Connection, number: int) -> list[NotificationView]:
    alerts = shell.collector_of(request).alerts
    return told_whom.notifications(connection, number, alerts.settings if alerts else None)


def _teams(request: Request) -> list[TeamOnCall]:
    collector = shell.collector_of(request)
    if collector.alerts is None:
        return []
    with collector.store.read() as connection:
        return told_whom.on_call(connection, collector.alerts.settings, collector.now())


def _worded(team: TeamOnCall, phrases: AlertPhrases) -> Team:
    duty = tuple(oncall_words.duty_lines(team.now, phrases))
    week = tuple(oncall_words.turn_line(turn, phrases) for turn in team.week)
    return Team(team.now, tuple(oncall_words.warnings(team.now, phrases)), duty, week)


def _message(view: NotificationView, _: Callable[[str], str]) -> Message:
    kinds = {
        Kind.OPENED: _("told that it began"),
        Kind.UPDATED: _("told what has changed"),
        Kind.UNSTABLE: _("told that it comes and goes"),
        Kind.REMINDER: _("reminded"),
        Kind.ESCALATED: _("told because nobody had taken it on"),
        Kind.ACKNOWLEDGED: _("told who has taken it on"),
        Kind.HANDED_OVER: _("told that it is another team's"),
        Kind.RECOVERED: _("told that it is over"),
        Kind.WITHDRAWN: _("told that it is told no more by itself"),
    }
    states = {
        State.WAITING: _("waiting to be sent"),
        State.BUNDLED: _("waiting to be sent"),
        State.SENDING: _("being sent"),
        State.SENT: _("sent") if view.delivered_at is None else _("delivered"),
        State.FAILED: _("could not be sent"),
        State.CANCELLED: _("not needed any more"),
    }
    return Message(view, kinds.get(view.kind, view.kind), states[view.state], view.state is State.FAILED)
