"""The collector without its consumers that asks nobody who they are: the bench of authentication holds ours against it.

Takes the same command line as ``sansang-collector``. What stands in the place of a token is the agent's number, which
is believed: nothing is looked up, renewed or watched.
"""

import sys
from collections.abc import Callable
from functools import cache

from sansang_collector import app
from sansang_collector.access import Principal
from sansang_collector.arrivals import Arrival
from sansang_collector.cli import main
from sansang_collector.ingest import Ingest
from sansang_collector.running import Collector
from sansang_collector.settings import CollectorSettings
from tests.bench.ingest_only import IngestOnly

BEARER = "Bearer "


class NobodyAsked(IngestOnly):
    """Takes every token for a good one, and keeps nothing in mind of who used it."""

    def __init__(self, settings: CollectorSettings, now: Callable[[], float], batch_s: float) -> None:
        super().__init__(settings, now, batch_s)
        vars(self.tokens).update(offer=_nothing, watch=_nobody)


def _nothing(_token: int | None, _now: float) -> None:
    return None


def _nobody(_arrival: Arrival) -> None:
    return None


def _believed(_ingest: Ingest, _collector: Collector, authorization: str) -> Principal | None:
    return _principal(int(authorization[len(BEARER) :]))


@cache
def _principal(agent: int) -> Principal:
    return Principal("agent", agent, agent)


if __name__ == "__main__":
    vars(app)["Collector"] = NobodyAsked
    type.__setattr__(Ingest, "_who", _believed)
    sys.exit(main())
