"""Who is asking: bearer tokens and browser sessions become a principal with scopes.

``admin`` includes ``read`` and ``metrics``; ``agent`` includes nothing else.
"""

from collections.abc import Callable
from typing import Literal

import msgspec
from fastapi import Request
from sqlalchemy import Connection

from . import links, tokens

Scope = Literal["agent", "metrics", "read", "admin"]

SESSION_COOKIE = "sansang_session"
ACTING_COOKIE = "sansang_acting"
"""The secret of an admin's session once more, of ``SameSite=Strict``: only with it a session acts."""

_READING = frozenset({"GET", "HEAD"})

_INCLUDES: dict[str, frozenset[str]] = {
    "agent": frozenset({"agent"}),
    "metrics": frozenset({"metrics"}),
    "read": frozenset({"read"}),
    "admin": frozenset({"admin", "read", "metrics"}),
}


class Principal(msgspec.Struct, frozen=True):
    """Someone with a valid credential: what they may do, and which agent they are if they are one."""

    scopes: frozenset[str]
    token: int | None = None
    agent: int | None = None


class NotAllowedError(Exception):
    """No credential (401), one of the wrong scope (403), or a link that is spent (410)."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def bearer(authorization: str) -> str | None:
    """The secret of an ``Authorization: Bearer`` header (RFC 6750); None for anything else."""
    kind, _, secret = authorization.partition(" ")
    return secret.strip() or None if kind.lower() == "bearer" else None


def holder(authorization: str, find: Callable[[str], tokens.Found | None]) -> Principal | None:
    """Whoever the header proves, its secret looked up with ``find``."""
    secret = bearer(authorization)
    found = find(secret) if secret else None
    return Principal(_INCLUDES[found.scope], found.id, found.agent) if found else None


def principal(connection: Connection, authorization: str, session: str | None, now: float) -> Principal | None:
    """Whoever the header or, without one, the session cookie proves; a header that proves nothing is not overruled."""
    if authorization:
        return holder(authorization, lambda secret: tokens.find(connection, secret))
    scope = links.session_scope(connection, session, now) if session else None
    return Principal(_INCLUDES[scope]) if scope else None


def require_own_page(request: Request) -> Principal:
    """A FastAPI dependency for forms: an admin's token, or an admin's session whose own page sent the form.

    Raises :class:`NotAllowedError`. Another site can make a browser send a form, but neither with a cookie that is
    ``SameSite=Strict`` nor with our own origin, and both are needed.
    """
    collector = request.app.state.collector
    authorization = request.headers.get("authorization", "")
    acting = request.cookies.get(ACTING_COOKIE)
    if not authorization and not _is_own_page(request):
        raise NotAllowedError(403, "this form was not sent by a page of this server")
    with collector.store.read() as connection:
        who = principal(connection, authorization, acting, collector.now())
    if who is None:
        raise NotAllowedError(401, "a valid bearer token or an admin's session is needed")
    if "admin" not in who.scopes:
        raise NotAllowedError(403, "this credential does not have the scope 'admin'")
    return who


def _is_own_page(request: Request) -> bool:
    # Compared as text: what a stranger sends as an origin need not be an address that can be taken apart.
    origin = request.headers.get("origin", "").partition("://")[2]
    is_same_site = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return is_same_site and bool(origin) and origin == request.headers.get("host")


def may_act(request: Request) -> bool:
    """Whether the page about to be shown may offer forms: by the credential it is asked for with."""
    collector = request.app.state.collector
    with collector.store.read() as connection:
        authorization = request.headers.get("authorization", "")
        who = principal(connection, authorization, request.cookies.get(ACTING_COOKIE), collector.now())
    return who is not None and "admin" in who.scopes


def named(connection: Connection, who: Principal) -> str:
    """What an audit calls them: the token's label and number, or that it was a browser's session."""
    return "admin session" if who.token is None else tokens.label_of(connection, who.token)


def require(scope: Scope) -> Callable[[Request], Principal]:
    """A FastAPI dependency: the principal if it has ``scope``; raises :class:`NotAllowedError` (401, 403).

    A session only reads: browsers send its cookie with requests that other sites made them send, a token never.
    """

    def allowed(request: Request) -> Principal:
        collector = request.app.state.collector
        session = request.cookies.get(SESSION_COOKIE) if request.method in _READING else None
        with collector.store.read() as connection:
            who = principal(
                connection,
                request.headers.get("authorization", ""),
                session,
                collector.now(),
            )
        if who is None:
            raise NotAllowedError(401, "a valid bearer token or session is needed")
        if scope not in who.scopes:
            raise NotAllowedError(403, f"this credential does not have the scope {scope!r}")
        return who

    return allowed
