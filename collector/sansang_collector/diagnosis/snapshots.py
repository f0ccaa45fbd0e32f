"""The evidence as bytes and back, onto the same graph or another one: machines are found by number, checks by name.

What comes back on the same graph is, bit for bit, what was put away. Pure; bytes that are damaged, or of another
version, are refused and nothing is made of them. Beside evidence.py this module alone knows how evidence is laid out.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from .evidence import AHEAD_S, Evidence
from .graph import NOBODY, VANTAGE_KEY, Graph

VERSION = 1
_MAGIC = b"sansang evidence "
_FAST = 1
"""zlib's level: mostly zeros."""
_MOST_BYTES = 2_000_000_000
"""More than the evidence of any country; beyond it nothing is unpacked."""
BY_AGENT = ("heard", "spoke", "bye", "back", "booted", "battery")
BY_CHECK = ("usual_ms", "is_echo", "last_at", "last_failed", "_slots", "_counts", "_small")
"""The arrays of the evidence; the last dimension is the agent's or the check's."""
SCALARS = ("since", "ignored", "_slot", "_block")
_KNOWN, _STREAMS = "_known", "_streams"


class SnapshotError(Exception):
    """These bytes are no evidence that could be gone on with; says why."""


class _Machine(NamedTuple):
    """Its number in the ledger, where its checks begin (NOBODY: it makes the vantage's), and what they are called."""

    id: int
    first: int
    names: str


class _Body(msgspec.Struct, frozen=True):
    """Scalars, whose the places in the arrays are, and the arrays."""

    now: float
    scalars: dict[str, float | int]
    checks: int
    machines: list[_Machine]
    vantage: int
    """Where the vantage's checks begin."""
    names: dict[str, list[str]]
    arrays: dict[str, bytes]
    known: list[tuple[int, str, int, bytes]]


def snapshot(evidence: Evidence) -> bytes:
    """Everything that localisers read, and what tells reports apart."""
    return _MAGIC + bytes([VERSION]) + zlib.compress(msgspec.msgpack.encode(_body(evidence)), _FAST)


def restore(packed: bytes, graph: Graph, now: float) -> Evidence:
    """The evidence as it stood, on ``graph``; ``now``: the clock, Unix seconds. Raises :class:`SnapshotError`.

    What ``graph`` does not have is left behind; what it has more was never heard.
    """
    body = _unpacked(packed)
    if body.now > now + AHEAD_S:
        raise SnapshotError(f"it is of a time still to come: {body.now:.0f}, and now it is {now:.0f}")
    try:
        return _made(body, graph)
    except (KeyError, ValueError, IndexError, TypeError, OverflowError) as error:
        raise SnapshotError(f"its parts do not fit together: {error}") from error


def moved(evidence: Evidence, graph: Graph) -> Evidence:
    """The same evidence on another graph, as if it had been put away and taken back."""
    return _made(_body(evidence), graph)


def _body(evidence: Evidence) -> _Body:
    graph = evidence.graph
    return _Body(
        now=evidence.now,
        scalars={name: getattr(evidence, name) for name in SCALARS},
        checks=graph.checks,
        machines=list(_machines(graph)),
        vantage=graph.first[VANTAGE_KEY],
        names={commune: list(places) for commune, places in graph.names.items()},
        arrays={name: getattr(evidence, name).tobytes() for name in (*BY_AGENT, *BY_CHECK)},
        known=[(*key, highest, _bytes(mask)) for key, (highest, mask) in getattr(evidence, _KNOWN).items()],
    )


def _made(body: _Body, graph: Graph) -> Evidence:
    made = Evidence(graph, body.now)
    there = ((agent, stream, high, mask) for agent, stream, high, mask in body.known if agent in graph.agent_numbers)
    known = {(agent, stream): (high, int.from_bytes(mask)) for agent, stream, high, mask in there}
    setattr(made, _KNOWN, known)
    setattr(made, _STREAMS, _streams(known))
    for name in SCALARS:
        setattr(made, name, body.scalars[name])
    _take(made, body, BY_AGENT, len(body.machines), _same_machines(body, graph))
    _take(made, body, BY_CHECK, body.checks, _same_checks(body, graph))
    return made


def _streams(known: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    """By machine, the one that was heard of last as the last one."""
    found: dict[int, list[str]] = {}
    for agent, stream in known:
        found.setdefault(agent, []).append(stream)
    return found


def _bytes(mask: int) -> bytes:
    return mask.to_bytes((mask.bit_length() + 7) // 8)


def _unpacked(packed: bytes) -> _Body:
    head = len(_MAGIC)
    if not packed.startswith(_MAGIC) or len(packed) <= head:
        raise SnapshotError("it does not begin as one")
    if packed[head] != VERSION:
        raise SnapshotError(f"it is of version {packed[head]}, and this program knows version {VERSION}")
    unpacking = zlib.decompressobj()
    try:
        whole = unpacking.decompress(packed[head + 1 :], _MOST_BYTES)
        if not unpacking.eof:
            raise SnapshotError("it is damaged: it does not end where it should")
        return msgspec.msgpack.decode(whole, type=_Body)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise SnapshotError(f"it is damaged: {error}") from error


def _machines(graph: Graph) -> Iterator[_Machine]:
    for one in graph.agents:
        if one.key == VANTAGE_KEY:
            yield _Machine(one.id, NOBODY, VANTAGE_KEY)
        else:
            yield _Machine(one.id, graph.first[one.key], one.commune)


_Places = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Places in the old arrays and, beside each, the place in the new ones."""


def _same_machines(body: _Body, graph: Graph) -> _Places:
    numbers = graph.agent_numbers
    return _places((old, numbers[one.id]) for old, one in enumerate(body.machines) if one.id in numbers)


def _same_checks(body: _Body, graph: Graph) -> _Places:
    return _places(pair for old, new in _blocks(body, graph) for pair in _by_name(body.names, old, graph, new))


def _blocks(body: _Body, graph: Graph) -> Iterator[tuple[_Machine, _Machine]]:
    """Each machine that is in both, as it was and as it is; then the vantage's checks."""
    there = {one.id: one for one in _machines(graph)}
    for old in body.machines:
        new = there.get(old.id)
        if new is not None and NOBODY not in (old.first, new.first):
            yield old, new
    yield _Machine(NOBODY, body.vantage, VANTAGE_KEY), _Machine(NOBODY, graph.first[VANTAGE_KEY], VANTAGE_KEY)


def _by_name(names: dict[str, list[str]], old: _Machine, graph: Graph, new: _Machine) -> Iterator[tuple[int, int]]:
    places = graph.names[new.names]
    for at, name in enumerate(names[old.names]):
        if name in places:
            yield old.first + at, new.first + places[name]


def _places(pairs: Iterable[tuple[int, int]]) -> _Places:
    found = np.array(list(pairs), np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _take(made: Evidence, body: _Body, names: Iterable[str], count: int, places: _Places) -> None:
    old, new = places
    for name in names:
        array = getattr(made, name)
        array[..., new] = np.frombuffer(body.arrays[name], array.dtype).reshape(*array.shape[:-1], count)[..., old]
