"""When something was measured, without trusting the clock of the machine that measured it.

Pure: the two monotonic stamps of one boot say how long ago. A report of an earlier boot is dated from when that boot
began by our clock, as its last contact showed; the wall clock serves only where that is not known.
"""

from typing import NamedTuple

from sansang_agent.contract.report import Report, Sent

DEFAULT_PERIOD = 15.0
REPORT_SECONDS = 15.0
"""A result may lie this long in the agent before its report leaves."""
LIVE_PERIODS = 2.0


class Boot(NamedTuple):
    """What the last contact in a boot showed: the clock's skew, and when the boot began by the collector's clock."""

    skew: float
    began: float | None


class Stamp(NamedTuple):
    """When (Unix seconds, the collector's clock), and whether that is only the word of an unchecked wall clock."""

    at: float
    unsure: bool


def skew(sent: Sent, received: float) -> float:
    """The agent's wall clock minus the collector's, in seconds; the way here counts as skew."""
    return sent.wall - received


def known_boot(sent: Sent, received: float) -> Boot:
    """What an envelope shows of the boot it was sent in."""
    return Boot(skew(sent, received), received - sent.mono)


class Dating(NamedTuple):
    """How the results of one report are dated: when it was taken by the collector's clock, and how sure that is.

    ``taken`` may lie after ``received``: of the sender's own boot that is the clocks' grain, of another boot it means
    that a clock was set meanwhile.
    """

    taken: float
    received: float
    own_boot: bool
    known_boot: bool

    def sure_at(self, at_ms: int = 0) -> float | None:
        """When a result ``at_ms`` from the report's ``mono`` was measured; None where that is unsure."""
        at = self.taken + at_ms / 1000
        if self.own_boot:
            return min(at, self.received)
        return at if self.known_boot and at <= self.received else None


def dating(report: Report, sent: Sent, received: float, boot: Boot | None) -> Dating:
    """How a report's results are dated; ``boot`` is what is known of its boot, used if that is not the sender's."""
    if report.boot == sent.boot:
        return Dating(received - (sent.mono - report.mono), received, own_boot=True, known_boot=True)
    if boot is None:
        return Dating(report.wall, received, own_boot=False, known_boot=False)
    taken = report.wall - boot.skew if boot.began is None else boot.began + report.mono
    return Dating(taken, received, own_boot=False, known_boot=True)


def stamp(report: Report, sent: Sent, received: float, boot: Boot | None, at_ms: int = 0) -> Stamp:
    """When a result ``at_ms`` from its report's ``mono`` was measured; never later than it was received.

    A report that its boot puts after its own arrival was not measured then (its clock was set meanwhile), and the time
    is unsure.
    """
    dated = dating(report, sent, received, boot)
    at = dated.sure_at(at_ms)
    return Stamp(min(dated.taken + at_ms / 1000, received), unsure=True) if at is None else Stamp(at, unsure=False)


def live_seconds(period: float) -> float:
    """How old a result may be and still be the present: two periods, and never less than two reports' time."""
    return LIVE_PERIODS * max(period, REPORT_SECONDS)


def is_live(stamped: Stamp, received: float, period: float) -> bool:
    """Whether the result was still the present when it arrived."""
    return not stamped.unsure and received - stamped.at <= live_seconds(period)
