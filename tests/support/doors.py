"""Every route of the collector, and which right opens it: the one list to add a new route to.

What an address is made of is a :class:`Place`: one commune, its machine, a request and a report of it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import FastAPI

from sansang_collector.ingest import PATH as REPORTS
from sansang_collector.rights import EVERYWHERE_ONLY, Right
from tests.support.visitors import Visitor


class Place(NamedTuple):
    """What addresses of one commune are made of."""

    code: str
    agent: int
    spare: int
    """A machine that may be ended."""
    join_code: str
    """The part of a join code that tells which one it is."""
    request: str
    report: str
    incident: int
    """An incident that hits this commune alone."""
    plan: int
    """Planned work that is about this commune alone, and has not begun."""


class Door(NamedTuple):
    """A route: what opens it, its address at a place, and how it answers whom it lets in."""

    right: Right | None
    address: str
    """With the fields of a :class:`Place` in braces; without one it is of no single commune."""
    ok: frozenset[int] = frozenset({200})
    body: Callable[[Place], dict[str, Any]] | None = None
    """What is sent as JSON, or by a form."""
    is_form: bool = False
    hidden: int = 403
    """What is said where the other commune is not theirs."""
    opens: str = ""
    """Where it is no right: ``anybody``, any ``credential``, an ``agent``, a ``person``, one's own ``session``."""

    @property
    def is_of_commune(self) -> bool:
        """Whether it is knocked at for one commune and for another."""
        return self.right not in EVERYWHERE_ONLY and ("{" in self.address or self.body is not None)


def sees(address: str, right: Right = Right.SEE_CENTRE, **more: Any) -> Door:
    return Door(right, address, **more)


def form(place: Place) -> dict[str, Any]:
    return {"id": place.agent, "deed": "role", "to": "counter"}


def enrols(address: str, **body: Any) -> Door:
    """A form about letting machines in; 422 where there is nobody, or no more, to let in."""
    return Door(Right.ENROL, address, frozenset({200, 303, 422}), lambda place: _filled(body, place), is_form=True)


def _filled(body: dict[str, Any], place: Place) -> dict[str, Any]:
    return {name: value.format_map(place._asdict()) for name, value in body.items()}


def keeps(address: str, status: int, *, is_form: bool = False) -> Door:
    """Accounts: with an empty body, or about one there is none of."""
    return Door(Right.PEOPLE, address, frozenset({status}), lambda _place: {"name": "?"}, is_form=is_form)


def handles(deed: str, ok: frozenset[int] = frozenset({200}), **body: Any) -> tuple[tuple[str, str], Door]:
    """A deed on the commune's incident by the API; merging it into itself cannot be."""
    address = f"/api/v1/incidents/{{incident}}/{deed}"
    route = address.replace("{incident}", "{number}")
    return ("POST", route), Door(Right.HANDLE, address, ok, lambda place: body | _into(deed, place))


def _into(deed: str, place: Place) -> dict[str, Any]:
    return {"into": place.incident} if deed == "merge" else {"communes": [place.code]} if deed == "split" else {}


def calls_back(what: str) -> Door:
    """What a gateway or a bot's platform calls."""
    return Door(None, f"/api/v1/channels/sms/{what}", frozenset({404}), opens="anybody")


def plan(place: Place) -> dict[str, Any]:
    return {"kind": "planned_work", "title": "Thay cáp", "communes": [place.code], "begins": 2e9, "ends": 2e9 + 60}


def note(_place: Place) -> dict[str, Any]:
    return {"deed": "note", "text": "đã gọi"}


def plan_form(place: Place) -> dict[str, Any]:
    spans = {"begins": "2033-05-18T10:00", "ends": "2033-05-18T11:00"}
    return {"kind": "power_cut", "title": "Cắt điện", "commune": place.code} | spans


