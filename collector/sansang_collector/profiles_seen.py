"""The profiles agents said they follow, by hash: what a check asks, on which rung, how often.

A profile never changes under its hash, so a decoded one may be kept for good.
"""

import threading
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from sqlalchemy import Column, Connection, Float, LargeBinary, Table, Text, select, text

from sansang_agent.contract.check import Check, Profile, kind_of
from sansang_agent.contract.codec import encode
from sansang_agent.contract.rung import Rung

from . import clocks
from .store import LEDGER
from .store.dialect import Direct, listed

PROFILE = Table(
    "profile",
    LEDGER,
    Column("hash", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("first_seen", Float, nullable=False),
)


class Asked(NamedTuple):
    """What readers of many results need of one check, worked out once."""

    kind: str
    rung: str
    place: int
    """The rung's place on the ladder, from 0."""
    live_s: float
    """How old a result may be when it arrives and still be the present, seconds."""


class SeenProfile(msgspec.Struct, frozen=True):
    """A profile and its checks by name."""

    profile: Profile
    checks: dict[str, Check]
    asked: dict[str, Asked]


DECODED_PROFILES = 4096
"""How many stay decoded in memory; of more, the ones first decoded are decoded anew when they are asked for."""


class _Decoded:
    """Decoded profiles by hash, bounded; asked by the threads that write the ledger and that read it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[str, SeenProfile] = {}
        self._adding = threading.Lock()

    def get(self, name: str) -> SeenProfile | None:
        return self._found.get(name)

    def add(self, name: str, body: bytes) -> SeenProfile:
        profile = msgspec.json.decode(body, type=Profile)
        checks = {check.id: check for check in profile.checks}
        seen = SeenProfile(profile, checks, {name: _asked(check) for name, check in checks.items()})
        with self._adding:
            while len(self._found) >= self._most:
                del self._found[next(iter(self._found))]
            self._found[name] = seen
        return seen


_decoded = _Decoded(DECODED_PROFILES)


def get(connection: Connection, name: str) -> SeenProfile | None:
    """The profile with this hash, if an agent has sent it."""
    return get_all(connection, {name}).get(name)


def get_all(connection: Connection, names: Iterable[str]) -> dict[str, SeenProfile]:
    """Those of these profiles that an agent has sent, by hash."""
    asked = set(names) - {""}
    known = _KNOWN.run(connection, (listed(asked),)).scalars().all() if asked else ()
    found = {name: seen for name in known if (seen := _decoded.get(name)) is not None}
    missing = set(known) - found.keys()
    if missing:
        rows = _BODIES.run(connection, (listed(missing),)).tuples()
        found |= {name: _decoded.add(name, body) for name, body in rows}
    return found


def unknown(connection: Connection, names: set[str]) -> set[str]:
    """Which of these hashes no agent has sent yet."""
    return names - set(connection.scalars(select(PROFILE.c.hash).where(PROFILE.c.hash.in_(names))))


def keep(connection: Connection, profiles: dict[str, Profile], now: float) -> None:
    """Store profiles under their hashes, which the caller has verified."""
    for name, profile in profiles.items():
        row = {"hash": name, "body": encode(profile), "first_seen": now}
        connection.execute(_KEEP, row)


def _asked(check: Check) -> Asked:
    return Asked(kind_of(check), check.rung.value, _RUNGS[check.rung], clocks.live_seconds(check.period))


_RUNGS = {rung: place for place, rung in enumerate(Rung)}
_KNOWN = Direct("SELECT hash FROM profile WHERE hash IN ({words})")
_BODIES = Direct("SELECT hash, body FROM profile WHERE hash IN ({words})")
_KEEP = text(
    "INSERT INTO profile (hash, body, first_seen) VALUES (:hash, :body, :first_seen) ON CONFLICT (hash) DO NOTHING"
)
