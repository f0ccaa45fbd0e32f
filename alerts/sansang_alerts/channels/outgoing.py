"""The one way by which HTTP leaves: one request, one deadline for all of it, a bounded answer, no redirects.

What can go wrong is of two kinds, because a message that may have arrived is told again with a mark:

    OutgoingError
    ├── NotSentError      nothing of the request left: it surely did not arrive
    └── NoAnswerError     it left, and what became of it is not known

Neither says where it was going nor what with: addresses of bots and gateways hold their secrets.
"""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx

from sansang_agent.contract.version import __version__

DEADLINE_S = 10.0
"""For all of it: finding the address, connecting, sending and the whole answer."""
MOST_BYTES = 65_536
"""Of an answer's body, unless more is asked for."""
USER_AGENT = f"sansang-alerts/{__version__}"
_SHARE = 0.45
"""Of the deadline: for connecting, and again for the greeting of TLS."""
_LEAVES = "send_request_headers.started"
"""What the transport calls the moment before the first byte."""


class OutgoingError(Exception):
    """There is no answer; ``str()`` says why, and no secret."""


class NotSentError(OutgoingError):
    """Nothing of it left this machine, or no more than a greeting."""


class NoAnswerError(OutgoingError):
    """It left, at least in part."""


class Request(NamedTuple):
    """What is asked."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    most: int = MOST_BYTES
    """Of the answer's body; the rest is not read."""


class Reply(NamedTuple):
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    """Case does not matter."""
    body: bytes
    """Its first bytes, as many as were asked for at most, as they came."""


class Outgoing:
    """Asks over HTTP/1.1, each time by a connection of its own: on one that the other side closed meanwhile, nobody
    could tell a message that was lost from one that arrived. Proxies are those of the environment (``HTTPS_PROXY``)."""

    def __init__(self, ca: str = "", deadline_s: float = DEADLINE_S) -> None:
        """``ca``: a file of the authorities to trust instead of the system's; raises OSError or ssl.SSLError."""
        for name in ("httpx", "httpcore"):  # they would log every address at INFO, and addresses hold secrets
            logging.getLogger(name).setLevel(logging.WARNING)
        self._deadline_s = deadline_s
        self._client = httpx.AsyncClient(
            verify=context(ca),
            timeout=None,  # noqa: S113  # one deadline of our own holds it all
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of what is held."""
        await self._client.aclose()

    async def ask(self, request: Request, deadline_s: float | None = None) -> Reply:
        """The answer, whatever its status; raises :class:`NotSentError` or :class:`NoAnswerError`."""
        departure = _Departure()
        limit = self._deadline_s if deadline_s is None else deadline_s
        try:
            async with asyncio.timeout(limit):
                return await self._asked(request, departure, limit)
        except TimeoutError:
            raise departure.error(f"no answer within {limit:g} s") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError):
            raise NotSentError("the address or a header cannot be used") from None
        except httpx.TransportError as error:
            # not chained: what is below may hold the address
            raise departure.error(_words(error)) from None

    async def _asked(self, request: Request, departure: "_Departure", limit: float) -> Reply:
        # connecting and greeting have shares of their own: cut off from outside, the transport would lose its socket
        async with self._client.stream(
            request.method,
            request.url,
            headers=[(name.encode(), value.encode()) for name, value in request.headers.items()],
            content=request.body,
            timeout=httpx.Timeout(None, connect=limit * _SHARE),
            extensions={"trace": departure.trace},
        ) as response:
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) >= request.most:
                    break
            return Reply(response.status_code, response.headers, bytes(body[: request.most]))


class _Departure:
    """Whether the request has begun to leave."""

    def __init__(self) -> None:
        self.left = False

    async def trace(self, name: str, info: Mapping[str, Any]) -> None:
        # a proxy is asked for a tunnel by a request, too: that is not ours yet
        asked = info.get("request")
        if name.endswith(_LEAVES) and getattr(asked, "method", b"") != b"CONNECT":
            self.left = True

    def error(self, why: str) -> OutgoingError:
        return NoAnswerError(f"{why}, after it was sent") if self.left else NotSentError(why)


def _words(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no connection in time"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate is not trusted: {cause.verify_message}"
        if isinstance(cause, socket.gaierror):
            return "the name of the host is not known"
        if isinstance(cause, ssl.SSLError):
            return "no TLS was answered"
        if isinstance(cause, OSError) and cause.errno:
            return f"no connection: {os.strerror(cause.errno)}"
        cause = cause.__cause__ or cause.__context__
    return _KINDS.get(type(error), "the connection broke")


_KINDS: Mapping[type[httpx.TransportError], str] = {
    httpx.ConnectError: "no connection",
    httpx.ProxyError: "the proxy refused",
    httpx.RemoteProtocolError: "no HTTP was answered",
}


def context(ca: str = "") -> ssl.SSLContext:
    """What servers are judged by: the system's authorities, or those in the file ``ca``; raises OSError, SSLError."""
    return ssl.create_default_context(cafile=ca or None)
