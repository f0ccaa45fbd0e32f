"""When every commune asks one service's host, so that all together never ask it more often than it may be. Pure.

Time is cut into frames of steps, one run a step. The first step of a frame is for pages, which cost as much as ten
connections; the others are for connections. A commune has one seat, and its runs lie at least a minute apart.
"""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from .seats import place, room, seated

SAFE = 0.8
"""The share of a budget that is planned: clocks of machines differ by part of a step."""
PAGE_COST = 10
"""A full page counts as so many connections."""
ADDRESS_S = 60.0
"""One commune asks one host at most this often."""
LONGEST_S = 86400.0
"""No period is longer; communes that do not fit into a day of pages do not ask."""


class Slot(NamedTuple):
    """When a check runs: every ``period`` seconds, ``phase`` seconds into it, by the collector's clock."""

    period: float
    phase: float


class Grid(NamedTuple):
    """How a host's time is cut. Times are in steps."""

    step: float
    """Seconds between two runs."""
    frame: int
    """Steps in a frame."""
    frames: int
    """Frames in a cycle, in which a commune makes each connection once."""
    width: int
    """Communes that share a frame."""
    shift: int
    """Frames between two runs of one commune."""

    @property
    def cycle_s(self) -> float:
        """Seconds of a cycle."""
        return self.frames * self.frame * self.step


class Timetable:
    """One host: ``pages`` and ``connections`` are ids of checks; empty where the budget allows nothing within a day."""

    def __init__(
        self,
        per_second: float,
        pages: Sequence[str],
        connections: Sequence[str],
        communes: Sequence[str],
        start: float = 0.0,
    ) -> None:
        """``start``: a share of the cycle, other for each host, so that a machine does not ask all hosts at once."""
        self._start = start
        self._pages, self._connections = tuple(pages), tuple(connections)
        self._grid = _grid(per_second, len(pages), len(connections), room(len(communes)))
        if self._grid is None and pages and connections:
            self._pages = ()
            self._grid = _grid(per_second, 0, len(connections), room(len(communes)))
        size = self._grid.frames * self._grid.width if self._grid else 0
        order = sorted(communes) if size >= len(communes) else sorted(communes, key=place)[:size]
        self._seats = seated(((code, place(code)) for code in order), size)

    def slots(self, commune: str) -> dict[str, Slot]:
        """When the commune's machine runs each check; nothing where it has no seat."""
        seat = self._seats.get(commune)
        if seat is None or self._grid is None:
            return {}
        grid = self._grid
        frame, within = divmod(seat, grid.width)
        found = {id_: self._connection(grid, n, frame, within) for n, id_ in enumerate(self._connections)}
        return found | {id_: self._page(grid, n, frame, within) for n, id_ in enumerate(self._pages)}

    def _connection(self, grid: Grid, n: int, frame: int, within: int) -> Slot:
        at = (frame + n * grid.shift) % grid.frames * grid.frame + 1 + n * grid.width + within
        return self._slot(grid, 1, at * grid.step)

    def _page(self, grid: Grid, n: int, frame: int, within: int) -> Slot:
        """Communes that share a frame take turns, cycle by cycle."""
        turn = within + grid.width * n
        turns = grid.width * len(self._pages)
        at = (frame + len(self._connections) * grid.shift) % grid.frames * grid.frame
        return self._slot(grid, turns, turn * grid.cycle_s + at * grid.step)

    def _slot(self, grid: Grid, cycles: int, at: float) -> Slot:
        period = cycles * grid.cycle_s
        return Slot(period, (at + self._start * grid.cycle_s) % period)


def _grid(per_second: float, pages: int, connections: int, seats: int) -> Grid | None:
    """The shortest cycle with a seat for each; with fewer seats where a day would not do; None where nothing fits."""
    step = 1 / (SAFE * per_second)
    frame = PAGE_COST * max(1, ceil(connections / (PAGE_COST - 1)))
    kinds = connections + min(pages, 1)
    if not kinds or not seats:
        return None
    apart = ceil(ADDRESS_S / (frame * step)) + (kinds > 1)
    widest = (frame - 1) // connections if connections else 1
    width = min(widest, ceil(seats / (kinds * apart)))
    while width > 1 and kinds * apart * frame * step * width * max(pages, 1) > LONGEST_S:
        width -= 1
    most = int(LONGEST_S / (frame * step * width * max(pages, 1)))
    frames = max(kinds * apart, min(ceil(seats / width), most))
    if frames > most:
        return None
    return Grid(step, frame, frames, width, frames // kinds)
