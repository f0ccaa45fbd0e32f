"""``python -m tests.support.hasty_vantage run --vantage …``: a vantage to which a minute is six seconds.

So a silence of the collector is told within a test's time; all else of it is as in life.
"""

from sansang_agent import dead_man, pace, silence_watch, uplink
from sansang_agent.cli import main
from sansang_agent.contract.report import Pace

MINUTE_S = 6.0


class Hasty(pace.Turns):
    """Tells at once, whatever the collector asks for."""

    def told(self, _pace: object) -> None:
        self._pace = Pace(live_s=0.2)


if __name__ == "__main__":
    setattr(dead_man, "MINUTE_S", MINUTE_S)  # noqa: B010  # a constant everywhere else
    setattr(dead_man, "ALONE_REPORTS", 0)  # noqa: B010
    setattr(silence_watch, "CALM_S", 2.0)  # noqa: B010
    setattr(uplink, "Turns", Hasty)  # noqa: B010
    main()
