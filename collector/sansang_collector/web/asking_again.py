"""What a machine may be asked to check again from its page, and what it was asked and answered lately."""

import msgspec
from fastapi import Request
from sqlalchemy import Connection

from sansang_agent.contract.check import Check, kind_of
from sansang_collector import asking, contact, profiles_seen, requests
from sansang_collector.access import Principal, acting
from sansang_collector.liveness import State
from sansang_collector.request_view import RequestView, request_view
from sansang_collector.rights import Right
from sansang_collector.view import AgentView, CheckView

SHOWN = 5
SHOWN_FOR_S = 3600.0
"""An answer is of its moment."""
_ASKED_NOT = frozenset({"snmp"})
"""What only the machine's own administrator sets up."""


def askable(request: Request, agent: AgentView) -> list[tuple[str, str]]:
    """The checks that whoever looks may have run again: ids and names; none where it would not hear of it."""
    if agent.state is not State.ONLINE or not acting(request).may(Right.ASK, agent.commune):
        return []
    return [(check.check, _called(check)) for check in agent.checks if check.kind and check.kind not in _ASKED_NOT]


def asked(connection: Connection, who: Principal, agent: AgentView, now: float) -> list[RequestView]:
    """What it was asked within an hour, newest first, for whoever may see that."""
    if not who.may(Right.SEE_FLEET, agent.commune):
        return []
    found = requests.of_agent(connection, agent.id, SHOWN)
    return [request_view(one, now) for one in found if one.asked_at > now - SHOWN_FOR_S]


def check_of(connection: Connection, agent: int, name: str) -> Check | None:
    """The check as the machine's profile has it, asked once and without confirmation."""
    seen = profiles_seen.get_all(connection, contact.configs_of(connection, [agent]))
    found = next((one.checks[name] for one in seen.values() if name in one.checks), None)
    if found is None or kind_of(found) in _ASKED_NOT:
        return None
    return msgspec.structs.replace(found, id=asking.ID, confirm=False)


def _called(check: CheckView) -> str:
    name = check.name or check.target or check.check
    return f"{name} ({check.kind.upper()})" if check.kind else name
