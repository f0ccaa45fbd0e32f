"""What was seen lately, dense: how often each check failed by moments, and when each machine last spoke. Pure.

A ring of 5 s slots covers four minutes, a ring of 30 s blocks half an hour. What arrives twice counts once, what
arrives in another order counts the same, and what is no news any more says only that its machine is in contact.
"""

import math
from collections.abc import Sequence
from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .cells import Cells, add, flat, raise_to
from .graph import NOBODY, Graph
from .sighting import Seen, Sighting

SLOT_S, SLOTS = 5.0, 48
BLOCK_S, BLOCKS = 30.0, 61
"""The newest block is under way; sixty are whole."""
REPORT_S = 15.0
"""How often a machine reports."""
AHEAD_S = 5.0
"""A result measured later than this after its own arrival has an impossible time."""
REMEMBERED = 1024
"""So many of a stream's newest reports are told apart; what is older is no news."""
STREAMS = 8
"""So many streams of a machine, those last heard of, are told apart."""
_ALL = (1 << REMEMBERED) - 1

Counts = NDArray[np.uint8]
Totals = NDArray[np.int32]


class Window(NamedTuple):
    """By check, over a stretch of time: echoes or answers that failed, all that were tried, results they came in."""

    failed: Totals
    tried: Totals
    results: Totals


class Blocks(NamedTuple):
    """By block (oldest first, the one under way last) and check; ``slow`` of ``timed`` took longer than usual."""

    failed: NDArray[np.uint16]
    tried: NDArray[np.uint16]
    results: NDArray[np.uint8]
    slow: NDArray[np.uint8]
    timed: NDArray[np.uint8]
    began: float
    """When the oldest began, Unix seconds."""


class Block(NamedTuple):
    """Half a minute by check: the arrays themselves, to be read before anything else arrives."""

    failed: NDArray[np.uint16]
    tried: NDArray[np.uint16]
    results: NDArray[np.uint8]
    slow: NDArray[np.uint8]
    timed: NDArray[np.uint8]
    began: float
    grown: int
    """How many results were ever counted into it; as long as that stays, nothing of it changes."""


