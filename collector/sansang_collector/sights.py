"""What each machine sees of its own rungs and of the services, kept until its next report or until it goes stale.

One pass over the agents reads only what came since the last one; results themselves are not decoded for it.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import inf
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.rung import Rung

from . import latest, profiles_seen
from .attendance import Attending
from .latest import reach_seconds
from .profiles_seen import SeenProfile
from .serving import Wanted

AGENTS_AT_ONCE = 200
"""As many are read from the ledger before the event loop may have the interpreter."""
OWN_RUNGS = (Rung.MACHINE, Rung.LAN, Rung.GATEWAY, Rung.LINE)
"""A machine's own way out, nearest first. Power is not of it: on battery it still works."""


class Sight(NamedTuple):
    """What one machine finds now."""

    broken: Rung | None = None
    """The nearest of its own rungs of which every result that says anything is a failure."""
    reached: Mapping[str, bool] = {}
    """Services it asked, by id: reached if no check of it failed. What no inventory names goes by its check's id."""
    others: tuple[Wanted, ...] = ()
    """What is known of those that no inventory names."""
    failed: tuple[str, ...] = ()
    """The checks of services that failed."""
    refused: tuple[str, ...] = ()
    """Checks that the machine's own policy keeps it from asking."""


class _Kept(NamedTuple):
    position: int | None
    first: float
    last: float
    sight: Sight


class _Glance(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The head of a row of latest.py; what follows is skipped."""

    check: str
    at: float
    received: float
    live: bool
    outcome: Outcome
    reason: msgspec.Raw
    config: str


class Sights:
    """Made for one inventory: ``services`` gives the service of a check. Not to be used by two threads at once."""

    def __init__(self, services: Mapping[str, str]) -> None:
        self._services = services
        self._kept: dict[int, _Kept] = {}

    def bring_up(self, connection: Connection, attendance: Sequence[Attending], now: float) -> Mapping[int, Sight]:
        """What these machines find now, by id; they are all that are kept, or some of them."""
        stale = iter([member for member in attendance if not self._holds(member, now)])
        while some := list(islice(stale, AGENTS_AT_ONCE)):
            for member, kept in self._read(connection, some, now):
                self._kept[member.id] = kept
            time.sleep(0)  # lets the event loop have the interpreter
        return {member.id: self._kept[member.id].sight for member in attendance}

    def refusing(self) -> dict[int, tuple[str, ...]]:
        """What machines refused when they were last looked at, by id."""
        return {number: kept.sight.refused for number, kept in self._kept.items() if kept.sight.refused}

    def keep_only(self, attendance: Iterable[Attending]) -> None:
        """Let go of machines that are no more."""
        ids = {member.id for member in attendance}
        self._kept = {number: kept for number, kept in self._kept.items() if number in ids}

    def _holds(self, member: Attending, now: float) -> bool:
        kept = self._kept.get(member.id)
        return kept is not None and kept.position == member.position and kept.first < now < kept.last

    def _read(
        self, connection: Connection, attendance: Sequence[Attending], now: float
    ) -> Iterator[tuple[Attending, _Kept]]:
        found = {
            number: _glances(body) for number, body in latest.bodies(connection, [one.id for one in attendance]).items()
        }
        configs = {one.config for one in attendance} | {row.config for rows in found.values() for row in rows}
        profiles = profiles_seen.get_all(connection, configs)
        for member in attendance:
            own = profiles.get(member.config)
            rows = [row for row in found.get(member.id, ()) if own is None or row.check in own.checks]
            yield member, _kept(member, rows, profiles, self._services, now)


def _kept(
    member: Attending,
    rows: Iterable[_Glance],
    profiles: Mapping[str, SeenProfile],
    services: Mapping[str, str],
    now: float,
) -> _Kept:
    """What the rows that are the present say, and between which moments just these are."""
    first, last = -inf, inf
    found: list[tuple[_Glance, SeenProfile]] = []
    refused: list[str] = []
    for row in rows:
        profile = profiles.get(row.config)
        if profile is None or row.check not in profile.asked:
            # What is asked there is not known yet: it may come with any other agent's envelope.
            first = inf
        elif row.live:
            reach = reach_seconds(profile.asked[row.check].live_s)
            edges = [edge for edge in (row.at - reach, row.at + reach) if edge <= now]
            first = max(first, *edges, -inf)
            last = min(last, *(edge for edge in (row.at - reach, row.at + reach) if edge > now), inf)
            if len(edges) == 1 and row.outcome is not Outcome.UNKNOWN:
                found.append((row, profile))
            elif len(edges) == 1 and bytes(row.reason) == _REFUSED:
                refused.append(row.check)
    return _Kept(member.position, first, last, _sight(found, services)._replace(refused=tuple(refused)))


def _sight(found: Iterable[tuple[_Glance, SeenProfile]], services: Mapping[str, str]) -> Sight:
    rungs: dict[str, bool] = {}
    reached: dict[str, bool] = {}
    others: list[Wanted] = []
    failed: list[str] = []
    for row, profile in found:
        rung = profile.asked[row.check].rung
        ok = row.outcome is Outcome.OK
        if rung in _OWN:
            rungs[rung] = rungs.get(rung, False) or ok
        elif rung == Rung.SERVICE:
            service = services.get(row.check, row.check)
            reached[service] = reached.get(service, True) and ok
            if not ok:
                failed.append(row.check)
            if row.check not in services:
                spec = profile.checks[row.check]
                others.append(Wanted(service, spec.name or spec.target, spec.mandatory))
    broken = next((rung for rung in OWN_RUNGS if rungs.get(rung) is False), None)
    return Sight(broken, reached, tuple(others), tuple(failed))


_REFUSED = f'"{Reason.REFUSED_BY_POLICY.value}"'.encode()
_OWN = frozenset(rung.value for rung in OWN_RUNGS)
_glances = msgspec.json.Decoder(list[_Glance]).decode
