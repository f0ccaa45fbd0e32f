"""What a machine that is not in yet asks: /api/v1/enrol. Needs no credential; a join code or a person lets it in."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from sansang_agent.contract.joining import Ask, Hello, HelloAnswer, Join, Joined, Waiting
from sansang_collector.client_address import client_address
from sansang_collector.enrolment import RefusedError, retry_after
from sansang_collector.problem import problem

from . import shell
from .api import answer
from .schemas import body_of, one, refusal
from .sent import message_of

MAX_BODY_BYTES = 4_096

router = APIRouter(
    prefix="/api/v1/enrol",
    tags=["enrolment"],
    responses=refusal(413, "A body that is too long.") | refusal(422, "A body that cannot be."),
    default_response_class=Response,
)


@router.post("/hello", summary="Begin to join", responses=one(HelloAnswer), openapi_extra=body_of(Hello))
async def hello(request: Request) -> Response:
    """Which authority to trust, proved with the join code's key; an unknown code is answered alike."""
    said = await message_of(request, Hello, MAX_BODY_BYTES)
    collector = shell.collector_of(request)
    return answer(collector.enrolment.hello(said, collector.tls_identity))


@router.post(
    "",
    summary="Join by a code",
    responses=one(Joined)
    | refusal(403, "Not proved by any join code.")
    | refusal(409, "The nonce is too old or was used: say hello again.")
    | refusal(410, "The code is too old, used up or withdrawn; the problem's type says which.")
    | refusal(429, "Too many wrong tries.")
    | refusal(503, "Too many at once."),
    openapi_extra=body_of(Join),
)
async def join(request: Request) -> Response:
    """Prove the code and be a machine of its commune; the token is nowhere else."""
    said = await message_of(request, Join, MAX_BODY_BYTES)
    collector = shell.collector_of(request)
    try:
        joined = await collector.enrolment.join(said, client_address(request.scope), collector.inventory.places)
    except RefusedError as error:
        return _refused(error)
    return _let_in(request, joined)


@router.post(
    "/ask",
    summary="Ask to be let in without a code",
    responses=one(Joined)
    | one(Waiting, 202)
    | refusal(403, "Somebody refused, or the claim has been used.")
    | refusal(429, "Too many wait from this address.")
    | refusal(503, "Too many wait."),
    openapi_extra=body_of(Ask),
)
async def ask(request: Request) -> Response:
    """Asked again and again with the same claim: 202 until somebody decides, then 200 once with the token."""
    said = await message_of(request, Ask, MAX_BODY_BYTES)
    collector = shell.collector_of(request)
    try:
        told = await collector.enrolment.ask(said, client_address(request.scope), collector.inventory.places)
    except RefusedError as error:
        return _refused(error)
    if isinstance(told, Joined):
        return _let_in(request, told)
    waits = answer(told)
    waits.status_code = 202
    return waits


def _let_in(request: Request, joined: Joined) -> Response:
    shell.collector_of(request).roster.forget_standing()
    response = answer(joined)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(error: RefusedError) -> Response:
    why = error.refusal
    return problem(why.status, why.title, why.detail, headers=retry_after(why), kind=why.kind)
