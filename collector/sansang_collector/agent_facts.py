"""Reads from the ledger what the exposition says of agents, and for how long it stays true if nothing new arrives."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, text

from sansang_agent.contract.report import Host
from sansang_agent.contract.rung import Rung

from . import clocks, latest, profiles_seen
from .agent_lines import Facts, InContact
from .latest import Unpacked, reach_seconds
from .liveness import Known, Present, State, state_of
from .profiles_seen import Asked, SeenProfile
from .store.dialect import Direct, listed

Wanted = Callable[[int], str | None]
"""An agent's id → the hash of the assignment the centre has for it; None: it has none."""


class Window(NamedTuple):
    """Between which two moments something holds, both left out; Unix seconds."""

    first: float
    last: float


NEVER = Window(inf, -inf)


class Standing(NamedTuple):
    """Who an agent is, how it stands with the collector, and up to which position of the log the ledger has it.

    While all of this stays, nothing in the ledger has changed that the exposition says of it.
    """

    id: int
    commune: str
    name: str
    state: State
    position: int | None
    """None while it was never in contact."""
    wanted: str | None
    """Hash of the assignment the centre has for it; None: it has none."""

    @property
    def silent(self) -> bool:
        """Whether it is not in contact, for whatever reason."""
        return self.state is not State.ONLINE


def standings(connection: Connection, present: Present, wanted: Wanted) -> list[Standing]:
    """All agents in use, by commune and name."""
    found = []
    for number, commune, name, role, at, known_silent, position, goodbye, back, *barred in connection.execute(
        _STANDINGS
    ):
        known = Known(commune, role, None, at, bool(known_silent), goodbye, back, *barred)
        found.append(Standing(number, commune, name, state_of(known, present).state, position, wanted(number)))
    return found


def read(connection: Connection, agents: Sequence[Standing], now: float) -> Iterator[tuple[Standing, Facts, Window]]:
    """What is known of these agents, and when that holds if nothing new arrives.

    Results are decoded one agent at a time, as the reader asks for it: all at once they would take much memory.
    """
    ids = listed(agent.id for agent in agents)
    speaking = [agent.id for agent in agents if not agent.silent]
    contacts = {number: InContact(*row) for number, *row in _CONTACTS.run(connection, (ids,)).tuples()}
    dropped = dict(_DROPPED.run(connection, (ids,)).tuples().all())
    machines = {row[0]: row for row in _MACHINES.run(connection, (listed(speaking),)).tuples()}
    bodies = latest.bodies(connection, speaking)
    profiles: dict[str, SeenProfile | None] = {"": None}
    for agent in agents:
        _, config, host, assigned = machines.get(agent.id, _NO_MACHINE)
        rows = latest.unpack(bodies.pop(agent.id)) if agent.id in bodies else []
        configs = {config, *(row.config for row in rows)}
        _look_up(connection, configs, profiles)
        checks, window = _now(latest.of_profile(rows, profiles[config]), profiles, now)
        # A profile that is not known yet may come with any other agent's envelope.
        lasting = all(profiles[name] for name in configs if name)
        facts = Facts(
            agent.commune,
            agent.name,
            agent.state,
            dropped.get(agent.id, 0),
            contacts.get(agent.id),
            _host(host) if host else None,
            checks,
            None if agent.silent or agent.wanted is None else assigned == agent.wanted,
        )
        yield agent, facts, window if lasting else NEVER


def _look_up(connection: Connection, names: set[str], known: dict[str, SeenProfile | None]) -> None:
    """Add to ``known`` what the ledger has under those of ``names`` that are not in it yet; None for nothing."""
    if missing := names - known.keys():
        known |= {**dict.fromkeys(missing), **profiles_seen.get_all(connection, missing)}


def _now(
    rows: Iterable[Unpacked], profiles: Mapping[str, SeenProfile | None], now: float
) -> tuple[list[tuple[Unpacked, Asked | None]], Window]:
    """The rows that are the present, nearest rung first, and between which moments just these are."""
    found, before, after = [], [], []
    for row in rows:
        if not row.live:
            continue
        profile = profiles[row.config]
        asked = profile.asked.get(row.check) if profile else None
        reach = reach_seconds(asked.live_s) if asked else _DEFAULT_REACH_S
        begins, ends = row.at - reach, row.at + reach
        if now < begins:
            after.append(begins)
        elif now > ends:
            before.append(ends)
        else:
            before.append(begins)
            after.append(ends)
            found.append((row, asked))
    found.sort(key=_place)
    return found, Window(max(before, default=-inf), min(after, default=inf))


def _place(shown: tuple[Unpacked, Asked | None]) -> int:
    return shown[1].place if shown[1] else _LAST


_STANDINGS = text("""
    SELECT agent.id, agent.commune, agent.name, agent.role, contact.at, contact.silent, contact.position,
        machine.goodbye, machine.back, agent.quarantined_at, agent.revoked_at
    FROM agent LEFT JOIN contact ON contact.agent = agent.id LEFT JOIN machine ON machine.agent = agent.id
    WHERE agent.retired_at IS NULL ORDER BY agent.commune, agent.name""")
_CONTACTS = Direct("SELECT agent, at, skew, spool_bytes, spool_rows FROM contact WHERE agent IN ({numbers})")
_DROPPED = Direct("SELECT agent, CAST(sum(count) AS BIGINT) FROM dropped WHERE agent IN ({numbers}) GROUP BY agent")
_MACHINES = Direct("SELECT agent, config, host, assigned FROM machine WHERE agent IN ({numbers})")
_NO_MACHINE = (0, "", None, "")
_LAST = len(Rung)
_DEFAULT_REACH_S = reach_seconds(clocks.live_seconds(clocks.DEFAULT_PERIOD))
_host = msgspec.json.Decoder(Host).decode
