"""The table of an evaluation in Markdown: one part a row, everybody who watched below each other. Pure."""

from collections.abc import Callable, Iterator, Sequence

from .goals import Goal
from .rows import ROWS
from .summary import Figures
from .watching import ENGINE, SCORE

Gettext = Callable[[str], str]


def table(found: Sequence[Figures], _: Gettext) -> str:
    """Rows in which something breaks, rows in which it is over and was told of, and rows in which nothing does."""
    over = [one for one in found if one.afterwards is not None]
    broken = [one for one in found if one.per_week is None and one.afterwards is None]
    quiet = [one for one in found if one.per_week is not None]
    parts = [_broken(broken, _)] if broken else []
    parts += [_over(over, _)] if over else []
    parts += [_quiet(quiet, _)] if quiet else []
    return "\n\n".join(parts)


def _broken(found: Sequence[Figures], _: Gettext) -> str:
    head = (
        _("row"), _("who"), "n", _("recall"), _("exact set (at least, 95 %)"), _("exact part"), _("class"), "p50 s",
        "p95 s", _("alerts per fault"), _("ms a look"), _("asked: p50/p95 s (+ own time-out)"), _("verdict"),
    )  # fmt: skip
    lines = []
    for one in found:
        exact = f"{_share(one.exact_set)} ({_share(one.exact_bound)})"
        lines.append((
            one.row, one.who, str(one.n), _share(one.recall), exact, _share(one.exact_component),
            _plain(one.class_size, 1), _plain(one.p50_s, 0), _plain(one.p95_s, 0), _plain(one.alerts, 2),
            _plain(one.look_ms, 1), _asked(ROWS[one.row].goal), _verdict(one, _),
        ))  # fmt: skip
    return _drawn(head, lines)


def _over(found: Sequence[Figures], _: Gettext) -> str:
    head = (
        _("row"), _("who"), "n", _("recall"), _("told apart (at least, 95 %)"), _("class before"), _("class after"),
        _("after its end p50 s"), "p95 s", _("lasted: off by p95 s, live"), _("afterwards"), _("alerts per fault"),
        _("verdict"),
    )  # fmt: skip
    lines = [
        (
            one.row, one.who, str(one.n), _share(one.recall), f"{_share(told.apart)} ({_share(told.apart_bound)})",
            _plain(told.class_before, 1), _plain(told.class_after, 1), _plain(told.p50_s, 0), _plain(told.p95_s, 0),
            _plain(told.off_before_p95_s, 0), _plain(told.off_p95_s, 0), _plain(one.alerts, 2), _verdict(one, _),
        )
        for one in found
        if (told := one.afterwards) is not None
    ]  # fmt: skip
    return _drawn(head, lines)


def _quiet(found: Sequence[Figures], _: Gettext) -> str:
    head = (
        _("row"), _("who"), _("days"), _("false incidents"), _("per province-week (at most, 95 %)"), _("ms a look"),
        _("verdict"),
    )  # fmt: skip
    lines = [
        (
            one.row, one.who, str(one.n), _plain(one.alerts, 0),
            f"{_plain(one.per_week, 1)} ({_plain(one.per_week_bound, 1)})", _plain(one.look_ms, 1), _verdict(one, _),
        )
        for one in found
    ]  # fmt: skip
    return _drawn(head, lines)


def _verdict(one: Figures, _: Gettext) -> str:
    if one.met is None or one.who not in (ENGINE, SCORE):
        return ""
    return _("met") if one.met else _("missed: {what}").format(what=", ".join(one.missed))


def _asked(goal: Goal) -> str:
    if goal.p95_s is None:
        return "–"
    own = f" (+{goal.own_s:g})" if goal.own_s else ""
    return f"{'–' if goal.p50_s is None else f'{goal.p50_s:g}'}/{goal.p95_s:g}{own}"


def _share(value: float | None) -> str:
    return _plain(value, 2)


def _plain(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _drawn(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    def rows() -> Iterator[str]:
        yield "| " + " | ".join(head) + " |"
        yield "|" + "---|" * len(head)
        for line in lines:
            yield "| " + " | ".join(line) + " |"

    return "\n".join(rows())
