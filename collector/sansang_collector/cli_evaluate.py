"""``sansang-collector evaluate``: plays faults of every kind and prints how well they were found, and by whom.

Nothing is listened to and nothing is asked; all of it happens in the fast world of ``simulation``.
"""

import argparse
import sys
from collections.abc import Callable

import msgspec

from sansang_agent.contract.scalars import closest
from sansang_agent.contract.words import catalogue

from .evaluation.rows import ROWS
from .evaluation.running import Wanted, outcomes, trials
from .evaluation.summary import figures
from .evaluation.table import table
from .evaluation.trial import Outcome
from .evaluation.watching import ENGINE, SCORE
from .settings import CollectorSettings

Gettext = Callable[[str], str]


def evaluate(options: argparse.Namespace, settings: CollectorSettings) -> int:  # noqa: ARG001  # as all commands
    """Run what is wanted; 0, or 2 where there is no such row."""
    _ = catalogue("sansang_collector", options.lang).gettext
    unknown = [name for name in options.only if name not in ROWS]
    if unknown:
        print(_unknown(unknown[0], _), file=sys.stderr)
        return 2
    wanted = Wanted(options.only or list(ROWS), options.seed, options.faults, options.days, options.communes)
    found: list[Outcome] = []
    total = len(trials(wanted))
    for done, some in enumerate(outcomes(wanted, options.jobs), start=1):
        found += some
        if sys.stderr.isatty():
            print(f"\r{done}/{total}", end="", file=sys.stderr, flush=True)
    found.sort(key=lambda one: (list(ROWS).index(one.row), one.number))
    if options.json:
        print(msgspec.json.format(msgspec.json.encode({"figures": figures(found), "trials": found})).decode())
        return 0
    print(table(figures(found), _))
    if options.failing:
        print(failing(found, _))
    return 0


def failing(found: list[Outcome], _: Gettext) -> str:
    """Each trial of ours or of SCORE's that did not end with exactly the truth, or had false alerts."""
    wrong = [
        one for one in found if one.who in (ENGINE, SCORE) and (one.alerts if ROWS[one.row].is_quiet else not one.exact)
    ]
    said = _("{row} #{number}, {who}: broken was {truths}; said was {said}")
    return "\n".join(
        said.format(
            row=one.row, number=one.number, who=one.who, truths=", ".join(one.truths) or "–",
            said=", ".join(one.said) or "–",
        )
        for one in wrong
    )  # fmt: skip


def _unknown(name: str, _: Gettext) -> str:
    close = closest(name, ROWS)
    said = _("There is no row '{name}'.").format(name=name)
    meant = " " + _("Did you mean '{name}'?").format(name=close) if close else ""
    return said + meant + "\n" + _("The rows are: {rows}").format(rows=", ".join(f"'{row}'" for row in ROWS))
