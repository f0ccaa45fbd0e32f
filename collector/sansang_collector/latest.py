"""The newest result of every check, one packed row per agent, and the rule by which one takes another's place.

A report brings most of an agent's checks at once, so they are read and written together.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, Integer, LargeBinary, Table

from sansang_agent.contract.codec import encode
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Result

from . import clocks
from .profiles_seen import SeenProfile
from .store import LEDGER
from .store.dialect import Direct, listed

LATEST = Table(
    "latest",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""``body`` is the JSON array of the agent's :class:`Latest`, by check."""

R = TypeVar("R", Result, msgspec.Raw)


class Latest(msgspec.Struct, Generic[R], frozen=True, array_like=True, gc=False):
    """The newest result of one check; its outcome and reason are to be had without decoding it."""

    check: str
    at: float
    """When it was measured and when it arrived, by the collector's clock, Unix seconds."""
    received: float
    live: bool
    """Whether it was still the present when it arrived."""
    outcome: Outcome
    reason: Reason | None
    config: str
    """The hash of the profile it was asked by."""
    result: R


Packed = Latest[msgspec.Raw]
Unpacked = Latest[Result]


def is_superseded(row: Latest[Any], at: float, received: float) -> bool:
    """Whether a result measured at ``at`` takes the place of ``row`` when it arrives: newer by time of measuring wins.

    A row dated after this arrival is of a time when the collector's clock was fast, and must not stay for ever.
    """
    return at > row.at or row.at > received


def reach_seconds(live_s: float) -> float:
    """How far from now a result may have been measured and still be shown as the present.

    ``live_s`` is how old it may have been when it arrived; from then on the next one has a report's time to come.
    """
    return live_s + clocks.REPORT_SECONDS


def is_present(row: Latest[Any], live_s: float, now: float) -> bool:
    """Whether a result speaks for ``now``. What a clock set back since has dated in the future does not."""
    return row.live and abs(now - row.at) <= reach_seconds(live_s)


def of_profile(rows: Iterable[Unpacked], profile: SeenProfile | None) -> list[Unpacked]:
    """The rows of checks the agent's profile still has; all of them while its profile is not known."""
    return [row for row in rows if profile is None or row.check in profile.checks]


def read(connection: Connection, agents: Iterable[int]) -> dict[int, list[Unpacked]]:
    """The newest results of these agents, by check; agents without any are left out."""
    return {agent: unpack(body) for agent, body in bodies(connection, agents).items()}


def read_packed(connection: Connection, agents: Iterable[int]) -> dict[int, dict[str, Packed]]:
    """The same by check's name, with results as they lie in the ledger."""
    return {agent: {row.check: row for row in _open(body)} for agent, body in bodies(connection, agents).items()}


def bodies(connection: Connection, agents: Iterable[int]) -> dict[int, bytes]:
    """The rows of these agents as they lie in the ledger."""
    rows = _READ.run(connection, (listed(agents),)).tuples()
    return dict(rows.all())


def unpack(body: bytes) -> list[Unpacked]:
    """What is in a row."""
    return _unpack(body)


def write(connection: Connection, rows: Mapping[int, Mapping[str, Packed | Unpacked]]) -> None:
    """Put all results of these agents in place of what the ledger has of them."""
    packed = [(agent, encode([found[check] for check in sorted(found)])) for agent, found in rows.items()]
    if packed:
        _STORE.run(connection, packed)


_READ = Direct("SELECT agent, body FROM latest WHERE agent IN ({numbers})")
_STORE = Direct("INSERT INTO latest (agent, body) VALUES (?, ?) ON CONFLICT (agent) DO UPDATE SET body = excluded.body")
_open = msgspec.json.Decoder(list[Packed]).decode
_unpack = msgspec.json.Decoder(list[Unpacked]).decode
