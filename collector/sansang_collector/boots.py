"""When each boot of each agent began and how its clock was off, for dating reports that arrive after a reboot."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, Table, Text, select

from sansang_agent.contract.report import Sent

from . import clocks
from .store import LEDGER
from .store.dialect import Direct, listed

BOOT = Table(
    "boot",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("boot", Text, primary_key=True),
    Column("skew", Float, nullable=False),
    Column("at", Float, nullable=False),
    Column("began", Float),
)
"""``began`` by the collector's clock; not known in rows of the first schema."""


class InBoot(NamedTuple):
    """What an envelope of ``agent``, sent in ``boot``, showed of that boot when it arrived."""

    agent: int
    boot: str
    skew: float
    at: float
    began: float | None


def contact(agent: int, sent: Sent, received: float) -> InBoot:
    """What an envelope shows of its boot."""
    seen = clocks.known_boot(sent, received)
    return InBoot(agent, sent.boot, seen.skew, received, seen.began)


def record_all(connection: Connection, contacts: Sequence[InBoot]) -> None:
    """Remember contacts in this order; of one boot the newest by arrival stays.

    Every consumer does so before dating reports; twice does no harm.
    """
    if contacts:
        _RECORD.run(connection, list(contacts))


def known(connection: Connection, agent: int, boots: set[str]) -> dict[str, clocks.Boot]:
    """What the last contact in each of ``boots`` showed, where there was one."""
    rows = connection.execute(select(BOOT).where(BOOT.c.agent == agent, BOOT.c.boot.in_(boots)))
    return {row.boot: clocks.Boot(row.skew, row.began) for row in rows}


def contacts_in(connection: Connection, boots: set[tuple[int, str]]) -> dict[tuple[int, str], InBoot]:
    """The last contact in each of these boots, by (agent, boot), where there was one."""
    if not boots:
        return {}
    agents, names = {agent for agent, _ in boots}, {name for _, name in boots}
    rows = _CONTACTS.run(connection, (listed(agents), listed(names))).tuples()
    return {(row[0], row[1]): InBoot(*row) for row in rows if (row[0], row[1]) in boots}


_RECORD = Direct("""
    INSERT INTO boot (agent, boot, skew, at, began) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (agent, boot) DO UPDATE SET skew = excluded.skew, at = excluded.at, began = excluded.began
    WHERE excluded.at >= boot.at""")
_CONTACTS = Direct("SELECT agent, boot, skew, at, began FROM boot WHERE agent IN ({numbers}) AND boot IN ({words})")
