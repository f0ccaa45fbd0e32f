"""The collector without its consumers that asks nobody who they are: the bench of authentication holds ours against it.

Takes the same command line as ``sansang-collector``. Whoever sends is agent 1; no token is looked up, renewed, watched.
"""

import sys
from collections.abc import Callable

from sansang_collector import app
from sansang_collector.access import Principal, holder
from sansang_collector.arrivals import Arrival
from sansang_collector.cli import main
from sansang_collector.ingest import Ingest
from sansang_collector.running import Collector
from sansang_collector.settings import CollectorSettings
from sansang_collector.tokens import Found
from tests.bench.ingest_only import IngestOnly

ANYBODY = holder("Bearer x", lambda _secret: Found(1, "agent", 1))


class NobodyAsked(IngestOnly):
    """Takes every token for a good one, and keeps nothing in mind of who used it."""

    def __init__(self, settings: CollectorSettings, now: Callable[[], float], batch_s: float) -> None:
        super().__init__(settings, now, batch_s)
        vars(self.tokens).update(offer=_nothing, watch=_nobody)


def _nothing(_token: int | None, _now: float) -> None:
    return None


def _nobody(_arrival: Arrival) -> None:
    return None


def _anybody(_ingest: Ingest, _collector: Collector, _authorization: str) -> Principal | None:
    return ANYBODY


if __name__ == "__main__":
    vars(app)["Collector"] = NobodyAsked
    type.__setattr__(Ingest, "_who", _anybody)
    sys.exit(main())
