"""Five-minute summaries of results and the compressed block that holds an hour of them. Pure.

Adding is merging, and merging is exact in any order (times are whole microseconds): late data changes nothing but sums.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from sansang_agent.contract.outcome import Outcome, Reason, outcome_of

SLOT_S = 300
SLOT_MS = SLOT_S * 1000
HOUR_S = 3600
PACKED = 6
"""zlib's level: 9 saves 1 % more for twice the time."""


class Range(msgspec.Struct, frozen=True, array_like=True):
    """How many durations there were, their sum, the shortest and the longest, in microseconds."""

    count: int = 0
    sum_us: int = 0
    min_us: int = 0
    max_us: int = 0

    @property
    def mean_us(self) -> float | None:
        """The mean; None of no duration."""
        return self.sum_us / self.count if self.count else None


class Summary(msgspec.Struct, frozen=True, array_like=True):
    """All results of one check within five minutes."""

    count: int = 0
    ok: int = 0
    reasons: dict[Reason, int] = {}
    """Results by what kept them from being ok: those that failed and those that could not find out."""
    sent: int = 0
    """Echoes of trains, and how many of them were lost."""
    lost: int = 0
    rtt: Range = Range()
    """Over the trains: shortest and longest round trip; ``sum_us`` is of their medians."""
    total: Range = Range()
    """Of probes with phases: how long they took in all."""

    def count_of(self, outcome: Outcome) -> int:
        """How many results had this outcome."""
        if outcome is Outcome.OK:
            return self.ok
        return sum(count for reason, count in self.reasons.items() if outcome_of(reason) is outcome)


Slots = dict[int, Summary]
"""By number of the five minutes since 1970."""
Block = dict[str, Slots]
"""By check."""


class Single(NamedTuple):
    """One result as it is kept: when, of which series, why it was not ok, and its figures in microseconds."""

    at_ms: int
    series: int
    reason: Reason | None = None
    total_us: int | None = None
    sent: int = 0
    lost: int = 0
    least_us: int | None = None
    middle_us: int = 0
    most_us: int = 0


def of(one: Single) -> Summary:
    """One result as a summary."""
    total, rtt = Range(), Range()
    if one.total_us is not None:
        total = Range(1, one.total_us, one.total_us, one.total_us)
    if one.least_us is not None:
        rtt = Range(1, one.middle_us, one.least_us, one.most_us)
    reasons = {} if one.reason is None else {one.reason: 1}
    return Summary(1, int(one.reason is None), reasons, one.sent, one.lost if one.sent else 0, rtt, total)


def summed(found: Iterable[tuple[str, Single]]) -> Block:
    """Results, each with its check, as a block."""
    block: Block = {}
    for check, one in found:
        add(block, check, one.at_ms // SLOT_MS, of(one))
    return block


def merge(one: Summary, other: Summary) -> Summary:
    """Both together."""
    reasons = dict(one.reasons)
    for reason, count in other.reasons.items():
        reasons[reason] = reasons.get(reason, 0) + count
    return Summary(
        one.count + other.count,
        one.ok + other.ok,
        reasons,
        one.sent + other.sent,
        one.lost + other.lost,
        _merge_ranges(one.rtt, other.rtt),
        _merge_ranges(one.total, other.total),
    )


def _merge_ranges(one: Range, other: Range) -> Range:
    if not one.count or not other.count:
        return one if one.count else other
    return Range(
        one.count + other.count,
        one.sum_us + other.sum_us,
        min(one.min_us, other.min_us),
        max(one.max_us, other.max_us),
    )


def add(block: Block, check: str, slot: int, summary: Summary) -> None:
    """Put a summary into its place in a block."""
    slots = block.setdefault(check, {})
    known = slots.get(slot)
    slots[slot] = summary if known is None else merge(known, summary)


def join(block: Block, other: Mapping[str, Slots]) -> None:
    """Put everything of ``other`` into ``block``."""
    for check, slots in other.items():
        for slot, summary in slots.items():
            add(block, check, slot, summary)


def coarser(slots: Iterable[tuple[int, Summary]], step_s: int) -> dict[int, Summary]:
    """Summaries of ``step_s`` seconds (a multiple of 300), by the Unix second they begin at, in order."""
    found: dict[int, Summary] = {}
    for slot, summary in sorted(slots):
        at = slot * SLOT_S // step_s * step_s
        known = found.get(at)
        found[at] = summary if known is None else merge(known, summary)
    return found


def encode(block: Block) -> bytes:
    """A block as it lies in the ledger: JSON, compressed.

    JSON because it is the format of everything else here and explains itself; zlib takes out what that repeats.
    """
    return zlib.compress(_encode(block), PACKED)


def decode(body: bytes) -> Block:
    """The block that :func:`encode` packed."""
    return _decode(zlib.decompress(body))


def decode_check(body: bytes, check: str) -> Slots:
    """One check's part of a packed block, without reading the others; empty where it has none."""
    raw = _decode_raw(zlib.decompress(body)).get(check)
    return _decode_slots(raw) if raw is not None else {}


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Block).decode
_decode_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_slots = msgspec.json.Decoder(Slots).decode
