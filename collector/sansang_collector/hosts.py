"""Refuses requests for host names that are not ours, so that a page elsewhere cannot rebind its name to us."""

import re
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from .problem import problem
from .settings import CollectorSettings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]*)?")
"""A Host header (RFC 9112, section 3.2) with a name that can be ours; user names and paths have no place in it."""
_ANY = ("0.0.0.0", "::", "")  # noqa: S104  # compared with, not listened on


def known_hosts(settings: CollectorSettings, machine: str) -> frozenset[str]:
    """The names answered: loopback's, the configured ones, the public one, the listening address, and ``machine``.

    The last is this computer's host name: the certificate of our own authority is made for it too.
    """
    said = urlsplit(settings.public_url).hostname or ""
    names = {*_LOOPBACK, *settings.hosts, said, settings.listen_host, machine}
    return frozenset(name.strip("[]").lower() for name in names) - frozenset(_ANY)


def host_of(header: str) -> str:
    """The name in a Host header, without port and brackets, in lower case; empty for what is not one."""
    found = _HOST.fullmatch(header)
    return found["name"].strip("[]").lower() if found else ""


class OnlyKnownHosts:
    """ASGI middleware: 421 (RFC 9110) for any Host that is not in ``known``."""

    def __init__(self, app: ASGIApp, known: frozenset[str]) -> None:
        self._app = app
        self.known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass requests for known names on."""
        if scope["type"] == "http" and host_of(_header(scope)) not in self.known:
            detail = "this name is not one of the collector's; its settings list them under 'hosts'"
            await problem(421, "Unknown host", detail)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _header(scope: Scope) -> str:
    found = [value for name, value in scope["headers"] if name == b"host"]
    return found[0].decode("latin-1") if len(found) == 1 else ""
