"""Takes what machines found when they were asked, each request once; what nobody waits for is ignored and audited."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import RequestAnswer

from . import audit, requests
from .agents import AGENT
from .audit import Deed, What
from .log import Entry

LATE_S = 60.0
"""A run that began in time may take this long to be told: five runs, and a line that was gone for a moment."""
LARGEST_BYTES = 65_536
MOST_NAMED = 5
"""Ignored answers of one machine that one audit row names: a machine gone wrong must not fill the ledger."""


def take(connection: Connection, entries: Sequence[Entry]) -> None:
    """Let the answers in ``entries`` take effect, inside the transaction that applies them."""
    ignored: defaultdict[tuple[int, float], list[str]] = defaultdict(list)
    for entry in entries:
        for report in entry.reports:
            for answer in report.answers:
                why = _take(connection, entry, answer)
                if why:
                    ignored[entry.agent, entry.received].append(f"{answer.id} {why}")
    for (agent, received), those in ignored.items():
        more = f" and {len(those) - MOST_NAMED} more" if len(those) > MOST_NAMED else ""
        _note(connection, agent, received, "answer ignored", "; ".join(those[:MOST_NAMED]) + more)


def _take(connection: Connection, entry: Entry, answer: RequestAnswer) -> str | None:
    """Why an answer is ignored; None: it is taken."""
    asked = requests.find(connection, answer.id)
    if asked is None or asked.agent != entry.agent:
        return "was never asked of this machine"
    if asked.answered_at is not None:
        return "was answered before"
    if entry.received > asked.request.expires + LATE_S:
        return "had expired"
    if not answer.results or len(encode(answer.results)) > LARGEST_BYTES:
        return "has no results" if not answer.results else f"is larger than {LARGEST_BYTES} bytes"
    requests.mark_answered(connection, answer, entry.received)
    outcomes = ", ".join(result.reason or result.outcome for result in answer.results)
    _note(connection, entry.agent, entry.received, "answer", f"{answer.id} {outcomes}")
    return None


def _note(connection: Connection, agent: int, at: float, what: What, detail: str) -> None:
    commune, name = connection.execute(select(AGENT.c.commune, AGENT.c.name).where(AGENT.c.id == agent)).one()
    audit.note(connection, Deed(at, f"{commune}/{name}", what, commune, agent, detail))
