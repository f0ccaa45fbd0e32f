"""The profiles agents said they follow, by hash: what a check asks, on which rung, how often.

A profile never changes under its hash, so a decoded one may be kept for good.
"""

from functools import lru_cache

import msgspec
from sqlalchemy import Column, Connection, Float, LargeBinary, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from sansang_agent.contract.check import Check, Profile
from sansang_agent.contract.codec import encode

from .store import LEDGER

PROFILE = Table(
    "profile",
    LEDGER,
    Column("hash", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("first_seen", Float, nullable=False),
)


class SeenProfile(msgspec.Struct, frozen=True):
    """A profile and its checks by name."""

    profile: Profile
    checks: dict[str, Check]


@lru_cache(maxsize=512)
def _parse(body: bytes) -> SeenProfile:
    profile = msgspec.json.decode(body, type=Profile)
    return SeenProfile(profile, {check.id: check for check in profile.checks})


def get(connection: Connection, name: str) -> SeenProfile | None:
    """The profile with this hash, if an agent has sent it."""
    body = connection.scalar(select(PROFILE.c.body).where(PROFILE.c.hash == name)) if name else None
    return _parse(body) if body is not None else None


def unknown(connection: Connection, names: set[str]) -> set[str]:
    """Which of these hashes no agent has sent yet."""
    return names - set(connection.scalars(select(PROFILE.c.hash).where(PROFILE.c.hash.in_(names))))


def keep(connection: Connection, profiles: dict[str, Profile], now: float) -> None:
    """Store profiles under their hashes, which the caller has verified."""
    for name, profile in profiles.items():
        row = {"hash": name, "body": encode(profile), "first_seen": now}
        connection.execute(insert(PROFILE).values(row).on_conflict_do_nothing())
