"""Refuses requests for host names that are not ours, so that a page elsewhere cannot rebind its name to us."""

import re
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sansang_alerts.settings import AlertSettings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]*)?")
_ANY = ("0.0.0.0", "::", "")  # noqa: S104  # compared with, not listened on


def known_hosts(settings: AlertSettings, machine: str) -> frozenset[str]:
    """The names answered: loopback's, the public one, the listening address, and ``machine``, this computer's name."""
    names = {*_LOOPBACK, urlsplit(settings.public_url).hostname or "", settings.listen.rpartition(":")[0], machine}
    return frozenset(name.strip("[]").lower() for name in names) - frozenset(_ANY)


class OnlyKnownHosts:
    """ASGI middleware: 421 (RFC 9110) for any Host that is not in ``known``."""

    def __init__(self, app: ASGIApp, known: frozenset[str]) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass requests for known names on."""
        if scope["type"] == "http" and _host(scope) not in self._known:
            await PlainTextResponse("This name is not one of ours (public_url, listen).\n", 421)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _host(scope: Scope) -> str:
    found = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    match = _HOST.fullmatch(found[0]) if len(found) == 1 else None
    return match["name"].strip("[]").lower() if match else ""
