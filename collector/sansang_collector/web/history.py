"""``GET /api/v1/history``: what a check of one machine, or a rung of one commune, was over time.

Stretches of one outcome come from intervals; a check also has points, which are summaries of five minutes or more.
"""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from sansang_agent.contract.rung import Rung
from sansang_collector import chunks, overview, points
from sansang_collector.access import require
from sansang_collector.liveness import Present
from sansang_collector.rights import Right
from sansang_collector.view import HistoryView

from . import shell
from .api import When, answer, window
from .schemas import one, refusal
from .who import SeesCentre, must_see

MAX_WINDOW_S = 100 * 86400
"""A quarter and what belongs to it at both ends."""
MAX_POINTS = 2016
"""A week in steps of five minutes; over a longer time each point covers more."""

router = APIRouter(prefix="/api/v1", dependencies=[Depends(require(Right.SEE_CENTRE))], default_response_class=Response)

_RESPONSES = (
    one(HistoryView)
    | refusal(401, "No valid token or session.")
    | refusal(403, "The credential does not open this, or not for this commune.")
    | refusal(404, "There is no such commune, agent or check.")
    | refusal(422, "A parameter that cannot be, or parameters that do not go together.")
)
_COMBINATIONS = "give either 'agent' and 'check' ('commune' may stand beside them), or 'commune' and 'rung'"


class Of(NamedTuple):
    """Of what: what is None was not named."""

    commune: str | None
    agent: int | None
    check: str | None
    rung: Rung | None


def _of(
    commune: Annotated[str | None, Query(max_length=16, description="The commune's code.")] = None,
    agent: Annotated[int | None, Query(ge=1, le=9_007_199_254_740_991, description="The agent's number.")] = None,
    check: Annotated[str | None, Query(max_length=128, description="The check's id.")] = None,
    rung: Annotated[Rung | None, Query(description="A rung of the commune.")] = None,
) -> Of:
    return Of(commune, agent, check, rung)


@router.get("/history", summary="A check or a rung over time", tags=["history"], responses=_RESPONSES)
def history(
    request: Request,
    who: SeesCentre,
    of: Annotated[Of, Depends(_of)],
    first: Annotated[When, Query(alias="from")] = None,
    last: Annotated[When, Query(alias="to")] = None,
    step: Annotated[
        int, Query(ge=300, le=86400, multiple_of=300, description="Seconds a point covers, at least.")
    ] = chunks.SLOT_S,
) -> Response:
    """Stretches of one outcome, and points with counts, loss and times for a check; by default of the last six hours.

    Ask with ``agent`` and ``check``, or with ``commune`` and ``rung``. The answer's ``step`` says how many seconds a
    point covers: over a long time more than was asked for, so that there are never more than 2,016 points.
    """
    commune, agent, check, rung = of
    collector = shell.collector_of(request)
    first, last = window(first, last, collector.now(), MAX_WINDOW_S)
    with collector.store.read() as connection:
        if agent is not None and check is not None and rung is None:
            must_see(connection, who, agent)
            return answer(_of_check(connection, commune, (agent, check), (first, last), step))
        if commune is not None and rung is not None and agent is None and check is None:
            who.must(Right.SEE_CENTRE, commune)
            return answer(_of_rung(connection, collector.present(), commune, rung, (first, last)))
    raise HTTPException(422, _COMBINATIONS)


def _of_check(
    connection: Connection, commune: str | None, key: tuple[int, str], times: tuple[float, float], step: int
) -> HistoryView:
    agent, check = key
    place = points.place_of_check(connection, agent, check)
    if place is None:
        raise HTTPException(404, f"agent {agent} has no check {check!r}, or there is no such agent")
    if commune not in {None, place}:
        raise HTTPException(404, f"agent {agent} is not in the commune {commune!r}")
    step = max(step, step_for(times[1] - times[0]))
    return HistoryView(
        commune=place,
        agent=agent,
        check=check,
        first=times[0],
        last=times[1],
        step=step,
        items=overview.check_intervals(connection, agent, check, *times),
        points=points.read(connection, agent, check, *times, step),
    )


def _of_rung(
    connection: Connection, present: Present, commune: str, rung: Rung, times: tuple[float, float]
) -> HistoryView:
    if overview.commune(connection, commune, present) is None:
        raise HTTPException(404, f"no commune has the code {commune!r}")
    items = overview.rung_intervals(connection, commune, rung, *times)
    return HistoryView(commune=commune, rung=rung, first=times[0], last=times[1], items=items)


def step_for(seconds: float) -> int:
    """The finest step, in whole five minutes, that covers ``seconds`` in at most 2,016 points."""
    slots = -(-seconds // chunks.SLOT_S) + 1  # the window may begin and end within one
    return int(-(-slots // MAX_POINTS)) * chunks.SLOT_S
