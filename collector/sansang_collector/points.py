"""What curves are drawn from: the summaries of one check over time, as views made from its chunks."""

from sqlalchemy import Connection, select

from sansang_agent.contract.outcome import Outcome

from . import chunk_history
from .agents import AGENT
from .chunks import Summary
from .series import SERIES
from .view import PointView


def place_of_check(connection: Connection, agent_id: int, check: str) -> str | None:
    """The commune of the agent, if it has ever measured this check."""
    return connection.scalar(
        select(AGENT.c.commune)
        .join(SERIES, SERIES.c.agent == AGENT.c.id)
        .where(AGENT.c.id == agent_id, SERIES.c.check == check)
    )


def read(connection: Connection, agent_id: int, check: str, first: float, last: float, step_s: int) -> list[PointView]:
    """Summaries of one check's results, one per step of a window in which there was any, in order."""
    found = chunk_history.read(connection, agent_id, check, first, last, step_s)
    return [_point(at, summary) for at, summary in found.items()]


def read_all(
    connection: Connection, agent_id: int, first: float, last: float, step_s: int
) -> dict[str, list[PointView]]:
    """The same of every check of a machine."""
    found = chunk_history.read_all(connection, agent_id, first, last, step_s)
    return {check: [_point(at, summary) for at, summary in steps.items()] for check, steps in found.items()}


def _point(at: float, summary: Summary) -> PointView:
    rtt, total = summary.rtt, summary.total
    return PointView(
        at=at,
        count=summary.count,
        ok=summary.ok,
        failed=summary.count_of(Outcome.FAILED),
        unknown=summary.count_of(Outcome.UNKNOWN),
        reasons=summary.reasons,
        loss=summary.lost / summary.sent if summary.sent else None,
        rtt_min_ms=_milliseconds(rtt.min_us if rtt.count else None),
        rtt_ms=_milliseconds(rtt.mean_us),
        rtt_max_ms=_milliseconds(rtt.max_us if rtt.count else None),
        total_ms=_milliseconds(total.mean_us),
        total_max_ms=_milliseconds(total.max_us if total.count else None),
    )


def _milliseconds(microseconds: float | None) -> float | None:
    return None if microseconds is None else round(microseconds / 1000, 3)
