"""A series is one check of one agent over time: the key of its intervals, with the rung its profile puts it on."""

from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, Table, Text, UniqueConstraint, bindparam, select

from sansang_agent.contract.check import Check
from sansang_agent.contract.rung import Rung

from . import clocks
from .store import LEDGER

GAP_PERIODS = 2.5
"""Two results further apart than this many periods have something unmeasured between them."""

MOST_CHECKS = 5_000
"""Of one machine, ever; a report holds a thousand results, a counter PC has some twenty checks. Beyond that results of
new checks are left out, so that a stolen token slows down nobody else's."""

SERIES = Table(
    "series",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("agent", Integer, ForeignKey("agent.id"), nullable=False),
    Column("check", Text, nullable=False),
    Column("rung", Text),
    Column("period", Float, nullable=False),
    UniqueConstraint("agent", "check"),
)


class Series(NamedTuple):
    """One row: ``rung`` is None until the agent has sent its profile; ``period`` in seconds."""

    id: int
    agent: int
    check: str
    rung: Rung | None
    period: float

    @property
    def gap_ms(self) -> int:
        """The longest distance between two results of one interval."""
        return gap_ms(self.period)


@lru_cache(maxsize=1000)
def gap_ms(period: float) -> int:
    """The longest distance between two results of one interval, for a check with this period."""
    return round(GAP_PERIODS * period * 1000)


def find(connection: Connection, agent: int, check: str) -> Series | None:
    """The series of a check of an agent, once it has one."""
    row = connection.execute(_FIND, {"of": agent, "name": check}).one_or_none()
    return Series(row.id, agent, check, Rung(row.rung) if row.rung else None, row.period) if row else None


def bring_up(
    connection: Connection, known: Series | None, agent: int, check: str, spec: Check | None
) -> tuple[Series, bool]:
    """The series, made or brought up to what its profile says; and whether its rung is new to it."""
    if known is None:
        rung, period = (spec.rung, spec.period) if spec else (None, clocks.DEFAULT_PERIOD)
        new = {"agent": agent, "check": check, "rung": rung, "period": period}
        number = connection.execute(_NEW, new).scalar_one()
        return Series(number, agent, check, rung, period), False
    if spec is None or (spec.rung, spec.period) == (known.rung, known.period):
        return known, False
    connection.execute(SERIES.update().where(SERIES.c.id == known.id).values(rung=spec.rung, period=spec.period))
    return known._replace(rung=spec.rung, period=spec.period), known.rung is None


_FIND = select(SERIES).where(SERIES.c.agent == bindparam("of"), SERIES.c.check == bindparam("name"))
_NEW = SERIES.insert().returning(SERIES.c.id)
"""Made once: many series are new at once when machines come, and making a statement costs more than running it."""
