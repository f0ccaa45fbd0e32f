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


def stamp(report: Report, sent: Sent, received: float, boot: Boot | None, at_ms: int = 0) -> Stamp:
    """When a result ``at_ms`` from its report's ``mono`` was measured; never later than it was received.

    ``boot`` is what is known of the report's boot, used only when that is not the sender's boot. A report that it puts
    after its own arrival was not measured then (its clock was set meanwhile), and the time is unsure.
    """
    after_s = at_ms / 1000
    if report.boot == sent.boot:
        return Stamp(min(received - (sent.mono - report.mono - after_s), received), unsure=False)
    if boot is None:
        return Stamp(min(report.wall + after_s, received), unsure=True)
    at = (report.wall - boot.skew if boot.began is None else boot.began + report.mono) + after_s
    return Stamp(min(at, received), unsure=at > received)


def dates(report: Report, sent: Sent, received: float, boot: Boot | None) -> list[float | None]:
    """When each of a report's results was measured, in their order; None where that is unsure."""
    if report.boot == sent.boot:
        zero = received - (sent.mono - report.mono)
        return [min(zero + result.at / 1000, received) for result in report.results]
    stamps = [stamp(report, sent, received, boot, result.at) for result in report.results]
    return [None if one.unsure else one.at for one in stamps]


def live_seconds(period: float) -> float:
    """How old a result may be and still be the present: two periods, and never less than two reports' time."""
    return LIVE_PERIODS * max(period, REPORT_SECONDS)


def is_live(stamped: Stamp, received: float, period: float) -> bool:
    """Whether the result was still the present when it arrived."""
    return not stamped.unsure and received - stamped.at <= live_seconds(period)
