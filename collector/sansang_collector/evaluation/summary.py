"""From single trials to the table's figures: row by row, never over mixed rows, each with its n and bound. Pure."""

from collections.abc import Iterable, Sequence
from math import ceil, sqrt

import msgspec

from .afterwards import Apart
from .goals import Goal
from .rows import ROWS
from .trial import Outcome

WEEK_DAYS = 5.0
_Z = 1.96
_POISSON_95 = (3.0, 4.74, 6.30, 7.75, 9.15, 10.51, 11.84, 13.15)
"""What the true count may be, at 95 %, where so many were counted."""


class ToldApart(msgspec.Struct, kw_only=True):
    """What became of faults that ended, once machines had told what they stored. Seconds."""

    apart: float
    """Share whose very part is named first."""
    apart_bound: float
    """The true share is above it, at 95 % (Wilson)."""
    class_before: float | None
    class_after: float | None
    p50_s: float | None
    """From the fault's end until that is known."""
    p95_s: float | None
    off_before_p95_s: float | None
    off_p95_s: float | None
    """How far the time that it is said to have lasted is from the truth, as seen live and as revised."""


class Figures(msgspec.Struct, kw_only=True):
    """One row as one of them did; None: nothing to say. Seconds and milliseconds."""

    row: str
    who: str
    n: int
    recall: float | None = None
    exact_set: float | None = None
    exact_component: float | None = None
    class_size: float | None = None
    p50_s: float | None = None
    p95_s: float | None = None
    alerts: float | None = None
    """For each fault; of a quiet row all of them."""
    per_week: float | None = None
    per_week_bound: float | None = None
    """The true rate is below it, at 95 %."""
    exact_bound: float | None = None
    """The true share of exact sets is above it, at 95 % (Wilson)."""
    afterwards: ToldApart | None = None
    """Of a row whose faults end."""
    look_ms: float
    met: bool | None = None
    """Whether the row's figures are reached; None where none are asked."""
    missed: tuple[str, ...] = ()
    """Which are not."""


def figures(outcomes: Iterable[Outcome]) -> list[Figures]:
    """In the order of the rows, those who took part in the order they came."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault((one.row, one.who), []).append(one)
    order = list(ROWS)
    rows = sorted(groups, key=lambda key: order.index(key[0]))
    return [_judged(_figures(groups[key]), ROWS[key[0]].goal) for key in rows]


def _figures(trials: Sequence[Outcome]) -> Figures:
    row = ROWS[trials[0].row]
    n, look_ms = len(trials), sum(one.look_ms for one in trials) / len(trials)
    alerts = sum(one.alerts for one in trials)
    made = Figures(row=row.name, who=trials[0].who, n=n, look_ms=look_ms)
    if row.is_quiet:
        return _quiet(made, alerts)
    exact = sum(one.exact for one in trials)
    made.exact_set, made.exact_bound = exact / n, wilson(exact, n)
    faults = sum(max(1, len(one.truths)) for one in trials)
    made.alerts = alerts / faults
    found = [at for one in trials for at in one.found_s]
    made.afterwards = _afterwards([one.apart for one in trials if one.apart is not None])
    if found:
        times = sorted(at for at in found if at is not None)
        firsts = [first for one in trials for first in one.first]
        sizes = [size for one in trials for size in one.sizes]
        made.recall, made.exact_component = len(times) / len(found), sum(firsts) / len(firsts)
        made.class_size = sum(sizes) / len(sizes) if sizes else None
        made.p50_s, made.p95_s = quantile(times, 0.5), quantile(times, 0.95)
    return made


def _afterwards(found: Sequence[Apart]) -> ToldApart | None:
    if not found:
        return None
    right = sum(one.right for one in found)
    times = sorted(one.revised_s for one in found if one.revised_s is not None)
    before = sorted(one.off_before_s for one in found if one.off_before_s is not None)
    after = sorted(one.off_s for one in found if one.off_s is not None)
    return ToldApart(
        apart=right / len(found),
        apart_bound=wilson(right, len(found)),
        class_before=_mean([one.before for one in found if one.before]),
        class_after=_mean([one.after for one in found if one.after]),
        p50_s=quantile(times, 0.5),
        p95_s=quantile(times, 0.95),
        off_before_p95_s=quantile(before, 0.95),
        off_p95_s=quantile(after, 0.95),
    )


def _mean(values: Sequence[int]) -> float | None:
    return sum(values) / len(values) if values else None


def _quiet(made: Figures, alerts: int) -> Figures:
    weeks = made.n / WEEK_DAYS
    made.alerts, made.per_week = float(alerts), alerts / weeks
    bound = _POISSON_95[alerts] if alerts < len(_POISSON_95) else alerts + _Z * sqrt(alerts) + 2
    made.per_week_bound = bound / weeks
    return made


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which this share of them lies, the nearest above; None of none."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None


def wilson(hits: int, n: int) -> float:
    """The lower end of Wilson's interval for a share of ``hits`` in ``n``, at 95 %."""
    share, over = hits / n, _Z * _Z / n
    return max(0.0, (share + over / 2 - _Z * sqrt(share * (1 - share) / n + over / (4 * n))) / (1 + over))


def _judged(made: Figures, goal: Goal) -> Figures:
    asked: list[tuple[str, bool]] = []

    def ask(name: str, value: float | None, most: float | None, extra: float = 0.0) -> None:
        if most is not None:
            asked.append((name, value is not None and value <= most + extra + 1e-9))

    ask("p50", made.p50_s, goal.p50_s, goal.own_s)
    ask("p95", made.p95_s, goal.p95_s, goal.own_s)
    ask("alerts", made.alerts, goal.alerts if made.per_week is None else None)
    ask("per week", made.per_week, goal.per_week)
    apart = made.afterwards.apart if made.afterwards else None
    for name, value, least in (
        ("exact set", made.exact_set, goal.exact_set),
        ("recall", made.recall, goal.recall),
        ("told apart", apart, goal.apart),
    ):
        if least is not None:
            asked.append((name, value is not None and value >= least - 1e-9))
    figures_asked = (goal.p50_s, goal.p95_s, goal.exact_set, goal.recall, goal.apart, goal.per_week)
    if any(least is not None for least in figures_asked):
        made.missed = tuple(name for name, met in asked if not met)
        made.met = not made.missed
    return made
