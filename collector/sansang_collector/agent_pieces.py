"""Keeps the rendered lines of every agent until something about it changes, so that a scrape only joins them.

One piece per agent that there is; a piece goes with its agent.
"""

import time
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from . import agent_facts
from .agent_facts import Standing, Wanted, Window
from .agent_lines import Lines, render
from .liveness import Present

AGENTS_AT_ONCE = 100
"""As many are read from the ledger before they are rendered."""


class _Piece(NamedTuple):
    """An agent's lines, what it stood at when they were rendered, and when they turn wrong by themselves."""

    standing: Standing
    window: Window
    lines: Lines

    def holds(self, standing: Standing, now: float) -> bool:
        return self.standing == standing and self.window.first < now < self.window.last


class Pieces:
    """The lines of all agents as far as they are known. Not to be brought up by two threads at once."""

    def __init__(self) -> None:
        self._pieces: dict[int, _Piece] = {}
        self.standings: list[Standing] = []
        """Of all agents, as they were brought up last; replaced whole."""

    def bring_up(self, connection: Connection, present: Present, wanted: Wanted) -> list[Lines]:
        """The lines of every agent as the ledger has it, by commune and name; renders those that changed."""
        standings = agent_facts.standings(connection, present, wanted)
        pieces = {
            standing.id: piece
            for standing in standings
            if (piece := self._pieces.get(standing.id)) and piece.holds(standing, present.at)
        }
        changed = iter([standing for standing in standings if standing.id not in pieces])
        while some := list(islice(changed, AGENTS_AT_ONCE)):
            for standing, facts, window in agent_facts.read(connection, some, present.at):
                pieces[standing.id] = _Piece(standing, window, render(facts))
                time.sleep(0)  # lets the event loop have the interpreter: a thousand agents at once would hold it up
        self._pieces, self.standings = pieces, standings
        return [pieces[standing.id].lines for standing in standings]
