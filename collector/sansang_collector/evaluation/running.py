"""Runs the trials of an evaluation, on as many processes as wanted, and hands them over as they come."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from math import ceil
from multiprocessing import get_context
from typing import NamedTuple

from .rows import ROWS
from .trial import Outcome, run


class Wanted(NamedTuple):
    """What is to be run."""

    rows: Sequence[str]
    seed: int
    faults: int
    """Trials of a row in which something breaks; degraded ones are half as many."""
    days: int
    """Trials of a row in which nothing does."""
    communes: int = 65


def trials(wanted: Wanted) -> list[tuple[str, int]]:
    """Every trial, by row and number."""
    found = []
    for name in wanted.rows:
        row = ROWS[name]
        count = wanted.days if row.is_quiet else max(1, ceil(wanted.faults * row.weight))
        found += [(name, number) for number in range(count)]
    return found


def outcomes(wanted: Wanted, jobs: int) -> Iterator[list[Outcome]]:
    """Trial by trial; with one job in their order and in this process."""
    if jobs == 1:
        for name, number in trials(wanted):
            yield run(name, wanted.seed, number, wanted.communes)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(run, name, wanted.seed, number, wanted.communes) for name, number in trials(wanted)]
        for one in as_completed(waiting):
            yield one.result()
