"""Who may see the on-call page: whoever brings the page's token, as a bearer or, from a browser, as a signed cookie.

There are no accounts here: the token is the desk's. Time is an argument.
"""

import hashlib
import hmac

from fastapi import Request
from starlette.responses import Response

COOKIE = "sansang_alerts"
LIFE_S = 12 * 3600.0


class Sessions:
    """Made with the token itself: another token ends all of them."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def is_token(self, given: str) -> bool:
        """Whether it is the page's token."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token)

    def may_read(self, request: Request, now: float) -> bool:
        """By either way."""
        brought = request.headers.get("authorization", "")
        return (brought[:7].lower() == "bearer " and self.is_token(brought[7:].strip())) or self.is_open(request, now)

    def is_open(self, request: Request, now: float) -> bool:
        """Whether a browser has logged in, not too long ago."""
        expires, _, mac = request.cookies.get(COOKIE, "").partition(".")
        if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
            return False
        return self._is_mac(mac, "session", expires) and now < float(expires) <= now + LIFE_S

    def give(self, response: Response, now: float, *, secure: bool) -> None:
        """Let a browser in."""
        expires = str(int(now + LIFE_S))
        value = f"{expires}.{self._mac('session', expires)}"
        response.set_cookie(COOKIE, value, max_age=int(LIFE_S), httponly=True, samesite="strict", secure=secure)

    def form_token(self, request: Request) -> str:
        """What the forms of this browser's pages carry."""
        return self._mac("form", request.cookies.get(COOKIE, ""))

    def is_form(self, request: Request, given: str) -> bool:
        """Whether a form was written for this browser."""
        return self._is_mac(given, "form", request.cookies.get(COOKIE, ""))

    def _mac(self, use: str, about: str) -> str:
        return hmac.digest(self._token, f"{use}\0{about}".encode("utf-8", "replace"), hashlib.sha256).hex()

    def _is_mac(self, given: str, use: str, about: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._mac(use, about).encode())
