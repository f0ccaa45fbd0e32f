"""How often somebody may try to log in. Pure: times are passed in; bounded: it forgets the longest unheard of first.

Wrong tries make whoever typed them wait, never the account: the limit of a name over all addresses spares addresses
from which that name has logged in before, and no wait is longer than a quarter of an hour.
"""

from collections import OrderedDict
from typing import NamedTuple

from .client_address import neighbourhood

MOST = 10_000
"""Names and addresses remembered for each limit."""
KNOWN_S = 30 * 86_400.0


class Limit(NamedTuple):
    """Tries that are free, then waits that double; all is forgotten after a while without a try."""

    free: int
    forgotten_s: float
    first_wait_s: float
    longest_wait_s: float


NAME_AT_ADDRESS = Limit(5, 1800.0, 30.0, 900.0)
ADDRESS = Limit(20, 1800.0, 30.0, 900.0)
NAME = Limit(50, 3600.0, 30.0, 60.0)


class _Tries(NamedTuple):
    number: int
    last: float


class _Counter:
    """Tries by key under one limit."""

    def __init__(self, limit: Limit, most: int) -> None:
        self._limit = limit
        self._most = most
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tries)

    def wait(self, key: str, now: float) -> float:
        """Seconds until the next try is taken; 0 for now."""
        found = self._found(key, now)
        beyond = found.number - self._limit.free
        if beyond < 0:
            return 0.0
        wait = min(self._limit.first_wait_s * 2.0 ** min(beyond, 32), self._limit.longest_wait_s)
        return max(found.last + wait - now, 0.0)

    def count(self, key: str, now: float) -> None:
        """A try is made."""
        number = self._found(key, now).number + 1
        self._tries[key] = _Tries(number, now)
        self._tries.move_to_end(key)
        if len(self._tries) > self._most:
            self._tries.popitem(last=False)

    def give_back(self, key: str) -> None:
        """A try was no wrong one."""
        found = self._tries.get(key)
        if found is not None:
            self._tries[key] = found._replace(number=max(found.number - 1, 0))

    def forget(self, key: str) -> None:
        """Nothing has been tried."""
        self._tries.pop(key, None)

    def _found(self, key: str, now: float) -> _Tries:
        found = self._tries.get(key)
        if found is None or now - found.last >= self._limit.forgotten_s:
            return _Tries(0, now)
        if found.last > now:
            # A clock set back must not make anybody wait until it has caught up.
            found = self._tries[key] = found._replace(last=now)
        return found


class LoginLimits:
    """Ask :meth:`begin` before every comparison of a password, and say :meth:`succeeded` after a right one."""

    def __init__(self, most: int = MOST) -> None:
        self._pair = _Counter(NAME_AT_ADDRESS, most)
        self._address = _Counter(ADDRESS, most)
        self._name = _Counter(NAME, most)
        self._known: OrderedDict[str, float] = OrderedDict()
        self._most = most

    def begin(self, name: str, address: str, now: float) -> float:
        """0 where a try may be made, which counts at once so that many at a time are many; else the wait in s."""
        place = neighbourhood(address)
        pair = f"{place} {name}"
        wait = self._pair.wait(pair, now)
        if not self._is_known(pair, now):
            wait = max(wait, self._address.wait(place, now), self._name.wait(name, now))
        if wait:
            return wait
        self._pair.count(pair, now)
        self._address.count(place, now)
        self._name.count(name, now)
        return 0.0

    def succeeded(self, name: str, address: str, now: float) -> None:
        """The password was right: that try was none, and this name is known at this address."""
        place = neighbourhood(address)
        pair = f"{place} {name}"
        self._pair.forget(pair)
        self._address.give_back(place)
        self._name.give_back(name)
        self._known[pair] = now
        self._known.move_to_end(pair)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def not_made(self, name: str, address: str) -> None:
        """The try that :meth:`begin` counted could not be made after all."""
        place = neighbourhood(address)
        for counter, key in ((self._pair, f"{place} {name}"), (self._address, place), (self._name, name)):
            counter.give_back(key)

    def _is_known(self, pair: str, now: float) -> bool:
        return pair in self._known and now - self._known[pair] < KNOWN_S

    @property
    def remembered(self) -> int:
        """How many entries are kept in all."""
        return len(self._pair) + len(self._address) + len(self._name) + len(self._known)
