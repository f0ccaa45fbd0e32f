"""From entries of the report log to the diagnosis: who spoke when, and how each check went, by sure times.

The rules are those of ``state``: dated without trusting the machine's clock, live for two periods. What could not be
found out is no evidence.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from sqlalchemy import Connection

from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Host, Report, Result

from . import boots, clocks, profiles_seen
from .boots import InBoot
from .diagnosis.sighting import Seen, Sighting
from .log import Entry
from .profiles_seen import Asked

MOST_ECHOES = 100
"""More than any check sends in one train; a result with more is counted as one answer."""
_REPORT_LIVE_S = clocks.live_seconds(clocks.REPORT_SECONDS)
_DEFAULT_LIVE_S = clocks.live_seconds(clocks.DEFAULT_PERIOD)
_BATTERY = "battery"


def sightings(connection: Connection, entries: Sequence[Entry]) -> list[Sighting]:
    """One for each report, in order of arrival."""
    reports = [(entry, report) for entry in entries for report in entry.reports]
    earlier = {(entry.agent, report.boot) for entry, report in reports if report.boot != entry.sent.boot}
    known = boots.contacts_in(connection, earlier)
    profiles = profiles_seen.get_all(connection, {report.config for _, report in reports})
    asked = {name: profile.asked for name, profile in profiles.items()}
    return [
        _sighting(entry, report, known.get((entry.agent, report.boot)), asked.get(report.config, {}))
        for entry, report in reports
    ]


def _sighting(entry: Entry, report: Report, in_boot: InBoot | None, asked: dict[str, Asked]) -> Sighting:
    boot = clocks.Boot(in_boot.skew, in_boot.began) if in_boot else None
    dating = clocks.dating(report, entry.sent, entry.received, boot)
    at = dating.sure_at()
    own = report.boot == entry.sent.boot
    skew = clocks.skew(entry.sent, entry.received)
    goodbye = report.goodbye
    return Sighting(
        agent=entry.agent,
        stream=report.stream,
        seq=report.seq,
        received=entry.received,
        at=at,
        live=at is not None and entry.received - at <= _REPORT_LIVE_S,
        boot=report.boot,
        booted_at=entry.received - entry.sent.mono if own else boot.began if boot else None,
        goodbye=goodbye.reason if goodbye else None,
        back=goodbye.back - skew if goodbye and goodbye.back is not None else None,
        battery=_battery(report.host),
        results=tuple(_seen(dating, entry.received, _found(report), asked)),
    )


def _found(report: Report) -> Iterable[Result]:
    """What it asked by itself, and what it was asked to look at: the same way, at the same time."""
    return chain(report.results, *(answer.results for answer in report.answers)) if report.answers else report.results


def _seen(dating: clocks.Dating, received: float, results: Iterable[Result], asked: dict[str, Asked]) -> Iterator[Seen]:
    for result in results:
        at = None if result.outcome is Outcome.UNKNOWN else dating.sure_at(result.at)
        if at is None:
            continue
        check = asked.get(result.check)
        live = received - at <= (check.live_s if check else _DEFAULT_LIVE_S)
        failed, tried = _count(result)
        reason = result.reason.value if result.reason else ""
        yield Seen(result.check, at, failed, tried, live, _took_ms(result), reason)


def _count(result: Result) -> tuple[int, int]:
    """Echoes lost and sent; of what counts no echoes, or contradicts itself, one answer."""
    failed = result.outcome is Outcome.FAILED
    sent, lost = result.sent, result.lost
    if sent and lost is not None and lost <= sent <= MOST_ECHOES and failed is (lost == sent):
        return lost, sent
    return int(failed), 1


def _took_ms(result: Result) -> float | None:
    if result.outcome is not Outcome.OK:
        return None
    if result.rtt_ms is not None:
        return result.rtt_ms[1]
    return sum(result.phases_ms.values()) if result.phases_ms else None


def _battery(host: Host | None) -> float | None:
    power = host.power if host else None
    return power.percent if power and power.source == _BATTERY else None
