"""What the daily digest says of machines: which communes are watched, who is not back, what ends, whose disk is full.

Results are read a few machines at a time, once a day, in a thread.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from sansang_agent.contract.report import Host
from sansang_alerts.settings import AlertSettings

from . import latest, profiles_seen
from .commune import NOWHERE
from .contact import MACHINE
from .fleet import Row
from .liveness import OFF_AS_USUAL, State
from .profiles_seen import SeenProfile
from .store import Store

_HOUR_S, _DAY_S, _GB = 3600.0, 86400.0, 1e9
_OLD_S = 2 * 86400.0
"""A result that old says nothing of a certificate any more."""
_AT_ONCE = 200


class Machine(NamedTuple):
    """One machine of a commune."""

    commune: str
    name: str
    since: float = 0.0
    """Since when it is away, Unix seconds."""
    free_bytes: float = 0.0


class Certificate(NamedTuple):
    """One that ends soon, or has ended."""

    of: str
    """Whose: a check's name or target; empty: this collector's own."""
    ends: float


class Limits(NamedTuple):
    """What is worth a note."""

    away_s: float
    """Missed for so long."""
    ends_within_s: float
    """A certificate's end."""
    room_bytes: float
    """Less free disk than this."""


def limits_of(settings: AlertSettings) -> Limits:
    """As people have set them."""
    return Limits(
        settings.digest_away_hours * _HOUR_S,
        settings.digest_certificate_days * _DAY_S,
        settings.digest_disk_gb * _GB,
    )


class Facts(NamedTuple):
    """All of it."""

    watched: int
    communes: int
    away: tuple[Machine, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    full: tuple[Machine, ...] = ()


def read(
    store: Store, rows: Sequence[Row], communes: Collection[str], limits: Limits, own_ends: float, now: float
) -> Facts:
    """Of all machines and of every commune of the inventory; ``own_ends``: when our own certificate ends, or 0."""
    used = [row for row in rows if row.liveness.state is not State.RETIRED]
    places = {*communes, *(row.machine.commune for row in used)} - {NOWHERE}
    heard = {row.machine.commune for row in used if row.liveness.state in (State.ONLINE, *OFF_AS_USUAL)}
    ends: dict[str, float] = {"": own_ends} if own_ends and own_ends - now < limits.ends_within_s else {}
    full: list[Machine] = []
    online = iter([row for row in used if row.liveness.state is State.ONLINE])
    while some := list(islice(online, _AT_ONCE)):
        with store.read() as connection:
            full += _full(connection, some, limits.room_bytes)
            for name, end in _ends(connection, [row.machine.id for row in some], limits.ends_within_s, now):
                ends[name] = min(end, ends.get(name, end))
    return Facts(
        len(places & heard),
        len(places),
        tuple(_away(used, limits.away_s, now)),
        tuple(sorted((Certificate(*one) for one in ends.items()), key=lambda one: one.ends)),
        tuple(sorted(full, key=lambda one: one.free_bytes)),
    )


def _away(rows: Iterable[Row], away_s: float, now: float) -> Iterator[Machine]:
    for machine, stands in rows:
        since = stands.since
        if stands.state is State.SILENT and since is not None and now - since >= away_s:
            yield Machine(machine.commune, machine.name, since)


def _full(connection: Connection, rows: Sequence[Row], room_bytes: float) -> Iterator[Machine]:
    machines = {row.machine.id: row.machine for row in rows}
    query = select(MACHINE.c.agent, MACHINE.c.host).where(
        MACHINE.c.agent.in_(list(machines)), MACHINE.c.host.is_not(None)
    )
    for number, body in connection.execute(query):
        free = _host(body).disk_free_bytes
        if free is not None and free < room_bytes:
            machine = machines[number]
            yield Machine(machine.commune, machine.name, free_bytes=free)


def _ends(connection: Connection, agents: Sequence[int], within_s: float, now: float) -> Iterator[tuple[str, float]]:
    """Certificates that end soon, by whose they are."""
    found = [
        (row, row.result.cert_expiry)
        for rows in latest.read(connection, agents).values()
        for row in rows
        if row.result.cert_expiry is not None and now - row.at < _OLD_S
    ]
    ending = [(row, end) for row, end in found if end - now < within_s]
    profiles = profiles_seen.get_all(connection, {row.config for row, _ in ending})
    yield from ((_named(profiles.get(row.config), row.check), end) for row, end in ending)


def _named(profile: SeenProfile | None, check: str) -> str:
    spec = profile.checks.get(check) if profile else None
    return (spec.name or spec.target) if spec else check


_host = msgspec.json.Decoder(Host).decode
