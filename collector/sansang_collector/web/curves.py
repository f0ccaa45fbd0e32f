"""Small curves of how long answers took, below a strip: the mean of each step, nothing where nothing was measured.

Pure: points and a window in, SVG and words out.
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from markupsafe import Markup

from sansang_collector.view import PointView

from .phrases import Phrases
from .timeline import Window

WIDTH, HEIGHT = 1000, 32
"""The drawing's own units; it is stretched to the width of the strip."""
_HEADROOM = 1.1
"""The highest mean stays a little below the upper edge."""


class Curve(NamedTuple):
    """What a page shows of one check's times over a window."""

    svg: Markup
    caption: str


class _Step(NamedTuple):
    """From when to when, and the mean and the longest in milliseconds."""

    first: float
    last: float
    mean: float
    longest: float


def curve_of(say: Phrases, points: Sequence[PointView], window: Window, step_s: int, name: str) -> Curve | None:
    """The curve of what is called ``name``: of its round trips, else of its durations; None where it has neither."""
    trips = _steps([(it.at, it.rtt_ms, it.rtt_max_ms) for it in points], step_s)
    steps = trips or _steps([(it.at, it.total_ms, it.total_max_ms) for it in points], step_s)
    if not steps:
        return None
    caption = _caption(say, steps, step_s, of_trips=bool(trips))
    return Curve(Markup(_draw(steps, window, f"{name}: {caption}")), caption)  # noqa: S704  # _draw() escapes


def _steps(found: Sequence[tuple[float, float | None, float | None]], step_s: int) -> list[_Step]:
    return [
        _Step(at, at + step_s, mean, longest) for at, mean, longest in found if mean is not None and longest is not None
    ]


def _caption(say: Phrases, steps: Sequence[_Step], step_s: int, *, of_trips: bool) -> str:
    _ = say.translations.gettext
    text = (
        _("Round trip, means over %(step)s: %(least)s – %(most)s; longest %(longest)s")
        if of_trips
        else _("Duration, means over %(step)s: %(least)s – %(most)s; longest %(longest)s")
    )
    return text % {
        "step": say.duration(step_s),
        "least": say.milliseconds(min(step.mean for step in steps)),
        "most": say.milliseconds(max(step.mean for step in steps)),
        "longest": say.milliseconds(max(step.longest for step in steps)),
    }


def _draw(steps: Sequence[_Step], window: Window, title: str) -> str:
    top = max(step.mean for step in steps) * _HEADROOM or 1.0  # whole milliseconds can all be none
    parts: list[str] = []
    drawn_to: float | None = None
    for step in steps:
        y = HEIGHT - step.mean / top * HEIGHT
        begin, end = (window.place(at) / 100 * WIDTH for at in (step.first, step.last))
        parts.append(f"{'L' if step.first == drawn_to else 'M'}{begin:.1f} {y:.1f}H{end:.1f}")
        drawn_to = step.last
    return (
        f'<svg class="curve" role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' preserveAspectRatio="none" width="100%" height="{HEIGHT}"><title>{escape(title)}</title>'
        f'<path d="{"".join(parts)}"/></svg>'
    )
