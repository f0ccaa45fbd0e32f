"""A collector that asks who sends or does not, as the sender has it, so that one process can be measured both ways.

Takes the same command line as ``sansang-collector``. A number in the place of a token is believed to be the agent's:
nothing is looked up, renewed or watched. ``TAKING_ONLY=1`` leaves the consumers out.
"""

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from sansang_collector import app
from sansang_collector.access import Principal
from sansang_collector.arrivals import Arrival
from sansang_collector.cli import main
from sansang_collector.ingest import Ingest
from sansang_collector.renewal import TokenKeeper
from sansang_collector.running import Collector
from sansang_collector.settings import CollectorSettings
from tests.bench.ingest_only import IngestOnly

BEARER = "Bearer "
_ask = Ingest._who


class Believing:
    """In the place of the keeper of tokens: passes on what is of those that were asked."""

    def __init__(self, keeper: TokenKeeper) -> None:
        self._offer, self._watch = keeper.offer, keeper.watch
        self.believes = False

    def offer(self, token: int | None, now: float) -> str | None:
        return None if self.believes else self._offer(token, now)

    def watch(self, arrival: Arrival) -> None:
        if not self.believes:
            self._watch(arrival)


class AskedOrNot(IngestOnly if os.environ.get("TAKING_ONLY") else Collector):  # type: ignore[misc]
    """Remembers of the newest report whether its sender was asked."""

    def __init__(self, settings: CollectorSettings, now: Callable[[], float], *more: Any) -> None:
        super().__init__(settings, now, *more)
        self.believing = Believing(self.tokens)
        self.tokens.__dict__.update(offer=self.believing.offer, watch=self.believing.watch)


def _who(ingest: Ingest, collector: AskedOrNot, authorization: str) -> Principal | None:
    number = authorization[len(BEARER) :]
    collector.believing.believes = number.isdigit()
    return _principal(int(number)) if number.isdigit() else _ask(ingest, collector, authorization)


@cache
def _principal(agent: int) -> Principal:
    return Principal("agent", agent, agent)


if __name__ == "__main__":
    vars(app)["Collector"] = AskedOrNot
    type.__setattr__(Ingest, "_who", _who)
    sys.exit(main())