CHANGE = Right.CHANGE_MACHINES
DOORS: dict[tuple[str, str], Door] = {
    ("MOUNT", "/static"): Door(None, "/static/app.css", opens="anybody"),
    ("POST", REPORTS): Door(None, REPORTS, frozenset({400}), opens="agent"),
    ("GET", "/api/v1/agent/config"): Door(None, "/api/v1/agent/config", opens="agent"),
    ("GET", "/api/v1/openapi.json"): Door(None, "/api/v1/openapi.json", opens="credential"),
    ("POST", "/-/reload"): Door(Right.OPERATE, "/-/reload", frozenset({204})),
    ("GET", "/metrics"): Door(Right.METRICS, "/metrics"),
    ("GET", "/metrics/probes/{shard}"): Door(Right.METRICS, "/metrics/probes/0"),
    ("GET", "/api/v1/sd"): Door(Right.METRICS, "/api/v1/sd"),
    ("GET", "/"): sees("/", ok=frozenset({200, 303})),
    ("GET", "/communes/{code}"): sees("/communes/{code}"),
    ("GET", "/agents/{agent_id}"): sees("/agents/{agent}"),
    ("GET", "/find"): sees("/find?code={report}", ok=frozenset({303}), hidden=404),
    ("GET", "/api/v1/communes"): sees("/api/v1/communes"),
    ("GET", "/api/v1/communes/{code}"): sees("/api/v1/communes/{code}"),
    ("GET", "/api/v1/communes/{code}/explanation"): sees("/api/v1/communes/{code}/explanation"),
    ("GET", "/api/v1/communes/{code}/intervals"): sees("/api/v1/communes/{code}/intervals?rung=line"),
    ("GET", "/api/v1/agents"): sees("/api/v1/agents?commune={code}"),
    ("GET", "/api/v1/agents/{agent}"): sees("/api/v1/agents/{agent}"),
    ("GET", "/api/v1/agents/{agent}/results"): sees("/api/v1/agents/{agent}/results"),
    ("GET", "/api/v1/agents/{agent}/intervals"): sees("/api/v1/agents/{agent}/intervals?check=dvc"),
    ("GET", "/api/v1/reports/{code}"): sees("/api/v1/reports/{report}", hidden=404),
    ("GET", "/api/v1/history"): sees("/api/v1/history?agent={agent}&check=dvc"),
    ("GET", "/api/v1/stream"): sees("/api/v1/stream?after=0"),
    ("GET", "/fleet"): sees("/fleet", Right.SEE_FLEET),
    ("GET", "/fleet.csv"): sees("/fleet.csv", Right.SEE_FLEET),
    ("GET", "/fleet/blind-spots"): sees("/fleet/blind-spots", Right.SEE_FLEET),
    ("GET", "/api/v1/fleet"): sees("/api/v1/fleet", Right.SEE_FLEET),
    ("GET", "/api/v1/agents/{agent}/config"): sees("/api/v1/agents/{agent}/config", Right.SEE_FLEET),
    ("GET", "/api/v1/requests"): sees("/api/v1/requests?commune={code}", Right.SEE_FLEET),
    ("GET", "/api/v1/requests/{name}"): sees("/api/v1/requests/{request}", Right.SEE_FLEET),
    ("POST", "/api/v1/requests"): Door(
        # 409: the machine has as many to answer as it may have.
        Right.ASK, "/api/v1/requests", frozenset({201, 409}), lambda place: {"commune": place.code, "kind": "host"}
    ),
    ("GET", "/api/v1/incidents"): sees("/api/v1/incidents?commune={code}&state=all"),
    ("GET", "/api/v1/incidents/{number}"): sees("/api/v1/incidents/{incident}"),
    ("GET", "/api/v1/incidents/{number}/explanation"): sees("/api/v1/incidents/{incident}/explanation"),
    ("GET", "/api/v1/incidents/{number}/story"): sees("/api/v1/incidents/{incident}/story"),
    # 409: somebody has acknowledged, or resolved, it already.
    **dict([
        handles("acknowledge", frozenset({200, 409})),
        handles("assign", frozenset({200, 409}), to="trực ca"),
        handles("note", text="đã gọi"),
        handles("resolve", frozenset({200, 409}), why="đã sửa"),
        handles("merge", frozenset({422})),
        handles("unmerge", frozenset({409})),
        handles("split", frozenset({422, 409})),
    ]),
    ("GET", "/api/v1/situations"): sees("/api/v1/situations"),
    ("GET", "/api/v1/topology/doubts"): sees("/api/v1/topology/doubts", Right.SEE_FLEET),
    ("POST", "/api/v1/topology/doubts/settle"): Door(
        Right.HANDLE, "/api/v1/topology/doubts/settle", frozenset({404}),
        lambda place: {"commune": place.code, "declared": "ring:?"},
    ),
    ("GET", "/api/v1/maintenance"): sees("/api/v1/maintenance"),
    ("POST", "/api/v1/maintenance"): Door(Right.PLAN, "/api/v1/maintenance", frozenset({201}), plan),
    # 409: it has not begun, or was cancelled already.
    ("POST", "/api/v1/maintenance/{number}/end"): Door(
        Right.PLAN, "/api/v1/maintenance/{plan}/end", frozenset({409})
    ),
    ("POST", "/api/v1/maintenance/{number}/cancel"): Door(
        Right.PLAN, "/api/v1/maintenance/{plan}/cancel", frozenset({200, 409})
    ),
    ("GET", "/incidents"): sees("/incidents"),
    ("GET", "/incidents/{number}"): sees("/incidents/{incident}"),
    ("POST", "/incidents/{number}/deeds"): Door(
        Right.HANDLE, "/incidents/{incident}/deeds", frozenset({303}), note, is_form=True
    ),
    ("GET", "/api/v1/incidents/{number}/notifications"): sees("/api/v1/incidents/{incident}/notifications"),
    ("GET", "/api/v1/oncall"): sees("/api/v1/oncall", Right.SEE_FLEET),
    ("GET", "/api/v1/oncall/{team}"): sees("/api/v1/oncall/line", Right.SEE_FLEET, ok=frozenset({404})),
    ("GET", "/oncall"): sees("/oncall", Right.SEE_FLEET),
    ("GET", "/oncall/handover"): sees("/oncall/handover", Right.SEE_FLEET),
    ("POST", "/oncall/pair"): Door(
        Right.PAIR, "/oncall/pair", frozenset({404}), lambda _place: {"person": "?"}, is_form=True
    ),
    # They ask for secrets of their own; where nobody is told of incidents there is nothing behind them.
    ("POST", "/api/v1/alertmanager"): Door(None, "/api/v1/alertmanager", frozenset({404}), opens="anybody"),
    ("GET", "/a/{code}"): Door(None, "/a/K7F2QD", frozenset({404}), opens="anybody"),
    ("HEAD", "/a/{code}"): Door(None, "/a/K7F2QD", frozenset({404}), opens="anybody"),
    ("POST", "/a/{code}"): Door(None, "/a/K7F2QD", frozenset({404}), opens="anybody"),
    ("POST", "/api/v1/channels/{channel}/zalo"): calls_back("zalo"),
    ("GET", "/api/v1/channels/{channel}/delivery"): calls_back("delivery"),
    ("POST", "/api/v1/channels/{channel}/delivery"): calls_back("delivery"),
    ("GET", "/api/v1/channels/{channel}/reply"): calls_back("reply"),
    ("POST", "/api/v1/channels/{channel}/reply"): calls_back("reply"),
    ("GET", "/alerts/style.css"): Door(None, "/alerts/style.css", opens="anybody"),
    **{
        (method, path): Door(None, address, opens="anybody")
        for path, address in (("/runbooks", "/runbooks"), ("/runbooks/{name}", "/runbooks/mat-dien"))
        for method in ("GET", "HEAD")
    },
    ("GET", "/maintenance"): sees("/maintenance"),
    ("POST", "/maintenance"): Door(Right.PLAN, "/maintenance", frozenset({303}), plan_form, is_form=True),
    ("POST", "/maintenance/{number}/deeds"): Door(
        Right.PLAN, "/maintenance/{plan}/deeds", frozenset({303, 409}), lambda _place: {"deed": "cancel"}, is_form=True
    ),
    # 409: it has as many to answer as it may have.
    ("POST", "/agents/{agent_id}/ask"): Door(
        Right.ASK, "/agents/{agent}/ask", frozenset({303, 409}), lambda _place: {"check": "gw"}, is_form=True
    ),
    ("GET", "/fleet/confirm"): sees("/fleet/confirm?deed=retire&id={agent}", CHANGE),
    ("POST", "/fleet/deeds"): Door(CHANGE, "/fleet/deeds", frozenset({303}), form, is_form=True),
    ("POST", "/api/v1/agents"): Door(
        CHANGE, "/api/v1/agents", frozenset({201}), lambda place: {"commune": place.code, "name": "moi"}
    ),
    ("PATCH", "/api/v1/agents"): Door(
        CHANGE, "/api/v1/agents", body=lambda place: {"ids": [place.agent], "retired": False}
    ),
    ("DELETE", "/api/v1/agents/{agent}"): Door(CHANGE, "/api/v1/agents/{spare}", frozenset({204})),
    ("POST", "/api/v1/enrol/hello"): Door(None, "/api/v1/enrol/hello", frozenset({422}), opens="anybody"),
    ("POST", "/api/v1/enrol"): Door(None, "/api/v1/enrol", frozenset({422}), opens="anybody"),
    ("POST", "/api/v1/enrol/ask"): Door(None, "/api/v1/enrol/ask", frozenset({422}), opens="anybody"),
    ("GET", "/api/v1/enrol/waiting"): sees("/api/v1/enrol/waiting", Right.ENROL),
    ("POST", "/api/v1/enrol/decide"): Door(
        Right.ENROL, "/api/v1/enrol/decide", frozenset({422}),
        lambda place: {"ids": [4711], "decision": "approve", "commune": place.code},
    ),
    ("GET", "/fleet/join"): sees("/fleet/join", Right.ENROL),
    ("POST", "/fleet/join"): enrols("/fleet/join", commune="{code}"),
    ("POST", "/fleet/join/revoke"): enrols("/fleet/join/revoke", id="{join_code}"),
    ("GET", "/fleet/waiting/confirm"): sees("/fleet/waiting/confirm?deed=approve&id=1&commune={code}", Right.ENROL),
    ("POST", "/fleet/waiting"): enrols("/fleet/waiting", id="4711", deed="approve", commune="{code}"),
    ("GET", "/audit"): sees("/audit", Right.SEE_AUDIT),
    ("GET", "/audit.csv"): sees("/audit.csv", Right.SEE_AUDIT),
    ("GET", "/api/v1/audit"): sees("/api/v1/audit", Right.SEE_AUDIT),
    ("GET", "/-/healthy"): Door(None, "/-/healthy", opens="anybody"),
    ("HEAD", "/-/healthy"): Door(None, "/-/healthy", opens="anybody"),
    ("GET", "/-/ready"): Door(None, "/-/ready", opens="anybody"),
    ("HEAD", "/-/ready"): Door(None, "/-/ready", opens="anybody"),
    # 410: a link there is none of, or no more.
    ("GET", "/login/{secret}"): Door(None, "/login/4711", frozenset({410}), opens="anybody"),
    ("GET", "/login"): Door(None, "/login", opens="anybody"),
    # 429: many have knocked with a wrong password.
    ("POST", "/login"): Door(
        None, "/login", frozenset({401, 429}), lambda _place: {"name": "?"}, is_form=True, opens="anybody"
    ),
    ("POST", "/logout"): Door(None, "/logout", opens="session"),
    ("GET", "/account"): Door(None, "/account", opens="person"),
    ("POST", "/account/password"): Door(
        None, "/account/password", frozenset({422}), lambda _place: {"new": "a"}, is_form=True, opens="person"
    ),
    ("GET", "/people"): sees("/people", Right.PEOPLE),
    ("POST", "/people"): keeps("/people", 422, is_form=True),
    ("GET", "/people/{person}"): sees("/people/4711", Right.PEOPLE, ok=frozenset({404})),
    ("GET", "/people/{person}/confirm"): sees("/people/4711/confirm?deed=disable", Right.PEOPLE, ok=frozenset({404})),
    ("POST", "/people/{person}/deeds"): keeps("/people/4711/deeds", 404, is_form=True),
    ("GET", "/api/v1/people"): sees("/api/v1/people", Right.PEOPLE),
    ("POST", "/api/v1/people"): keeps("/api/v1/people", 422),
    ("PATCH", "/api/v1/people/{person}"): keeps("/api/v1/people/4711", 422),
}  # fmt: skip


def expected(door: Door, visitor: Visitor, method: str, place: Place) -> frozenset[int]:
    """Which statuses the table of rights makes of a knock."""
    if door.opens == "session":  # knocked at without the form's token, so that the session is still there afterwards
        return frozenset({303 if visitor.is_token else 403})
    if door.opens in visitor.kinds:
        return door.ok
    is_left_out = visitor.is_session and method not in ("GET", "HEAD") and not door.is_form
    if not visitor.is_known or is_left_out or (door.opens and door.is_form):
        return frozenset({401})
    if door.right is None or visitor.communes(door.right).is_empty:
        return frozenset({403})
    if door.is_of_commune and not visitor.communes(door.right).has(place.code):
        return frozenset({door.hidden})
    return door.ok


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Every method and path that is answered, those of included routers too, and what stands in front of them."""
    found = {("POST", REPORTS)}
    waiting = list(app.routes)
    while waiting:
        route: Any = waiting.pop()
        inner = getattr(route, "original_router", None)
        if inner is not None:
            assert not route.include_context.prefix
            waiting += inner.routes
        else:
            found |= {(method, route.path) for method in getattr(route, "methods", None) or {"MOUNT"}}
    return found
