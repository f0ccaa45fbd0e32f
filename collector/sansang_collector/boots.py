"""The last clock skew known in each boot of each agent, for dating reports that arrive after a reboot."""

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from sansang_agent.contract.report import Sent

from . import clocks
from .store import LEDGER

BOOT = Table(
    "boot",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("boot", Text, primary_key=True),
    Column("skew", Float, nullable=False),
    Column("at", Float, nullable=False),
)


def record(connection: Connection, agent: int, sent: Sent, received: float) -> None:
    """Remember the skew an envelope shows. Every consumer does so before dating reports; twice is as good as once."""
    new = insert(BOOT).values(agent=agent, boot=sent.boot, skew=clocks.skew(sent, received), at=received)
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[BOOT.c.agent, BOOT.c.boot],
            set_={"skew": new.excluded.skew, "at": new.excluded.at},
            where=new.excluded.at >= BOOT.c.at,
        )
    )


def skews(connection: Connection, agent: int, boots: set[str]) -> dict[str, float]:
    """The last skew known in each of ``boots``, where any is."""
    rows = connection.execute(select(BOOT.c.boot, BOOT.c.skew).where(BOOT.c.agent == agent, BOOT.c.boot.in_(boots)))
    return {row.boot: row.skew for row in rows}
