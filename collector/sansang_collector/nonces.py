"""The nonces the centre gives at enrolment: none that was given is kept, only those that were used. Time is passed in.

A nonce is when it was given, something random, and a MAC over both and what it was given for, by a key of this process.
"""

import hashlib
import hmac
import secrets
import struct
from collections import OrderedDict

LIFE_S = 120.0
MOST_USED = 100_000
"""Used ones remembered; a nonce is used only with a join code that holds, so this many never are."""
_TIME_BYTES, _RANDOM_BYTES, _MAC_BYTES = 8, 16, 32


class FullError(Exception):
    """So many were used within their life that another could not be remembered."""


class Nonces:
    """Made with a new key; may be used by one thread."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used: OrderedDict[bytes, float] = OrderedDict()

    def give(self, code: str, nonce: str, now: float) -> str:
        """A new one for whoever said this code's id and this nonce of their own."""
        body = struct.pack(">d", now) + secrets.token_bytes(_RANDOM_BYTES)
        return (body + self._mac(body, code, nonce)).hex()

    def holds(self, given: str, code: str, nonce: str, now: float) -> bool:
        """Whether it was given for these, not too long ago, and never used."""
        try:
            whole = bytes.fromhex(given)
        except ValueError:
            return False
        body, mac = whole[:-_MAC_BYTES], whole[-_MAC_BYTES:]
        if len(body) != _TIME_BYTES + _RANDOM_BYTES or not hmac.compare_digest(mac, self._mac(body, code, nonce)):
            return False
        age = now - struct.unpack(">d", body[:_TIME_BYTES])[0]
        return abs(age) <= LIFE_S and whole not in self._used

    def use(self, given: str, now: float) -> None:
        """Never let one that holds hold again; raises :class:`FullError`."""
        # Twice a life, because a clock that was set back makes an old one young again.
        while self._used and next(iter(self._used.values())) < now - 2 * LIFE_S:
            self._used.popitem(last=False)
        if len(self._used) >= MOST_USED:
            raise FullError
        self._used[bytes.fromhex(given)] = now

    def _mac(self, body: bytes, code: str, nonce: str) -> bytes:
        return hmac.digest(self._key, body + f"{code} {nonce}".encode(), hashlib.sha256)
