"""What was learned of one machine and of one commune's evenings, as it is kept in rows: small, and read back the same.

The whole country is thirteen thousand machines: figures are whole numbers of as many bytes as they need.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

T = TypeVar("T")

DAYS_KEPT = 20
"""Of a commune's evenings so many working days are remembered."""


class CheckManner(msgspec.Struct, frozen=True, array_like=True):
    """Of one check, all of them fading with the days: how often it failed, what is usual."""

    failed: int = 0
    """Tenths: echoes lost, or answers that did not come."""
    tried: int = 0
    timed: int = 0
    """Answers whose time was looked at."""
    usual_us: int = 0
    """99 of 100 answers were faster, microseconds; 0: not known yet."""


class Manner(msgspec.Struct, frozen=True, array_like=True):
    """Of one machine; counts fade with the days on which it was heard."""

    days: int = 0
    """On how many days with somebody at work it was heard."""
    last_day: int = 0
    """The newest of them, counted from 1 January 1970 in Vietnam."""
    reports: int = 0
    late: int = 0
    """Tenths, as is the next."""
    restarts: int = 0
    leaves: dict[int, int] = {}
    """By quarter of an hour of the week: how often it went off without a goodbye, tenths."""
    checks: dict[str, CheckManner] = {}


class Evenings(msgspec.Struct, frozen=True, array_like=True):
    """Of one commune: on which days its site was watched, and when all of it went dark, its terminal too."""

    watched: tuple[int, ...] = ()
    """The newest days, counted from 1 January 1970 in Vietnam."""
    dark: tuple[tuple[int, int], ...] = ()
    """Day, and minute after its midnight."""

    def saw(self, day: int) -> "Evenings":
        """With one more day on which the site was there."""
        if day in self.watched:
            return self
        watched = (*self.watched, day)[-DAYS_KEPT:]
        return Evenings(watched, tuple(one for one in self.dark if one[0] >= watched[0]))

    def went_dark(self, day: int, minute: float) -> "Evenings":
        """With one more time that all went dark; the first of each half hour counts."""
        if any(one[0] == day and abs(one[1] - minute) < 30 for one in self.dark):
            return self
        return Evenings(self.watched, (*self.dark, (day, round(minute)))[-3 * DAYS_KEPT :])


_pack = msgspec.msgpack.Encoder().encode
_manner = msgspec.msgpack.Decoder(Manner).decode
_evenings = msgspec.msgpack.Decoder(Evenings).decode


def packed(one: Manner | Evenings) -> bytes:
    """A row's body."""
    return _pack(one)


def manner_of(body: bytes) -> Manner:
    """What :func:`packed` made; one that cannot be read (of a later program) is as if nothing had been learned."""
    return _read(_manner, body, Manner())


def evenings_of(body: bytes) -> Evenings:
    """The same of a commune."""
    return _read(_evenings, body, Evenings())


def _read(decode: Callable[[bytes], T], body: bytes, nothing: T) -> T:
    try:
        return decode(body)
    except msgspec.MsgspecError:
        return nothing
