"""The front of each agent's history: the newest interval of every check, in one small row per agent.

Nearly every result only makes the newest interval of its check a little longer. That is written here, for all checks at
once; the interval's own row follows when something changes, and once an hour.
"""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, Integer, Row, Table, Text, bindparam, text

from sansang_agent.contract.outcome import Outcome, Reason, outcome_of

from .intervals import Interval
from .series import gap_ms
from .store import LEDGER

FRONT = Table(
    "front",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("closed", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
"""``closed``: results of earlier five minutes (by number since 1970) than this one are in chunks."""


class Tip(msgspec.Struct, array_like=True):
    """The newest current interval of one series, and what its profile says of the series."""

    series: int
    rung: str | None
    period: float
    interval: int
    first_ms: int
    last_ms: int
    reason: Reason | None
    late: bool

    @property
    def outcome(self) -> Outcome:
        """Of all its results."""
        return outcome_of(self.reason)

    @property
    def end_ms(self) -> int:
        """Up to when its last result speaks; not included."""
        return self.last_ms + gap_ms(self.period)


Tips = dict[str, Tip]
"""By check."""


class Front(msgspec.Struct):
    """One row."""

    closed: int
    tips: Tips


_READ = text("SELECT agent, closed, body FROM front WHERE agent IN :agents").bindparams(
    bindparam("agents", expanding=True)
)
_READ_COMMUNE = text(
    "SELECT front.agent, closed, body FROM front JOIN agent ON agent.id = front.agent WHERE commune = :commune"
)
_READ_SERIES = text(
    "SELECT front.agent, closed, body FROM front JOIN series ON series.agent = front.agent WHERE series.id = :series"
)
_WRITE = text(
    "INSERT INTO front (agent, closed, body) VALUES (:agent, :closed, :body)"
    " ON CONFLICT (agent) DO UPDATE SET closed = excluded.closed, body = excluded.body"
)
_STRETCH = text("UPDATE interval SET last_ms = :last_ms, late = :late WHERE id = :interval")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Tips).decode


def read(connection: Connection, agents: Sequence[int]) -> dict[int, Front]:
    """The fronts of these agents; one without results has none."""
    return _fronts(connection.execute(_READ, {"agents": list(agents)}))


def of_commune(connection: Connection, commune: str) -> dict[int, Front]:
    """The fronts of all agents of a commune."""
    return _fronts(connection.execute(_READ_COMMUNE, {"commune": commune}))


def tips_beside(connection: Connection, series: int) -> dict[int, Tip]:
    """By series, the tips of the agent that this series is of."""
    return by_series(_fronts(connection.execute(_READ_SERIES, {"series": series})).values())


def by_series(fronts: Iterable[Front]) -> dict[int, Tip]:
    """The tips of several agents, by series."""
    return {tip.series: tip for front in fronts for tip in front.tips.values()}


def _fronts(rows: Iterable[Row[tuple[int, int, str]]]) -> dict[int, Front]:
    return {agent: Front(closed, _decode(body)) for agent, closed, body in rows}


def write(connection: Connection, fronts: dict[int, Front]) -> None:
    """Store them."""
    if fronts:
        rows = [
            {"agent": agent, "closed": front.closed, "body": _encode(front.tips).decode()}
            for agent, front in fronts.items()
        ]
        connection.execute(_WRITE, rows)


def stretch_rows(connection: Connection, tips: Iterable[Tip]) -> None:
    """Let the intervals' own rows say how far their tips have come."""
    rows = [{"interval": tip.interval, "last_ms": tip.last_ms, "late": tip.late} for tip in tips]
    if rows:
        connection.execute(_STRETCH, rows)


def as_it_is(interval: Interval, tips: dict[int, Tip], series: int) -> Interval:
    """The interval of a row, with what only the front knows of it."""
    tip = tips.get(series)
    if tip is None or tip.interval != interval.id:
        return interval
    return interval._replace(last_ms=tip.last_ms, late=tip.late)
