"""A strip with its words: what every stretch is called, a summary of the whole, and what held at one moment.

Pure; between timeline.py, which draws, and the pages, which fetch.
"""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from sansang_collector.view import IntervalView

from . import timeline
from .phrases import Phrases
from .timeline import Stretch, Window


class Strip(NamedTuple):
    """What a page shows of one check or rung over a window."""

    svg: Markup
    caption: str
    moment: str | None
    """What held at the marked moment, where one is marked."""


def describe(say: Phrases, stretch: Stretch, now: float) -> str:
    """``Hỏng (không trả lời), 08:14:05 – 08:20:35, 6 phút``; what came later says so."""
    _ = say.translations.gettext
    parts = [_called(say, stretch), say.span(stretch.first, stretch.last, now), say.duration(_length(stretch))]
    if stretch.late:
        parts.append(_("received later"))
    return ", ".join(parts)


def _called(say: Phrases, stretch: Stretch) -> str:
    _ = say.translations.gettext
    if stretch.outcome is None:
        return _("Without measurements")
    if stretch.light:
        return say.word("light", stretch.light)
    outcome = say.word("outcome", stretch.outcome)
    return f"{outcome} ({say.word('reason', stretch.reason)})" if stretch.reason else outcome


def _length(stretch: Stretch) -> float:
    return stretch.last - stretch.first


def summarise(say: Phrases, found: Sequence[Stretch]) -> str:
    """How often it was interrupted and for how long, and for how long nobody knows."""
    _, ngettext = say.translations.gettext, say.translations.ngettext
    failed = [stretch for stretch in found if stretch.kind == "failed"]
    if all(stretch.kind == "gap" for stretch in found):
        return _("Not measured in this time")
    parts = []
    if failed:
        total = say.duration(sum(_length(stretch) for stretch in failed))
        counted = ngettext("%(num)d interruption, %(total)s", "%(num)d interruptions, %(total)s in all", len(failed))
        parts.append(counted % {"num": len(failed), "total": total})
    elif any(stretch.kind in {"ok", "degraded"} for stretch in found):
        parts.append(_("No interruption"))
    others = (
        ("degraded", _("partly good for %(duration)s")),
        ("unknown", _("not known for %(duration)s")),
        ("gap", _("not measured for %(duration)s")),
    )
    for kind, text in others:
        spent = sum(_length(stretch) for stretch in found if stretch.kind == kind)
        if spent >= 1:
            parts.append(text % {"duration": say.duration(spent)})
    said = " · ".join(parts)
    return said[:1].upper() + said[1:]


def strip_of(
    say: Phrases,
    intervals: Sequence[IntervalView],
    window: Window,
    *,
    period_s: float,
    now: float,
    ident: str,
    name: str,
    marked: float | None = None,
) -> Strip:
    """The strip of what is called ``name``; ``ident`` is unique on its page."""
    found = timeline.stretches(intervals, window, period_s, now)
    caption = summarise(say, found)
    svg = timeline.strip(
        found,
        window,
        ident=ident,
        label=f"{name}: {caption}",
        title=lambda stretch: describe(say, stretch, now),
        marked=marked,
    )
    covering = timeline.at_moment(found, marked) if marked is not None else None
    return Strip(Markup(svg), caption, _called(say, covering) if covering else None)  # noqa: S704  # strip() escapes
