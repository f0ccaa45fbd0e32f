"""``sansang-collector evaluate``: plays faults of every kind and prints how well they were found, and by whom.

Nothing is listened to and nothing is asked; all of it happens in the fast world of ``simulation``.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from sansang_agent.contract.scalars import closest
from sansang_agent.contract.words import catalogue

from .evaluation.kept_trials import KeptError, KeptTrials
from .evaluation.rows import ROWS
from .evaluation.running import Trial, Wanted, played, trials
from .evaluation.summary import figures
from .evaluation.table import table
from .evaluation.trial import Outcome
from .evaluation.watching import ENGINE, SCORE
from .settings import CollectorSettings

Gettext = Callable[[str], str]


STOPPED = 130
"""The exit status of what was stopped from the keyboard, as shells have it."""


def evaluate(options: argparse.Namespace, settings: CollectorSettings) -> int:  # noqa: ARG001  # as all commands
    """Run what is wanted; 0, 2 where there is no such row, 1 where the file of kept ones is of something else."""
    _ = catalogue("sansang_collector", options.lang).gettext
    unknown = [name for name in options.only if name not in ROWS]
    if unknown:
        print(_unknown(unknown[0], _), file=sys.stderr)
        return 2
    wanted = Wanted(options.only or list(ROWS), options.seed, options.faults, options.days, options.communes)
    try:
        kept = KeptTrials(options.keep) if options.keep else None
    except KeptError as error:
        print(_strange(options.keep, error, _), file=sys.stderr)
        return 1
    known = _known(wanted, kept, _)
    try:
        with _stoppable():
            _play(wanted, known, kept, options.jobs)
    except KeyboardInterrupt:
        print(_stopped(len(known), len(trials(wanted)), _, kept=kept is not None), file=sys.stderr)
        return STOPPED
    _tell([one for some in known.values() for one in some], options, _)
    return 0


def _known(wanted: Wanted, kept: KeptTrials | None, _: Gettext) -> dict[Trial, list[Outcome]]:
    """What need not be played again of what is wanted."""
    if kept is None:
        return {}
    if others := kept.by_others(wanted):
        said = _("Trials that another version of this program kept are played again: {count}.")
        print(said.format(count=others), file=sys.stderr)
    found = kept.of(wanted)
    return {trial: found[trial] for trial in trials(wanted) if trial in found}


def _play(wanted: Wanted, known: dict[Trial, list[Outcome]], kept: KeptTrials | None, jobs: int) -> None:
    """What is missing; ``known`` takes it up."""
    asked = trials(wanted)
    for trial, some in played([one for one in asked if one not in known], wanted, jobs):
        known[trial] = some
        if kept is not None:
            kept.keep(wanted, trial, some)
        if sys.stderr.isatty():
            print(f"\r{len(known)}/{len(asked)}", end="", file=sys.stderr, flush=True)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Whoever ends this program (a service manager, a shutdown) is heard as the keyboard is."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(found: list[Outcome], options: argparse.Namespace, _: Gettext) -> None:
    found.sort(key=lambda one: (list(ROWS).index(one.row), one.number))
    if options.json:
        print(msgspec.json.format(msgspec.json.encode({"figures": figures(found), "trials": found})).decode())
        return
    print(table(figures(found), _))
    if options.failing:
        print(failing(found, _))


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


def _strange(path: Path, error: KeptError, _: Gettext) -> str:
    said = _("{file}, line {line}: this is no trial that was kept ({problem}). Nothing was changed; name another file.")
    return said.format(file=path, line=error.line, problem=error.problem)


def _stopped(done: int, total: int, _: Gettext, *, kept: bool) -> str:
    said = _("Stopped; trials played: {done} of {total}.").format(done=done, total=total)
    how = _("The same command goes on from there.") if kept else _("None of them is kept (--keep FILE).")
    return f"{said} {how}"
