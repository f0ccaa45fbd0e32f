"""Who is asking: bearer tokens and browser sessions become a principal, who may do what rights.py says, and where.

A token, and a session that a link opened, hold the rights of their scope everywhere; a person's session holds what the
person's roles give, for the communes they are held for.
"""

from collections.abc import Callable
from functools import cache

import msgspec
from fastapi import Request
from sqlalchemy import Connection

from . import cookies, links, people, tokens
from .connections import vouch_for
from .rights import ALL, NONE, OF_SCOPE, Communes, Held, Right, communes_for

_READING = frozenset({"GET", "HEAD"})

NOT_YOURS = "this credential opens nothing there, if there is anything"
"""Said alike of what belongs to another commune and of what does not exist: whoever guesses learns neither."""


class NotAllowedError(Exception):
    """No credential (401), one that may not do this, or not there (403), or a link that is spent (410)."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Principal(msgspec.Struct, frozen=True):
    """Someone with a valid credential: an agent, a token's or a link's holder by its ``scope``, or a person."""

    scope: str = ""
    """Of the token or the link; empty for a person."""
    token: int | None = None
    agent: int | None = None
    person: int | None = None
    name: str = ""
    """The person's."""
    held: tuple[Held, ...] = ()
    """The person's roles."""

    def communes(self, right: Right) -> Communes:
        """For which communes they may do this."""
        if self.person is None:
            return ALL if right in OF_SCOPE.get(self.scope, ()) else NONE
        return communes_for(right, self.held)

    def may(self, right: Right, commune: str | None = None) -> bool:
        """Whether they may do this for a commune; without one, everywhere."""
        where = self.communes(right)
        return where.everywhere if commune is None else where.has(commune)

    def must(self, right: Right, commune: str | None) -> None:
        """Raise :class:`NotAllowedError` unless they may do this for a commune; None is one that nobody knows.

        Whoever may do it everywhere passes with None too, and is to be told that there is none.
        """
        if not self.may(right, commune):
            raise NotAllowedError(403, NOT_YOURS)


def bearer(authorization: str) -> str | None:
    """The secret of an ``Authorization: Bearer`` header (RFC 6750); None for anything else."""
    kind, _, secret = authorization.partition(" ")
    return secret.strip() or None if kind.lower() == "bearer" else None


def holder(authorization: str, find: Callable[[str], tokens.Found | None]) -> Principal | None:
    """Whoever the header proves, its secret looked up with ``find``."""
    secret = bearer(authorization)
    found = find(secret) if secret else None
    return Principal(found.scope, found.id, found.agent) if found else None


def principal(connection: Connection, authorization: str, session: str | None, now: float) -> Principal | None:
    """Whoever the header or, without one, the session cookie proves; a header that proves nothing is not overruled."""
    if authorization:
        return holder(authorization, lambda secret: tokens.find(connection, secret))
    return _of_session(connection, session, now) if session else None


def _of_session(connection: Connection, secret: str, now: float) -> Principal | None:
    session = links.find_session(connection, secret, now)
    if session is None or session.person is None:
        return Principal(session.scope) if session else None
    name = people.name_in_session(connection, session.person, session.created_at)
    if name is None:
        return None
    return Principal(person=session.person, name=name, held=people.roles_of(connection, session.person))


def named(connection: Connection, who: Principal) -> str:
    """What an audit calls them: the person's name, the token's label and number, or whose session it was."""
    if who.person is not None:
        return who.name
    return f"{who.scope} session" if who.token is None else tokens.label_of(connection, who.token)


@cache
def require(right: Right) -> Callable[[Request], Principal]:
    """A FastAPI dependency: whoever has ``right`` for some commune at least; raises :class:`NotAllowedError`.

    For which communes they have it, the route asks. A session only reads: browsers send its cookie with requests that
    other sites made them send, a token never.
    """

    def allowed(request: Request) -> Principal:
        return _with(require_credential(request), right)

    return allowed


def reader(request: Request) -> Principal | None:
    """Whoever the request proves; by a session only where it reads."""
    return _find(request, cookies.reading(request) if request.method in _READING else None)


def require_credential(request: Request) -> Principal:
    """A FastAPI dependency: whoever has any valid credential; raises :class:`NotAllowedError` (401)."""
    who = reader(request)
    if who is None:
        raise NotAllowedError(401, "a valid bearer token or session is needed")
    return _known(request, who)


def require_agent(request: Request) -> Principal:
    """A FastAPI dependency: an agent, by its token; raises :class:`NotAllowedError` (401, 403)."""
    who = require_credential(request)
    if who.agent is None:
        raise NotAllowedError(403, "only an agent's token can do this")
    return who


@cache
def require_form(right: Right) -> Callable[[Request], Principal]:
    """A FastAPI dependency for forms: whoever has ``right`` for some commune at least, and one of our pages sent it.

    Raises :class:`NotAllowedError`. Another site can make a browser send a form, but neither with a cookie that is
    ``SameSite=Strict`` nor with our own origin, and both are needed; a token needs neither.
    """

    def allowed(request: Request) -> Principal:
        if not request.headers.get("authorization"):
            require_own_page(request)
        who = _find(request, cookies.acting(request))
        if who is None:
            raise NotAllowedError(401, "a valid bearer token or a session that may act is needed")
        return _with(_known(request, who), right)

    return allowed


def require_own_page(request: Request) -> None:
    """A FastAPI dependency for forms that need no right: one of our pages sent it, or :class:`NotAllowedError`."""
    if not _is_own_page(request):
        raise NotAllowedError(403, "this form was not sent by a page of this server")


def require_acting_person(request: Request) -> Principal:
    """A FastAPI dependency for forms about oneself: a person's session, whose own page sent it, and no token."""
    require_own_page(request)
    session = cookies.acting(request)
    who = _find(request, session) if not request.headers.get("authorization") else None
    if who is None or who.person is None:
        raise NotAllowedError(401, "the session of an account is needed")
    return _known(request, who)


def acting(request: Request) -> Principal:
    """Who would act by a form of the page about to be shown; somebody without any right where forms would be refused.

    That may be less than who reads may do: their session's second cookie may be missing.
    """
    return _find(request, cookies.acting(request)) or Principal()


def _known(request: Request, who: Principal) -> Principal:
    """Remember who it is, for the pages and for the room that connections are given."""
    request.state.who = who
    vouch_for(request.scope)
    return who


def _with(who: Principal, right: Right) -> Principal:
    if who.communes(right).is_empty:
        raise NotAllowedError(403, f"this credential does not have the right {right.value!r}")
    return who


def _find(request: Request, session: str | None) -> Principal | None:
    collector = request.app.state.collector
    with collector.store.read() as connection:
        return principal(connection, request.headers.get("authorization", ""), session, collector.now())


def _is_own_page(request: Request) -> bool:
    # Compared as text: what a stranger sends as an origin need not be an address that can be taken apart.
    origin = request.headers.get("origin", "").partition("://")[2]
    is_same_site = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return is_same_site and bool(origin) and origin == request.headers.get("host")
