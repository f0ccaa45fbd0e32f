"""What the API's answers look like, for its OpenAPI description: made from the views themselves, so it cannot drift."""

from typing import Any

import msgspec
from fastapi import FastAPI

from sansang_agent.contract.joining import Ask, Hello, HelloAnswer, Join, Joined, Waiting
from sansang_agent.contract.report import Problem
from sansang_alerts.oncall_view import OnCall
from sansang_collector.asking import Wish
from sansang_collector.audit_query import DeedView
from sansang_collector.guests import Decided, Decision, GuestView
from sansang_collector.incidents.commune_look import CommuneLook
from sansang_collector.incidents.doubts import DoubtView, Settled
from sansang_collector.incidents.explanation import Explanation
from sansang_collector.incidents.incident_view import (
    AssignAsked,
    EventView,
    IncidentView,
    MergeAsked,
    NoteAsked,
    ResolveAsked,
    SituationView,
    SplitAsked,
)
from sansang_collector.incidents.maintenance import Plan
from sansang_collector.incidents.maintenance_view import MaintenanceView
from sansang_collector.new_agent import AgentsChange, ChangedAgents, MadeAgent, NewAgent
from sansang_collector.person_view import MadePerson, NewPerson, PersonChange, PersonView
from sansang_collector.request_view import RequestView
from sansang_collector.told_whom import NotificationView, TeamOnCall
from sansang_collector.view import (
    AgentView,
    ChangeView,
    CheckView,
    CommuneView,
    FleetView,
    HistoryView,
    IntervalView,
    ReportView,
)

from . import report_schema

_VIEWS = (
    AgentView,
    ChangeView,
    CheckView,
    CommuneLook,
    CommuneView,
    DeedView,
    Explanation,
    FleetView,
    HistoryView,
    IntervalView,
    ReportView,
    RequestView,
)
_PEOPLE = (MadePerson, NewPerson, PersonChange, PersonView)
_ENROLMENT = (Ask, Decided, Decision, GuestView, Hello, HelloAnswer, Join, Joined, Waiting)
_INCIDENTS = (AssignAsked, EventView, IncidentView, MaintenanceView, MergeAsked, NoteAsked, Plan, ResolveAsked,
              SituationView, SplitAsked)  # fmt: skip
_ALERTS = (NotificationView, OnCall, TeamOnCall)
_TOPOLOGY = (DoubtView, Settled)
_AGENTS = (AgentsChange, ChangedAgents, MadeAgent, NewAgent)
_KINDS = (*_VIEWS, *_PEOPLE, *_ENROLMENT, *_INCIDENTS, *_ALERTS, *_TOPOLOGY, *_AGENTS, Problem, Wish)
_REFERENCES, _COMPONENTS = msgspec.json.schema_components(_KINDS, ref_template="#/components/schemas/{name}")

Described = dict[int | str, dict[str, Any]]
"""FastAPI's ``responses``."""


def _reference(kind: type) -> dict[str, Any]:
    return _REFERENCES[_KINDS.index(kind)]


_DESCRIPTIONS = {200: "Found.", 201: "Made.", 202: "Not yet: ask again."}


def described(schema: dict[str, Any], status: int = 200) -> Described:
    """The answer has this schema."""
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {"application/json": {"schema": schema}},
        }
    }


def one(kind: type, status: int = 200) -> Described:
    """The answer is one ``kind``."""
    return described(_reference(kind), status)


def body_of(kind: type) -> dict[str, Any]:
    """FastAPI's ``openapi_extra`` of a request whose body is one ``kind``."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _reference(kind)}}}}


def listed(kind: type) -> Described:
    """The answer is a piece of a list of ``kind``."""
    numbers: dict[str, Any] = {name: {"type": "integer"} for name in ("total", "limit", "offset")}
    return _object(numbers | {"items": {"type": "array", "items": _reference(kind)}})


def over_time(of: dict[str, str]) -> Described:
    """The answer is the intervals of what ``of`` names (JSON type by name) between two moments."""
    named: dict[str, Any] = {name: {"type": type_} for name, type_ in of.items()}
    window: dict[str, Any] = {name: {"type": "number"} for name in ("from", "to")}
    return _object(named | window | {"items": {"type": "array", "items": _reference(IntervalView)}})


def _object(properties: dict[str, Any]) -> Described:
    return described({"type": "object", "properties": properties, "required": list(properties)})


def refusal(status: int, description: str) -> Described:
    """The answer is a problem document (RFC 9457)."""
    return {
        status: {"description": description, "content": {"application/problem+json": {"schema": _reference(Problem)}}}
    }


def complete(app: FastAPI) -> None:
    """Add the schemas that the routes refer to to the description of ``app``."""
    describe = app.openapi

    def completed() -> dict[str, Any]:
        description = describe()
        description.setdefault("components", {}).setdefault("schemas", {}).update(_COMPONENTS)
        description["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        description["security"] = [{"token": []}]
        _say_problems(description)
        report_schema.complete(description)
        return description

    app.openapi = completed  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _say_problems(description: dict[str, Any]) -> None:
    """What cannot be is refused with a problem document, also where FastAPI would have us describe its own answer."""
    said = refusal(422, "A parameter or body that cannot be.")[422]
    for methods in description["paths"].values():
        for operation in methods.values():
            if "application/json" in operation["responses"].get("422", {}).get("content", ()):
                operation["responses"]["422"] = said
