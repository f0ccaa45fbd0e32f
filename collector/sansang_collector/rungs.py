"""How the intervals of checks become the intervals of a commune's rung: its best agent speaks for it. Pure.

One counter PC that reaches the line shows that the line works, whatever the others say. Times are milliseconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from sansang_agent.contract.light import Light, light_of
from sansang_agent.contract.outcome import Outcome

from .intervals import Interval

_BEST_FIRST = (Light.OK, Light.DEGRADED, Light.FAILED, Light.UNKNOWN, Light.NOT_CONFIGURED)


class Cover(NamedTuple):
    """For how long a check's interval speaks: until the next one begins, or until it counts as not measured."""

    agent: int
    first_ms: int
    last_ms: int
    end_ms: int
    """Not included."""
    outcome: Outcome
    late: bool


class Stretch(NamedTuple):
    """A stretch of one light; it ends where the next begins, or at its last result."""

    first_ms: int
    last_ms: int
    light: Light
    late: bool


class _Piece(NamedTuple):
    first_ms: int
    end_ms: int
    measured_ms: int
    light: Light
    late: bool


def best_light(lights: Iterable[Light]) -> Light:
    """The light of the best agent; with none, not configured."""
    return min(lights, key=_BEST_FIRST.index, default=Light.NOT_CONFIGURED)


def light_of_agents(found: Iterable[tuple[int, Outcome]]) -> Light:
    """The light of the best agent, out of all outcomes, each with its agent."""
    by_agent: defaultdict[int, list[Outcome]] = defaultdict(list)
    for agent, outcome in found:
        by_agent[agent].append(outcome)
    return best_light(light_of(outcomes) for outcomes in by_agent.values())


def covers(agent: int, intervals: Sequence[Interval], gap_ms: int) -> list[Cover]:
    """What one check's current intervals, in order, cover."""
    covered = []
    for index, interval in enumerate(intervals, start=1):
        end = interval.last_ms + gap_ms
        if index < len(intervals):
            end = min(end, intervals[index].first_ms)
        covered.append(Cover(agent, interval.first_ms, interval.last_ms, end, interval.outcome, interval.late))
    return covered


def stretches(covered: Sequence[Cover], start_ms: int, end_ms: int, continues: bool) -> list[Stretch]:
    """The lights from ``start_ms`` to ``end_ms`` (not included).

    ``continues`` says that a stretch known from elsewhere begins at ``end_ms``; otherwise the last one ends at its last
    result like any stretch that nothing follows.
    """
    pieces = _pieces(covered, start_ms, end_ms)
    found: list[Stretch] = []
    group: list[_Piece] = []
    for piece in pieces:
        if group and group[-1].end_ms != piece.first_ms:
            found += _close(group, follows=False)
            group = []
        group.append(piece)
    follows = continues and bool(group) and group[-1].end_ms == end_ms
    return found + _close(group, follows)


def _pieces(covered: Sequence[Cover], start_ms: int, end_ms: int) -> list[_Piece]:
    points = {start_ms, end_ms}
    for cover in covered:
        points.update(point for point in (cover.first_ms, cover.end_ms) if start_ms < point < end_ms)
    ordered = sorted(points)
    pieces: list[_Piece] = []
    for first, end in pairwise(ordered):
        active = [cover for cover in covered if cover.first_ms <= first < cover.end_ms]
        if active:
            light = light_of_agents((cover.agent, cover.outcome) for cover in active)
            piece = _Piece(first, end, max(c.last_ms for c in active), light, any(c.late for c in active))
            _join(pieces, piece)
    return pieces


def _join(pieces: list[_Piece], piece: _Piece) -> None:
    if pieces and pieces[-1].end_ms == piece.first_ms and pieces[-1].light is piece.light:
        last = pieces[-1]
        measured = max(last.measured_ms, piece.measured_ms)
        pieces[-1] = last._replace(end_ms=piece.end_ms, measured_ms=measured, late=last.late or piece.late)
    else:
        pieces.append(piece)


def _close(group: list[_Piece], follows: bool) -> list[Stretch]:
    """End a run of touching pieces; without a follower nothing is claimed beyond the last result."""
    kept = list(group)
    while kept and not follows and kept[-1].measured_ms < kept[-1].first_ms:
        kept.pop()
    made = [Stretch(piece.first_ms, piece.end_ms, piece.light, piece.late) for piece in kept]
    if made and not follows:
        made[-1] = made[-1]._replace(last_ms=min(kept[-1].end_ms, kept[-1].measured_ms))
    return made