class Evidence:
    """Arrays by check and by agent of ``graph``; times are Unix seconds, NaN where there is none."""

    def __init__(self, graph: Graph, now: float) -> None:
        self.graph = graph
        self.now = now
        self.since = now
        """From when on everything was listened to."""
        checks, agents = graph.checks, len(graph.agents)
        self._slot, self._block = floor(now / SLOT_S), floor(now / BLOCK_S)
        self._slots = np.zeros((3, SLOTS, checks), np.uint8)
        self._counts = np.zeros((2, BLOCKS, checks), np.uint16)
        self._small = np.zeros((3, BLOCKS, checks), np.uint8)
        self._grown = [0] * BLOCKS
        self.usual_ms = np.full(checks, np.inf)
        """By check: what takes longer is slow; learned, set from outside."""
        self.is_echo = np.zeros(checks, np.bool_)
        """By check: it counts echoes, and no retry hides a loss."""
        self.last_at = np.full(checks, np.nan)
        """By check: when its newest live result was measured …"""
        self.last_failed = np.zeros(checks, np.bool_)
        """… and whether that was a failure."""
        self.heard = np.full(agents, np.nan)
        """By agent: when something of it last arrived, old or new."""
        self.spoke = np.full(agents, np.nan)
        """By agent: when its newest live report was taken."""
        self.bye = np.full(agents, np.nan)
        """By agent: when it said goodbye; NaN as soon as it speaks again."""
        self.back = np.full(agents, np.nan)
        """By agent: when it then said it would be back."""
        self.booted = np.full(agents, np.nan)
        self.battery = np.full(agents, np.nan)
        """By agent: percent left when it last spoke, where that was on battery."""
        self.ignored = 0
        """Results of checks that no path is known of, or with impossible times."""
        self._known: dict[tuple[int, str], tuple[int, int]] = {}
        self._streams: dict[int, list[str]] = {}
        self._checks = checks
        self._own = [graph.own(agent) for agent in range(agents)]
        arrays = (
            self.heard, self.spoke, self.bye, self.back, self.booted, self.battery,
            self.last_at, self.is_echo, self.last_failed, self._slots, self._counts, self._small,
        )  # fmt: skip
        self._cells = Cells(*(flat(one) for one in arrays))

    def apply(self, sighting: Sighting) -> bool:
        """Take one report; whether it holds the first failure of a check that was well."""
        agent = self.graph.agent_numbers.get(sighting.agent, NOBODY)
        if agent == NOBODY or self._is_known(sighting):
            return False
        self.advance(sighting.received)
        self._hear(agent, sighting)
        found = [self._see(agent, sighting.received, one) for one in sighting.results if one.live]
        return any(found)

    def advance(self, now: float) -> None:
        """Let time go on to ``now``; it never goes back."""
        self.now = max(self.now, now)
        slot, block = floor(self.now / SLOT_S), floor(self.now / BLOCK_S)
        if slot > self._slot:
            self._slots[:, _turned(self._slot, slot, SLOTS)] = 0
            self._slot = slot
        if block > self._block:
            turned = _turned(self._block, block, BLOCKS)
            self._counts[:, turned] = 0
            self._small[:, turned] = 0
            for row in turned:
                self._grown[row] = 0
            self._block = block

    def window(self, seconds: float, until: float | None = None) -> Window:
        """The newest slots that cover ``seconds`` before ``until`` (now); at least one, at most all there are."""
        end = self._slot if until is None else min(self._slot, floor(until / SLOT_S))
        oldest = self._slot - SLOTS + 1
        begin = max(oldest, end - max(1, round(seconds / SLOT_S)) + 1)
        rows = [slot % SLOTS for slot in range(begin, end + 1)]
        return Window(*(self._slots[kind, rows].sum(axis=0, dtype=np.int32) for kind in range(3)))

    def newest(self, lengths: Sequence[int], checks: NDArray[np.intp]) -> NDArray[np.float64]:
        """By kind (as in Window), length in slots (they ascend) and one of ``checks``: the newest so many slots."""
        sums = np.zeros((3, len(checks)), np.int32)
        found = np.zeros((3, len(lengths), len(checks)))
        for age in range(min(lengths[-1], SLOTS)):
            sums += self._slots[:, (self._slot - age) % SLOTS].take(checks, axis=1)
            if age + 1 in lengths:
                found[:, lengths.index(age + 1)] = sums
        return found

    @property
    def slot_began(self) -> float:
        """When the newest slot began."""
        return self._slot * SLOT_S

    def blocks(self) -> Blocks:
        """Half an hour."""
        order = [block % BLOCKS for block in range(self._block - BLOCKS + 1, self._block + 1)]
        began = (self._block - BLOCKS + 1) * BLOCK_S
        counts, small = self._counts[:, order], self._small[:, order]
        return Blocks(counts[0], counts[1], small[0], small[1], small[2], began)

    def block_numbers(self) -> range:
        """The numbers of the blocks there are (Unix time in units of BLOCK_S), the one under way last."""
        return range(self._block - BLOCKS + 1, self._block + 1)

    def half_minute(self, number: int) -> Block:
        """One of :meth:`block_numbers`, without copying anything."""
        row = number % BLOCKS
        counts, small = self._counts[:, row], self._small[:, row]
        return Block(counts[0], counts[1], small[0], small[1], small[2], number * BLOCK_S, self._grown[row])

    def _is_known(self, sighting: Sighting) -> bool:
        key = (sighting.agent, sighting.stream)
        highest, mask = self._known.pop(key, (sighting.seq - 1, 0))
        known, behind = False, highest - sighting.seq
        if behind < 0:
            highest, mask = sighting.seq, (mask << min(-behind, REMEMBERED) | 1) & _ALL
        elif behind < REMEMBERED:
            known, mask = bool(mask >> behind & 1), mask | 1 << behind
        self._known[key] = highest, mask  # as the newest: a snapshot keeps this order
        self._bound(sighting.agent, sighting.stream)
        return known

    def _bound(self, agent: int, stream: str) -> None:
        """Forget the stream that was not heard of for longest, where there are too many."""
        streams = self._streams.setdefault(agent, [])
        if streams and streams[-1] == stream:
            return
        if stream in streams:
            streams.remove(stream)
        streams.append(stream)
        if len(streams) > STREAMS:
            self._known.pop((agent, streams.pop(0)), None)

    def _hear(self, agent: int, sighting: Sighting) -> None:
        cells = self._cells
        raise_to(cells.heard, agent, sighting.received)
        if sighting.booted_at is not None:
            raise_to(cells.booted, agent, sighting.booted_at)
        if not sighting.live or sighting.at is None or sighting.at <= cells.spoke[agent]:
            return
        if sighting.at > sighting.received + AHEAD_S:
            self.ignored += 1
            return
        cells.spoke[agent] = sighting.at
        cells.bye[agent] = sighting.at if sighting.goodbye is not None else math.nan
        cells.back[agent] = math.nan if sighting.back is None else sighting.back
        cells.battery[agent] = math.nan if sighting.battery is None else sighting.battery

    def _see(self, agent: int, received: float, one: Seen) -> bool:
        first, places = self._own[agent]
        name, at, lost, tried, _, ms, _ = one
        place = places.get(name, NOBODY)
        if place == NOBODY or at > received + AHEAD_S or lost > tried or tried <= 0:
            self.ignored += 1
            return False
        check, cells = first + place, self._cells
        cells.is_echo[check] = tried > 1
        self._count(check, at, lost, tried)
        if ms is not None:
            self._time(check, at, ms)
        if at < cells.last_at[check]:
            return False
        failed = 2 * lost > tried
        fresh = failed and not cells.last_failed[check]
        cells.last_at[check], cells.last_failed[check] = at, failed
        return fresh

    def _count(self, check: int, at: float, failed: int, tried: int) -> None:
        """One result, in its slot and in its block."""
        slot, block, checks = min(self._slot, floor(at / SLOT_S)), min(self._block, floor(at / BLOCK_S)), self._checks
        if self._slot - slot < SLOTS:
            cells, place, kind = self._cells.slots, slot % SLOTS * checks + check, SLOTS * checks
            if failed:
                add(cells, place, failed, 255)
            add(cells, place + kind, tried, 255)
            add(cells, place + 2 * kind, 1, 255)
        if self._block - block < BLOCKS:
            row = block % BLOCKS
            self._grown[row] += 1
            cells, place = self._cells.counts, row * checks + check
            if failed:
                add(cells, place, failed, 65_535)
            add(cells, place + BLOCKS * checks, tried, 65_535)
            add(self._cells.small, place, 1, 255)

    def _time(self, check: int, at: float, ms: float) -> None:
        """How long it took, in its block."""
        block = min(self._block, floor(at / BLOCK_S))
        if self._block - block < BLOCKS:
            cells, kind = self._cells.small, BLOCKS * self._checks
            place = kind + block % BLOCKS * self._checks + check
            if ms > self.usual_ms.item(check):
                add(cells, place, 1, 255)
            add(cells, place + kind, 1, 255)


def _turned(before: int, now: int, size: int) -> list[int]:
    """The rows of a ring that a step from one number to another begins anew."""
    return [number % size for number in range(max(before + 1, now - size + 1), now + 1)]
