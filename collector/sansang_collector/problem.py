"""Problem documents (RFC 9457) as ASGI answers, for what does not pass through FastAPI and for what does."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import Problem, Refused

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int,
    title: str,
    detail: str = "",
    refused: tuple[Refused, ...] = (),
    headers: Mapping[str, str] | None = None,
    kind: str = "about:blank",
) -> Response:
    """An answer that says what is wrong; ``title`` is the same for every problem of its ``kind`` (the type, a URI)."""
    told = Problem(title=title, status=status, detail=detail, refused=refused)
    if kind != told.type:
        told = msgspec.structs.replace(told, type=kind)
    return Response(encode(told), status, headers=headers, media_type=MEDIA_TYPE)
