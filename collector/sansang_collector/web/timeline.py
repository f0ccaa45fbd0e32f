"""Intervals as small SVG strips: what was seen when, and plainly where nothing was measured.

Pure: intervals and a window in, stretches and SVG text out; colours and patterns are classes of the style sheet.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from sansang_agent.contract.light import Light
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_collector.view import IntervalView

from .phrases import local

HEIGHT = 24
"""Pixels; a good stretch is a thin bar in the middle, a failed one fills it: also told apart without colour."""

_SHAPES = {"ok": (6, 12), "degraded": (3, 18), "failed": (0, 22), "unknown": (4, 16), "gap": (11, 2)}
"""Top and height in pixels."""

_PATTERNED = frozenset({"degraded", "failed", "unknown"})
"""What is not good: patterned, and never so narrow that it disappears."""

_LEAST_WIDTH = 0.4
"""Per cent; a short failure must be seen. Its title tells the true times."""

_JOINED_PERIODS = 2.5
"""Results at most this many periods apart belong together (the same rule as the collector's history)."""


_MARKS = ((12 * 3600, 3600), (48 * 3600, 6 * 3600))
"""Up to which length of a window (seconds) how far apart its marks are."""


class Window(NamedTuple):
    """What a strip shows, in Unix seconds."""

    first: float
    last: float

    def place(self, at: float) -> float:
        """Where ``at`` is, in per cent of the width."""
        return (min(max(at, self.first), self.last) - self.first) / (self.last - self.first) * 100


class Stretch(NamedTuple):
    """A time of one outcome, or of none (``outcome`` is None: not measured), cut to the window."""

    outcome: Outcome | None
    reason: Reason | None
    first: float
    last: float
    late: bool
    light: Light | None = None
    """The light of a rung's stretch, which can be partly good where an outcome cannot."""

    @property
    def kind(self) -> str:
        """The light's or the outcome's name, or ``gap``."""
        shown = self.light or self.outcome
        return shown.value if shown else "gap"


def stretches(intervals: Sequence[IntervalView], window: Window, period_s: float, now: float) -> list[Stretch]:
    """The window from end to end, without holes: a result speaks for one period, what is beyond is a gap.

    Between two intervals close enough to belong together the earlier one lasts until the later one begins.
    """
    ordered = sorted(intervals, key=lambda interval: interval.first_at)
    last = min(window.last, now)
    found: list[Stretch] = []
    shown_to = window.first
    for index, interval in enumerate(ordered):
        following = ordered[index + 1].first_at if index + 1 < len(ordered) else last
        first = max(interval.first_at, shown_to)
        ends = min(_end(interval, following, period_s), last)
        if ends < first:
            continue
        if first > shown_to:
            found.append(Stretch(None, None, shown_to, first, late=False))
        found.append(Stretch(interval.outcome, interval.reason, first, ends, interval.late, interval.light))
        shown_to = ends
    if shown_to < last:
        found.append(Stretch(None, None, shown_to, last, late=False))
    return found


def _end(interval: IntervalView, following: float, period_s: float) -> float:
    if following - interval.last_at <= _JOINED_PERIODS * period_s:
        return following
    return interval.last_at + period_s


def at_moment(found: Sequence[Stretch], at: float) -> Stretch | None:
    """The stretch that covers ``at``; where two meet, the one that begins there."""
    return next((stretch for stretch in reversed(found) if stretch.first <= at <= stretch.last), None)


def strip(
    found: Sequence[Stretch],
    window: Window,
    *,
    ident: str,
    label: str,
    title: Callable[[Stretch], str],
    marked: float | None = None,
) -> str:
    """One strip as SVG. ``ident`` begins the element ids, so that a refreshed page keeps its focus.

    What is not good is drawn last and can be reached with the keyboard; ``marked`` draws a line at that moment.
    """
    drawn = sorted(found, key=lambda stretch: (stretch.kind != "gap", stretch.kind != "ok"))
    parts = [_line("tick", window.place(at)) for at in hours(window)]
    parts += [_drawn(stretch, window, ident, title(stretch)) for stretch in drawn]
    if marked is not None:
        parts.append(_line("marked", window.place(marked)))
    body = "\n".join(parts)
    return (
        f'<svg class="strip" role="group" aria-label="{escape(label)}" width="100%" height="{HEIGHT}">\n{body}\n</svg>'
    )


def _line(name: str, place: float) -> str:
    return f'<line class="{name}" x1="{place:.2f}%" x2="{place:.2f}%" y2="{HEIGHT}"/>'


def _drawn(stretch: Stretch, window: Window, ident: str, title: str) -> str:
    start, end = window.place(stretch.first), window.place(stretch.last)
    least = _LEAST_WIDTH if stretch.kind in _PATTERNED else 0.0
    width = max(end - start, least)
    start = min(start, 100 - width)
    top, height = _SHAPES[stretch.kind]
    reach = "" if stretch.kind == "ok" else f' id="{escape(ident)}-{stretch.first:.0f}" role="img" tabindex="0"'
    place = f'x="{start:.2f}%" width="{width:.2f}%"'
    pattern = f' fill="url(#pattern-{stretch.kind})"' if stretch.kind in _PATTERNED else ""
    late = f'<rect class="late" {place} y="{HEIGHT - 2}" height="2"/>' if stretch.late else ""
    return (
        f'<g class="stretch {stretch.kind}"{reach}><title>{escape(title)}</title>'
        f'<rect {place} y="{top}" height="{height}"{pattern}/>{late}</g>'
    )


def hours(window: Window) -> list[float]:
    """The moments to mark: every full hour in Vietnam, every sixth beyond twelve hours, midnights beyond two days."""
    step = next((step for longest, step in _MARKS if window.last - window.first <= longest), 24 * 3600)
    offset = local(window.first).utcoffset()
    assert offset is not None
    shift = offset.total_seconds()
    first = -(-(window.first + shift) // step) * step - shift
    return [first + step * count for count in range(int((window.last - first) // step) + 1)]


def axis(window: Window) -> str:
    """The hours below a group of strips, hidden from screen readers: every stretch tells its own times."""
    marks = hours(window)
    form = "%d/%m" if window.last - window.first > 48 * 3600 else "%H:%M"
    labels = [
        _mark(f"{local(at):{form}}", window.place(at), between=(len(marks) - index) % 2 == 0)
        for index, at in enumerate(marks)
    ]
    return '<svg class="axis" aria-hidden="true" width="100%" height="16">' + "".join(labels) + "</svg>"


def _mark(text: str, place: float, *, between: bool) -> str:
    """A label that stays within the strip; every other one is left out where there is no room."""
    anchor = "start" if place < 4 else "end" if place > 96 else "middle"
    name = ' class="between"' if between else ""
    return f'<text{name} x="{place:.2f}%" y="12" text-anchor="{anchor}">{text}</text>'
