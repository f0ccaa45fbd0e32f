"""When each boot of each agent began and how its clock was off, for dating reports that arrive after a reboot."""

from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, Table, Text, select, text
from sqlalchemy.dialects.sqlite import insert

from sansang_agent.contract.report import Sent

from . import clocks
from .log import Entry
from .store import LEDGER

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


def record(connection: Connection, agent: int, sent: Sent, received: float) -> None:
    """Remember what an envelope shows of its boot. Every consumer does so before dating reports; twice does no harm."""
    known = clocks.known_boot(sent, received)
    new = insert(BOOT).values(agent=agent, boot=sent.boot, at=received, **known._asdict())
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[BOOT.c.agent, BOOT.c.boot],
            set_={name: new.excluded[name] for name in ("skew", "at", "began")},
            where=new.excluded.at >= BOOT.c.at,
        )
    )


def record_all(connection: Connection, entries: Iterable[Entry]) -> None:
    """Remember what several envelopes show: the newest of each boot."""
    newest: dict[tuple[int, str], dict[str, object]] = {}
    for entry in sorted(entries, key=attrgetter("received")):
        seen = clocks.known_boot(entry.sent, entry.received)._asdict()
        newest[entry.agent, entry.sent.boot] = {
            "agent": entry.agent, "boot": entry.sent.boot, "at": entry.received, **seen,
        }  # fmt: skip
    if newest:
        connection.execute(_RECORD, list(newest.values()))


_RECORD = text(
    "INSERT INTO boot (agent, boot, skew, at, began) VALUES (:agent, :boot, :skew, :at, :began)"
    " ON CONFLICT (agent, boot) DO UPDATE SET skew = excluded.skew, at = excluded.at, began = excluded.began"
    " WHERE excluded.at >= boot.at"
)


def known(connection: Connection, agent: int, boots: set[str]) -> dict[str, clocks.Boot]:
    """What the last contact in each of ``boots`` showed, where there was one."""
    rows = connection.execute(select(BOOT).where(BOOT.c.agent == agent, BOOT.c.boot.in_(boots)))
    return {row.boot: clocks.Boot(row.skew, row.began) for row in rows}
