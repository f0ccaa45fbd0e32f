"""Parts that lose a share of what crosses them, or are slow: found, fitted, and found to be well again. Pure.

Called every half minute beside the search for what is broken; what is broken, or was lately, explains its own losses.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .beliefs import Beliefs
from .columns import Columns
from .degraded_verdicts import held_on, told
from .episodes import BROKEN, Episode, recent
from .evidence import Evidence
from .gauge import DELAYS, LOSSES
from .graph import NOBODY, Graph
from .refit import Fit
from .verdict import Held, Level, Verdict
from .watch import Renewed, Watch

CLEARLY = 0.15
"""Of the logarithm of a share: what differs less is the same share."""
MOST_SHARE = 0.98


class Look(NamedTuple):
    """What half a minute more has shown; an :class:`Assessment` takes it over."""

    verdicts: tuple[Verdict, ...]
    """Also of held parts, with the share of now."""
    suspects: tuple[Verdict, ...]
    recovered: frozenset[tuple[str, Level]]


class Degraded:
    """Remembers half an hour in blocks, how they spread, and what was broken meanwhile."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._columns = Columns(graph)
        self._watches = (Watch(self._columns, LOSSES), Watch(self._columns, DELAYS))
        self._on: dict[tuple[int, Level], Episode] = {}
        self._past: list[Episode] = []

    def look(
        self, evidence: Evidence, beliefs: Beliefs, held: Sequence[Held], hard: Sequence[Verdict], now: float
    ) -> Look:
        """What is degraded at ``now``; ``hard``: what the search for broken parts has just found."""
        evidence.advance(now)
        self._remember(held, hard, now)
        opened = {(self._graph.part_numbers.get(one.part, NOBODY), one.level): one.opened_at for one in held}
        verdicts, suspects, recovered = list[Verdict](), list[Verdict](), set[tuple[str, Level]]()
        passing: list[Episode] = []
        for watch in self._watches:
            if watch.gauge is DELAYS and not np.isfinite(evidence.usual_ms).any():
                continue
            watch.follow(evidence, beliefs, [*self._episodes(), *passing])
            renewed = self._renew(watch, evidence, opened)
            recovered |= {(self._graph.parts[one.episode.part].id, watch.gauge.level) for one in renewed if one.over}
            found = watch.search(evidence, beliefs, [*self._episodes(), *passing])
            replaced = {part for one in found for part in one.instead_of}
            verdicts += [held_on(self._columns, watch, evidence, one) for one in renewed if self._tells(one, replaced)]
            for one in found:
                (verdicts if watch.is_sure(one) else suspects).append(told(self._columns, watch, evidence, one))
            passing += [watch.episode(one) for one in found]
        return Look(tuple(verdicts), tuple(suspects), frozenset(recovered))

    def _episodes(self) -> list[Episode]:
        return [*self._past, *self._on.values()]

    def _remember(self, held: Sequence[Held], hard: Sequence[Verdict], now: float) -> None:
        """Which parts are broken or degraded now, and which were."""
        there = [self._episode((one.part,), one.level, one.loss, one.onset) for one in held]
        there += [
            self._episode((one.part, *(cause.part for cause in one.causes)), Level.DOWN, BROKEN, one.onset)
            for one in hard
        ]
        fresh: dict[tuple[int, Level], Episode] = {}
        for one in there:
            if one is not None:
                key = one.part, one.level
                fresh[key] = _joined(one, fresh.get(key) or self._on.get(key))
        self._past += [one._replace(until=now) for key, one in self._on.items() if key not in fresh]
        self._past = recent(self._past, now)
        self._on = fresh

    def _episode(self, parts: Sequence[str], level: Level, share: float, onset: float) -> Episode | None:
        """None for a part that the graph does not have (any more), or that cannot be degraded."""
        numbers = [self._graph.part_numbers[part] for part in dict.fromkeys(parts) if part in self._graph.part_numbers]
        if level is not Level.DOWN:
            numbers = [number for number in numbers if self._columns.numbers[number] != NOBODY]
            share = min(MOST_SHARE, share)
        return Episode(tuple(numbers), level, share, onset, np.inf) if numbers else None

    def _renew(self, watch: Watch, evidence: Evidence, opened: dict[tuple[int, Level], float]) -> list[Renewed]:
        """How each held part is now; what it is known to lose follows, if it is clearly another share."""
        renewed = []
        for key, episode in self._on.items():
            if episode.level is watch.gauge.level:
                one = watch.renew(evidence, episode, opened[key])
                renewed.append(one)
                if one.fit is not None and _differs(one.fit, episode):
                    self._on[key] = episode._replace(share=one.fit.best, in_bursts=one.fit.in_bursts)
        return renewed

    def _tells(self, one: Renewed, replaced: set[int]) -> bool:
        return one.fit is not None and not one.over and one.episode.part not in replaced


def _differs(fit: Fit, known: Episode) -> bool:
    return fit.in_bursts != known.in_bursts or abs(np.log(fit.best / known.share)) > CLEARLY


def _joined(one: Episode, before: Episode | None) -> Episode:
    """What is known now, with the share that was fitted and the earliest onset that were known before."""
    if before is None:
        return one
    causes = tuple(dict.fromkeys([*one.causes, *before.causes])) if one.level is Level.DOWN else one.causes
    begins = min(one.begins, before.begins)
    return one._replace(causes=causes, share=before.share, in_bursts=before.in_bursts, begins=begins)
