"""Views made by hand, for what only reads them."""

from typing import Any

from sansang_collector.liveness import State
from sansang_collector.view import AgentView


def agent_view(**more: Any) -> AgentView:
    """A machine in contact of which nothing else is known."""
    facts: dict[str, Any] = {
        "id": 1, "name": "pc-1", "commune": "06019", "commune_name": "", "label": "", "version": "",
        "last_contact": None, "silent": False, "state": State.ONLINE, "state_since": None, "state_why": "",
        "back": None, "role": "counter", "goodbye": None, "clock_skew_s": None, "spool_rows": 0, "spool_oldest": None,
        "dropped": 0, "rungs": (),
    }  # fmt: skip
    return AgentView(**facts | more)
