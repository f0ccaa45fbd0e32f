"""How many connections there may be, and which one goes when there are too many. Pure.

A connection is a stranger's until a request on it has shown a valid credential; strangers go first, the oldest idle one
before all others. Machines that report stay.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

VOUCH = "sansang.vouch"
"""In a request's scope: what to call once a valid credential has been seen on its connection."""
GRACE_SECONDS = 5.0
"""How long a stranger may be here before it goes in favour of a newcomer from the same address."""
LOOKED_AT = 64
"""Of the oldest strangers, how many are asked whether they are idle; if none is, the oldest goes all the same."""


class Seat:
    """One connection's place."""

    __slots__ = ("address", "close", "is_idle", "is_known", "since")

    def __init__(self, address: str, since: float, close: Callable[[], object]) -> None:
        self.address = address
        """Empty where strangers are not counted by address."""
        self.since = since
        self.close = close
        self.is_idle: Callable[[], bool] = lambda: True
        """Whether no request is under way."""
        self.is_known = False


class Connections:
    """``most`` at a time in all, ``each`` strangers' per address."""

    def __init__(self, most: int, each: int) -> None:
        self.most = most
        self.each = each
        self.shed = 0
        """Closed or refused to make room, since it was last taken."""
        self._known = 0
        self._strangers: dict[Seat, None] = {}
        self._by_address: defaultdict[str, dict[Seat, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return self._known + len(self._strangers)

    def admit(self, address: str, now: float, close: Callable[[], object]) -> Seat | None:
        """A place for a newcomer; another's if need be, which is closed. None: there is none, nor can one be made."""
        if address and len(self._by_address.get(address, ())) >= self.each:
            oldest = next(iter(self._by_address[address]))
            if now - oldest.since < GRACE_SECONDS:
                self.shed += 1
                return None
            self._close(self._idle(self._by_address[address]))
        if len(self) >= self.most:
            if not self._strangers:
                self.shed += 1
                return None
            self._close(self._idle(self._strangers))
        seat = Seat(address, now, close)
        self._strangers[seat] = None
        if address:
            self._by_address[address][seat] = None
        return seat

    def vouch(self, seat: Seat) -> None:
        """A valid credential has been shown on it."""
        if seat in self._strangers:
            self._forget(seat)
            seat.is_known = True
            self._known += 1

    def leave(self, seat: Seat) -> None:
        """It is closed."""
        if seat.is_known:
            seat.is_known = False
            self._known -= 1
        elif seat in self._strangers:
            self._forget(seat)

    def take_shed(self) -> int:
        """How many have had to make room since this was last asked."""
        shed, self.shed = self.shed, 0
        return shed

    def _close(self, seat: Seat) -> None:
        self._forget(seat)
        self.shed += 1
        seat.close()

    def _forget(self, seat: Seat) -> None:
        del self._strangers[seat]
        if seat.address:
            of_address = self._by_address[seat.address]
            del of_address[seat]
            if not of_address:
                del self._by_address[seat.address]

    @staticmethod
    def _idle(seats: Mapping[Seat, None]) -> Seat:
        oldest = iter(seats)
        first = next(oldest)
        if first.is_idle():
            return first
        return next((seat for seat, _ in zip(oldest, range(LOOKED_AT), strict=False) if seat.is_idle()), first)


def vouch_for(scope: Mapping[str, Any]) -> None:
    """Say that this request showed a valid credential."""
    if (vouch := scope.get(VOUCH)) is not None:
        vouch()
