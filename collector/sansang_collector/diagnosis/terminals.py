"""Watches each commune's whole site: whether all of it has gone dark, its terminal and every machine. Pure.

Without the vantage's echoes to a terminal there is no telling; then nothing is learned of that commune's evenings.
"""

from collections import defaultdict
from collections.abc import Container, Mapping, MutableMapping

import numpy as np

from sansang_agent.contract.rung import Component
from sansang_collector.expected import Usual
from sansang_collector.inventory.calendars import Calendar, day_and_minute, weekday_of

from .evidence import Evidence
from .graph import NOBODY, VANTAGE_KEY, Graph, Ints
from .manner import Evenings

RECENT_S = 60.0
"""What was heard, or asked, within this time counts as now."""
FOLD_S = 30.0
"""How often it is looked, and learned of what lies far enough back."""
NOTICED_S = RECENT_S + FOLD_S
"""A site went dark at most this long before it is seen to be."""
REMEMBERED_S = 3600.0
"""What was dark longer ago is learned of, or no longer in the evidence."""


class Darkness:
    """Which sites were dark when it was last looked, by commune's code, so that it holds for another graph too."""

    def __init__(self) -> None:
        self.since: dict[str, float] = {}
        """When each that is dark went dark."""
        self.over: list[tuple[str, float, float]] = []
        """What was dark a while ago, from when until when, the oldest end first."""
        self.lit: set[str] = set()
        """Those that were seen not to be dark."""

    def between(self, begins: float, ends: float) -> set[str]:
        """Who was dark at some time between these."""
        still = {code for code, since in self.since.items() if since <= ends}
        return still | {code for code, since, until in self.over if since <= ends and begins <= until}

    def rises(self, code: str, now: float) -> None:
        """It is not dark now."""
        if code in self.since:
            self.over.append((code, self.since.pop(code), now))

    def forget(self, before: float) -> None:
        """What was over by then."""
        while self.over and self.over[0][2] < before:
            del self.over[0]


class Sites:
    """One graph's."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.terminals: dict[int, Ints] = {
            commune: np.array(checks, np.int32) for commune, checks in _terminals(graph).items()
        }
        """By commune's number: the vantage's checks of its terminals."""
        self.darkness = Darkness()

    def watch(
        self, evidence: Evidence, usual: Usual, evenings: MutableMapping[str, Evenings], spared: Container[str]
    ) -> None:
        """Note in ``evenings`` which sites were there today, and which have just gone dark but for ``spared`` ones."""
        now = evidence.now
        dark = self.darkness
        dark.forget(now - REMEMBERED_S)
        day, minute = day_and_minute(now)
        here = evidence.spoke >= now - RECENT_S
        speaking = set(self._graph.agent_commune[here].tolist())
        for number, checks in self.terminals.items():
            asked = evidence.last_at[checks] >= now - RECENT_S
            if not asked.all():
                continue
            is_dark = number not in speaking and bool(evidence.last_failed[checks].all())
            code = self._graph.communes[number]
            if not is_dark:
                dark.rises(code, now)
                if number in speaking and _is_workday(usual.calendars, code, day):
                    evenings[code] = evenings.get(code, Evenings()).saw(day)
                dark.lit.add(code)
            elif code not in dark.since:
                dark.since[code] = now - NOTICED_S
                if code in dark.lit and code not in spared:  # it was seen to go, not only to be gone
                    evenings[code] = evenings.get(code, Evenings()).went_dark(day, minute)

    def dark_checks(self, begins: float, ends: float) -> list[Ints]:
        """The vantage's checks of terminals whose site was dark at some time between these."""
        dark = self.darkness.between(begins, ends)
        return [checks for number, checks in self.terminals.items() if self._graph.communes[number] in dark]


def _terminals(graph: Graph) -> dict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for name, place in graph.names[VANTAGE_KEY].items():
        part = graph.part_numbers.get(name, NOBODY)
        if name.startswith(f"{Component.TERMINAL}:") and part != NOBODY:
            found[int(graph.part_commune[part])].append(graph.first[VANTAGE_KEY] + place)
    return found


def _is_workday(calendars: Mapping[str, Calendar], commune: str, day: int) -> bool:
    calendar = calendars.get(commune)
    if calendar is None:
        return True
    weekday = weekday_of(day)
    return day not in calendar.holidays and any(one.weekday == weekday for one in calendar.openings)
