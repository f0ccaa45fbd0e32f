"""Problem documents (RFC 9457) as ASGI answers, for what does not pass through FastAPI and for what does."""

from collections.abc import Mapping

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
    body = encode(Problem(title=title, status=status, detail=detail, type=kind, refused=refused))
    return Response(body, status, headers=headers, media_type=MEDIA_TYPE)
