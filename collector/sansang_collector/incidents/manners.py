"""What was learned of machines and communes, as rows: each at most once an hour, a sixtieth of the machines a minute.

A restart goes on with what was kept; at worst an hour of learning is lost.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from sansang_collector.agents import AGENT
from sansang_collector.diagnosis.learning import Learned
from sansang_collector.diagnosis.manner import Evenings, Manner, evenings_of, manner_of, packed

from .tables import EVENINGS, MANNER

TURNS = 60
"""Of a minute each; a machine's is its number's remainder."""
_MINUTE = 60.0


class Kept(NamedTuple):
    """What was learned before: by the ids of machines in use, and by communes."""

    manners: dict[int, Manner]
    evenings: dict[str, Evenings]


class Rows(NamedTuple):
    """Bodies to be written."""

    manners: dict[int, bytes]
    evenings: dict[str, bytes]


class Turns:
    """Says what is to be written now. One for each :class:`Learned`; nothing here is asked for every report."""

    def __init__(self, kept: Mapping[str, Evenings], now: float) -> None:
        self._evenings = dict(kept)
        self._turn = int(now // _MINUTE)

    def due(self, learned: Learned, now: float, *, all_of_it: bool = False) -> Rows:
        """What has its turn, most often nothing; ``all_of_it``: before stopping, whatever is not written yet.

        What is given here counts as written: where it cannot be, the next hour brings more of it.
        """
        turn = int(now // _MINUTE)
        turns = range(max(self._turn + 1, turn - TURNS + 1), turn + 1)
        self._turn = turn
        mine = {one % TURNS for one in turns}
        ids = [id_ for id_ in learned.heard if all_of_it or id_ % TURNS in mine]
        learned.heard.difference_update(ids)
        new = {}
        if turns or all_of_it:
            new = {code: one for code, one in learned.evenings.items() if self._evenings.get(code) != one}
            self._evenings.update(new)
        known = learned.graph.agent_numbers
        return Rows(
            {id_: packed(learned.manner(id_)) for id_ in ids if id_ in known},
            {code: packed(one) for code, one in new.items()},
        )


def read(connection: Connection) -> Kept:
    """All that was kept of machines in use."""
    of = select(MANNER.c.agent, MANNER.c.body).join(AGENT, AGENT.c.id == MANNER.c.agent)
    manners = connection.execute(of.where(AGENT.c.retired_at.is_(None))).tuples()
    evenings = connection.execute(select(EVENINGS.c.commune, EVENINGS.c.body)).tuples()
    return Kept(
        {agent: manner_of(body) for agent, body in manners},
        {commune: evenings_of(body) for commune, body in evenings},
    )


def write(connection: Connection, rows: Rows, at: float) -> None:
    """Write bodies in the place of what was there; ``at``: Unix seconds."""
    if rows.manners:
        them = [{"agent": agent, "body": body, "at": at} for agent, body in rows.manners.items()]
        connection.execute(_PUT_MANNER, them)
    if rows.evenings:
        connection.execute(_PUT_EVENINGS, [{"of": of, "body": body, "at": at} for of, body in rows.evenings.items()])


_PUT_MANNER = text("""
    INSERT INTO manner (agent, body, learned_at) VALUES (:agent, :body, :at)
    ON CONFLICT (agent) DO UPDATE SET body = excluded.body, learned_at = excluded.learned_at""")
_PUT_EVENINGS = text("""
    INSERT INTO evenings (commune, body, learned_at) VALUES (:of, :body, :at)
    ON CONFLICT (commune) DO UPDATE SET body = excluded.body, learned_at = excluded.learned_at""")
