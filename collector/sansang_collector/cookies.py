"""The two cookies of a browser's session, and the token that its forms carry.

By https their names begin with ``__Host-``: such a cookie can only have been set by this very host by https, so that
nobody on the line or on a neighbouring name can plant one; there a cookie without that beginning is not even looked at.
"""

import hashlib
import hmac

from starlette.requests import Request
from starlette.responses import Response

from .links import SESSION_SECONDS

SESSION_COOKIE = "sansang_session"
ACTING_COOKIE = "sansang_acting"
"""The secret of a session that may act, once more, of ``SameSite=Strict``: only with it a session acts."""

_OURS_ALONE = "__Host-"


def is_secure(request: Request) -> bool:
    """Whether browsers come by https, as far as the request or the settings say."""
    public_url: str = request.app.state.collector.settings.public_url
    return request.url.scheme == "https" or public_url.startswith("https://")


def reading(request: Request) -> str | None:
    """The secret of the session that the browser reads with."""
    return request.cookies.get(_name(request, SESSION_COOKIE))


def acting(request: Request) -> str | None:
    """The secret of the session that one of our own pages acts with."""
    return request.cookies.get(_name(request, ACTING_COOKIE))


def give(request: Request, response: Response, secret: str, *, acts: bool) -> None:
    """Let the browser have a session, in the place of any other it has."""
    secure, life = is_secure(request), int(SESSION_SECONDS)
    # Lax, not strict: a link opened from a chat is another site's request, and so is where it leads.
    name = _name(request, SESSION_COOKIE)
    response.set_cookie(name, secret, max_age=life, httponly=True, samesite="lax", secure=secure)
    name = _name(request, ACTING_COOKIE)
    if acts:
        response.set_cookie(name, secret, max_age=life, httponly=True, samesite="strict", secure=secure)
    else:
        response.delete_cookie(name, httponly=True, samesite="strict", secure=secure)


def take(request: Request, response: Response) -> None:
    """Let the browser have no session."""
    secure = is_secure(request)
    response.delete_cookie(_name(request, SESSION_COOKIE), httponly=True, samesite="lax", secure=secure)
    response.delete_cookie(_name(request, ACTING_COOKIE), httponly=True, samesite="strict", secure=secure)


def form_token(secret: str) -> str:
    """What forms of this session's pages carry: proves that whoever wrote the form could read a page of it."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(secret: str, given: str) -> bool:
    """Whether a form was written for this session."""
    return hmac.compare_digest(form_token(secret).encode(), given.encode())


def _name(request: Request, name: str) -> str:
    return f"{_OURS_ALONE}{name}" if is_secure(request) else name
