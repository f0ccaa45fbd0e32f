"""Runs the trials of an evaluation, on as many processes as wanted, and hands them over as they come."""

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from math import ceil
from multiprocessing import active_children, get_context
from typing import NamedTuple

from .rows import ROWS
from .trial import Outcome, run


class Wanted(NamedTuple):
    """What is to be run."""

    rows: Sequence[str]
    seed: int
    faults: int
    """Trials of a row in which something breaks; rows with a weight have fewer."""
    days: int
    """Trials of a row in which nothing does; the same."""
    communes: int = 65


class Trial(NamedTuple):
    """One of a row's."""

    row: str
    number: int


def trials(wanted: Wanted) -> list[Trial]:
    """Every trial: the first of each row, then the second of each, so that what is stopped early holds some of all."""
    found = []
    for name in wanted.rows:
        row = ROWS[name]
        count = max(1, ceil((wanted.days if row.is_quiet else wanted.faults) * row.weight))
        found += [Trial(name, number) for number in range(count)]
    return sorted(found, key=lambda one: one.number)


def played(asked: Sequence[Trial], wanted: Wanted, jobs: int) -> Iterator[tuple[Trial, list[Outcome]]]:
    """Trial by trial; with one job in their order and in this process."""
    if jobs == 1:
        for one in asked:
            yield one, run(one.row, wanted.seed, one.number, wanted.communes)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_be_stopped_at_once)
    try:
        waiting = {pool.submit(run, one.row, wanted.seed, one.number, wanted.communes): one for one in asked}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    except BaseException:  # nobody waits for trials whose outcome nobody takes
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _be_stopped_at_once() -> None:
    """What stops the evaluation from the keyboard ends its processes too, without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
