"""Entries of the report log as consumers see them, and what a ledger holds afterwards, for tests without a server."""

from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import URL, Connection, select

from sansang_agent.contract.outcome import Reason, outcome_of
from sansang_agent.contract.report import Report, Sent, SpoolState
from sansang_collector import check_history, rung_history
from sansang_collector.agents import AGENT
from sansang_collector.log import Entry
from sansang_collector.series import SERIES
from tests.support.reports import BOOT, report

Place = Path | URL
"""Of a ledger: a folder or a PostgreSQL database."""
NOW = 1_795_000_000.0
MONO = 1000.0


class Measured(NamedTuple):
    """One result of one check: seconds after :data:`NOW` it was measured, and why it failed if it did."""

    at_s: float
    reason: str | None = None
    check: str = "gw"
    agent: int = 1


def entry(position: int, *measured: Measured, config: str = "", received: float = NOW, seq: int | None = None) -> Entry:
    """An envelope of one report per measurement, all of the first one's agent, received at ``received``."""
    made = []
    for offset, one in enumerate(measured):
        outcome = outcome_of(Reason(one.reason) if one.reason else None)
        results = [{"check": one.check, "outcome": outcome} | ({"reason": one.reason} if one.reason else {})]
        mono = MONO - (received - NOW) + one.at_s
        made.append(report((seq or position * 1000) + offset, mono, results, config=config))
    return entry_of(position, *made, agent=measured[0].agent, received=received)


def entry_of(position: int, *reports: object, agent: int = 1, received: float = NOW, **more: object) -> Entry:
    """An envelope of these reports sent at mono 1000 of their boot."""
    return Entry(
        position,
        agent,
        received,
        msgspec.convert(more.get("sent", {"boot": BOOT, "mono": MONO, "wall": received}), Sent),
        msgspec.convert(more.get("spool", {}), SpoolState),
        tuple(msgspec.convert(one, Report) for one in reports),
    )


def check_intervals(connection: Connection) -> list[tuple[int, str, int, int, str]]:
    """All current check intervals: agent, check, first and last millisecond after NOW, outcome."""
    places = connection.execute(select(SERIES).order_by(SERIES.c.agent, SERIES.c.check)).all()
    zero = round(NOW * 1000)
    return [
        (place.agent, place.check, found.first_ms - zero, found.last_ms - zero, found.outcome)
        for place in places
        for found in check_history.current(connection, place.id, 0, 2**53)
    ]


def rung_intervals(connection: Connection) -> list[tuple[str, str, int, int, str]]:
    """All current rung intervals: commune, rung, first and last millisecond after NOW, light."""
    table = rung_history.RUNG_INTERVAL
    rows = connection.execute(
        select(table).where(table.c.revised_at.is_(None)).order_by(table.c.commune, table.c.rung, table.c.first_ms)
    )
    zero = round(NOW * 1000)
    return [(row.commune, row.rung, row.first_ms - zero, row.last_ms - zero, row.light) for row in rows]


def add_agent(connection: Connection, commune: str = "05983", name: str = "pc-1") -> int:
    """A machine in the ledger."""
    row = {"commune": commune, "name": name, "created_at": NOW}
    return int(connection.scalars(AGENT.insert().values(row).returning(AGENT.c.id)).one())
