"""What a block says when asked for losses, or for slowness: the rows that count, and what they add to each candidate.

The sums over paths are linear but for two rules: a result never says more than CLIP nats, and what is explained already
says nothing more.
"""

from typing import NamedTuple

import numpy as np

from .columns import Columns, Flags
from .evidence import Block, Evidence
from .graph import Floats, Ints
from .verdict import Level

CLIP = 5.0
"""Nats of one result at most: echoes of one train are lost together."""
EXPLAINED = 0.9
"""What fails as often as this by what is known already adds nothing for another part."""
DEAF, DEAF_TRIED = 0.95, 10
"""A check that fails as often as this in a block, of so many tries, is out of its count."""
CLUMPED = 2.0
"""Losses of one result at most, where it is asked how much they differ: about as much as CLIP lets them say."""
MOST_TRIED = 40.0
"""So many echoes or answers of one check count in a block, whatever came: more than any asks by itself."""
MOST = 0.999
SLOW_USUALLY = 0.01
"""Share of answers that take longer than usual where nothing is wrong: usual is their 99th percentile."""


class Gauge(NamedTuple):
    """What is looked for."""

    level: Level
    shares: tuple[float, ...]
    """How much a part may lose, as far as whether is decided; how much exactly is fitted afterwards."""


LOSSES = Gauge(Level.LOSSY, (0.35, 0.20, 0.10, 0.05, 0.03))
DELAYS = Gauge(Level.SLOW, (0.60, 0.35, 0.20))


class Rows(NamedTuple):
    """Checks that say something in a block; all arrays have their order."""

    checks: Ints
    bad: Floats
    tried: Floats
    results: Floats
    usual: Floats
    """How often each is bad by what is known."""
    retried: Flags
    """Whether two retries hide what the network loses."""

    def chosen(self, which: Flags) -> "Rows":
        """Some of them."""
        checks, bad, tried, results, usual, retried = self
        return Rows(checks[which], bad[which], tried[which], results[which], usual[which], retried[which])


class Known(NamedTuple):
    """What is known already of a block, by check."""

    hidden: Flags | None = None
    """What a broken part explains: left out."""
    spared: Floats | None = None
    """The share that degraded parts let through."""


class Sums(NamedTuple):
    """By candidate: ``scores`` by share too; what was found to be bad, and how much was to be expected."""

    scores: Floats
    bad: Floats
    expected: Floats


def rows(gauge: Gauge, evidence: Evidence, block: Block, baseline: Floats, known: Known, only: Ints | None) -> Rows:
    """What a block holds, of all checks or ``only`` of some."""
    slow = gauge.level is Level.SLOW
    tried = block.timed if slow else block.tried
    checks = np.flatnonzero(tried).astype(np.int32) if only is None else only[tried[only] > 0]
    checks = checks[np.isfinite(evidence.usual_ms[checks]) if slow else ~_is_dead(block, checks)]
    if known.hidden is not None:
        checks = checks[~known.hidden[checks]]
    usual = np.full(len(checks), SLOW_USUALLY) if slow else baseline[checks]
    if known.spared is not None:
        usual = 1 - (1 - usual) * known.spared[checks]
    counted = np.minimum(1.0, MOST_TRIED / tried[checks])
    return Rows(
        checks,
        counted * (block.slow if slow else block.failed)[checks],
        counted * tried[checks],
        counted * (block.timed if slow else block.results)[checks],
        usual,
        np.zeros(len(checks), np.bool_) if slow else ~evidence.is_echo[checks],
    )


def _is_dead(block: Block, checks: Ints) -> Flags:
    """What no echo comes back of loses no share: its target is deaf, its way is cut, or who asks is cut off itself."""
    tried = block.tried[checks]
    return (tried >= DEAF_TRIED) & (block.failed[checks] >= DEAF * tried)


def sums(gauge: Gauge, columns: Columns, found: Rows) -> Sums:
    """What these rows add to each candidate."""
    bad = np.minimum(found.bad, CLUMPED * found.results)
    plain, retried, expected, lost = columns.sums(
        found.checks,
        np.stack([found.tried * ~found.retried, found.tried * found.retried, found.tried * found.usual, bad]),
    )
    shares = np.array(gauge.shares)[:, None]
    behind = np.where(columns.direct, shares, shares**3)
    scores = np.log1p(-shares) * plain + np.log1p(-behind) * retried
    failed = found.chosen(found.bad > 0)
    network = _weight(failed, effect(failed, shares, direct=False))
    asked = failed.chosen(failed.retried)
    direct = network.copy()
    direct[:, failed.retried] = _weight(asked, effect(asked, shares, direct=True))
    return Sums(scores + columns.sums(failed.checks, network, direct), lost, expected)


def effect(found: Rows, share: Floats | float, *, direct: bool) -> Floats:
    """How often each row fails by a part that loses ``share``; shares as a column make a table."""
    return np.where(found.retried & (not direct), np.power(share, 3), share)


def gain(found: Rows, spoilt: Floats) -> Floats:
    """By row: nats for a part whose effect is ``spoilt``, against its not being degraded."""
    return found.bad * _surprise(found.usual, spoilt) + (found.tried - found.bad) * np.log1p(-spoilt)


def _weight(found: Rows, spoilt: Floats) -> Floats:
    """The gain without what all that was tried says anyway."""
    return np.minimum(gain(found, spoilt), CLIP * found.results) - found.tried * np.log1p(-spoilt)


def _surprise(usual: Floats, spoilt: Floats) -> Floats:
    with_it = np.minimum(MOST, 1 - (1 - usual) * (1 - spoilt))
    return np.where(usual > EXPLAINED, 0.0, np.log(with_it / usual))
