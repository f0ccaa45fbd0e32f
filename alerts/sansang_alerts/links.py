"""Links by which one person acknowledges one alert: a MAC binds person, alert and end; nothing of them is kept.

A link alone shows the alert; what acts is a form of its page, which carries a MAC of its own. Time is an argument.
"""

import hashlib
import hmac
from typing import NamedTuple

from .alert_rows import plain_code

LIFE_S = 3 * 86_400.0
"""A reminder brings a new one."""
_MAC_BYTES = 16
_LONGEST = 120


class Held(NamedTuple):
    """What a link says, and that it is one of ours."""

    code: str
    person: str
    expires: float

    def is_old(self, now: float) -> bool:
        """Whether it can acknowledge no more."""
        return now >= self.expires


class Links:
    """Made with one key, which is the same after a restart. ``public_url`` may be replaced by a newer one."""

    def __init__(self, key: str, public_url: str = "") -> None:
        self._key = key.encode()
        self.public_url = public_url

    def link(self, code: str, person: str, at: float) -> str:
        """The address at which a person acknowledges; empty without ``public_url``."""
        if not self.public_url or not code:
            return ""
        return f"{self.public_url.rstrip('/')}/a/{code}?t={self.token(code, person, at)}"

    def token(self, code: str, person: str, at: float) -> str:
        """Letters, digits, dots and hyphens, none of them at the end: chats cut those off a link."""
        held = Held(plain_code(code), person, float(int(at + LIFE_S)))
        return f"{person}.{int(held.expires)}.{self._mac('link', held)}"

    def read(self, code: str, token: str) -> Held | None:
        """What a link says; None if it is none of ours. An old one is read too."""
        person, _, rest = token[:_LONGEST].partition(".")
        expires, _, mac = rest.partition(".")
        if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
            return None
        held = Held(plain_code(code), person, float(expires))
        return held if _same(mac, self._mac("link", held)) else None

    def form(self, held: Held) -> str:
        """What the form of a link's page carries."""
        return self._mac("form", held)

    def is_form(self, held: Held, given: str) -> bool:
        """Whether whoever sends a form has read the page."""
        return _same(given, self.form(held))

    def _mac(self, use: str, held: Held) -> str:
        said = "\0".join((use, held.code, held.person, str(int(held.expires))))
        return hmac.digest(self._key, said.encode("utf-8", "replace"), hashlib.sha256)[:_MAC_BYTES].hex()


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode())
