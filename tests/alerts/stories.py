"""Plays what happens to one fault minute by minute and writes down who is told, through the pure rules alone.

A line is ``MINUTE what happens -> who is told``; between the lines the clock runs, and whoever is told there is found
by a line with a minute and ``->`` alone. ``a opened`` says that person A is told that it opened.
"""

from collections import defaultdict
from typing import NamedTuple

from msgspec.structs import replace

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts import deciding
from sansang_alerts.escalating import Decision
from sansang_alerts.fault import Fault, Happening, Report
from sansang_alerts.roster import Roster, roster_of
from sansang_alerts.settings import AlertSettings
from sansang_alerts.standing import Standing
from tests.alerts.desks import fault, settings
from tests.support.faults import BEGAN

MINUTE_S = 60.0
Told = dict[float, list[str]]


class Line(NamedTuple):
    minute: float
    happens: list[str]
    told: list[str]


def read(story: str) -> list[Line]:
    lines = []
    for text in filter(None, map(str.strip, story.splitlines())):
        before, _, after = text.partition("->")
        minute, *happens = before.split()
        lines.append(Line(float(minute), happens, sorted(one.strip() for one in after.split(",") if one.strip())))
    return lines


def expected(story: str) -> Told:
    found: Told = defaultdict(list)
    for line in read(story):
        if line.told:
            found[line.minute] += line.told
    return dict(found)


class Play:
    """One alert from its first report on."""

    def __init__(self, roster: Roster, announced: bool) -> None:
        self._roster = roster
        self._announced = announced
        self._fault = fault()
        self.standing: Standing | None = None
        self.told: Told = {}

    def happens(self, minute: float, words: list[str]) -> None:
        now = BEGAN + minute * MINUTE_S
        what, *more = words
        if what == "acknowledge":
            self._take(minute, deciding.acknowledged(self._known, more[0], now, "link"))
        elif what == "release":
            self._take(minute, deciding.released(self._known, self._roster, now))
        elif what == "unreached":
            self._take(minute, deciding.unreached(self._known, self._roster, now))
        else:
            self._fault = _changed(self._fault, what, more, now)
            report = Report(self._fault, Happening(what), now)
            self._take(minute, deciding.reported(self.standing, report, self._roster, now, self._announced))

    def clock(self, minute: float) -> None:
        if self.standing is not None:
            self._take(minute, deciding.clock(self.standing, self._roster, BEGAN + minute * MINUTE_S))

    @property
    def _known(self) -> Standing:
        assert self.standing is not None
        return self.standing

    def _take(self, minute: float, decision: Decision) -> None:
        self.standing = decision.standing
        if decision.notices:
            told = [f"{one.to.person} {one.kind.value}" for one in decision.notices]
            self.told[minute] = sorted([*self.told.get(minute, []), *told])


def _changed(known: Fault, what: str, more: list[str], now: float) -> Fault:
    """``updated severity=warning held=maintenance:7``; an end comes with its time, a return takes it away."""
    said = dict(one.split("=", 1) for one in more)
    ended = {"recovered": now, "opened": None, "reopened": None}.get(what, known.ended_at)
    return replace(
        known,
        ended_at=ended,
        severity=Severity(said.get("severity", known.severity)),
        owner=Owner(said.get("owner", known.owner)),
        held_back=said.get("held", known.held_back),
        withdrawn=said.get("withdrawn", known.withdrawn),
        acknowledged_by=said.get("by", known.acknowledged_by),
        acknowledged_at=now if "by" in said else known.acknowledged_at,
    )


def played(story: str, of: AlertSettings | None = None, announced: bool = False) -> Told:
    """Who was told what at which minute, until the last line."""
    lines = read(story)
    play = Play(roster_of(of or settings(), {}, ()), announced)
    half = 0
    while half / 2 <= lines[-1].minute:
        minute = half / 2
        for line in lines:
            if line.minute == minute and line.happens:
                play.happens(minute, line.happens)
        play.clock(minute)
        half += 1
    return play.told
