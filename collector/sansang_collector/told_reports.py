"""What people may have to be told of since a position: reads stories and situations, and makes reports with words.

Of each incident it is how it stands now that counts: what opened and ended between two looks is told as over, so that
whoever was told before hears the end, and nobody is called for what is past.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from sansang_alerts import runbooks
from sansang_alerts.fault import Fault, Happening, Report, Source, Wording

from .diagnosis.incident import Happening as Happened
from .diagnosis.incident import Phase
from .incidents import rows, situation_rows, telling_words
from .incidents.around import around
from .incidents.naming import Naming
from .incidents.rows import Kept
from .incidents.situations import Situation
from .incidents.speech import Says
from .incidents.tables import INCIDENT, INCIDENT_EVENT, SITUATION
from .told_cursors import Cursors

_LOG = logging.getLogger(__name__)

MOST = 100
"""Incidents of one piece."""
_EVENTS = 1_000
_SAID = {
    Happened.UNSTABLE: Happening.UNSTABLE,
    Happened.REOPENED: Happening.REOPENED,
    Happened.OPENED: Happening.OPENED,
}
"""The first of these that happened is what people are told; all else is an update."""
_SILENT = frozenset(
    {Happened.SUSPECTED, Happened.MATURED, Happened.CLOSING, Happened.REVISED, Happened.ASSIGNED, Happened.NOTED}
)
"""What is no news to whoever was told."""
_UNDER_WAY = (Phase.OPEN, Phase.CLOSING)


class Words(NamedTuple):
    """What faults are worded with now."""

    naming: Naming
    says: Sequence[Says]


class Told(NamedTuple):
    """What one look found, and how far the cursors go with it."""

    reports: list[Report]
    before: Cursors
    after: Cursors


class _News(NamedTuple):
    """What happened to one incident meanwhile."""

    happened: frozenset[Happened]
    at: float


def since(connection: Connection, before: Cursors, words: Words, now: float) -> Told:
    """Beyond ``before``; the first time all that is under way, and nothing of the past."""
    if before.event is None:
        newest = connection.scalar(select(func.max(INCIDENT_EVENT.c.id))) or 0
        news = {one.incident.id: _News(frozenset({Happened.OPENED}), now) for one in rows.under_way(connection)}
    else:
        newest, news = _events(connection, before.event)
    found = rows.read(connection, select(INCIDENT).where(INCIDENT.c.id.in_(list(news))).order_by(INCIDENT.c.id))
    of_situations, after = _situations(connection, before, words, now)
    of_incidents = [report for one in found for report in _of(connection, one, news[one.incident.id], words, now)]
    return Told([*of_situations, *of_incidents], before, after._replace(event=newest))


def _events(connection: Connection, position: int) -> tuple[int, dict[int, _News]]:
    """How far, and by incident what happened to it."""
    columns = (INCIDENT_EVENT.c.id, INCIDENT_EVENT.c.incident, INCIDENT_EVENT.c.at, INCIDENT_EVENT.c.happened)
    query = select(*columns).where(INCIDENT_EVENT.c.id > position).order_by(INCIDENT_EVENT.c.id).limit(_EVENTS)
    news: dict[int, _News] = {}
    for row in connection.execute(query):
        happened = Happened(row.happened)
        if happened not in _SILENT:
            if row.incident not in news and len(news) >= MOST:
                break
            known = news.get(row.incident, _News(frozenset(), row.at))
            news[row.incident] = _News(known.happened | {happened}, row.at)
        position = row.id
    return position, news


def _of(connection: Connection, kept: Kept, news: _News, words: Words, now: float) -> Iterable[Report]:
    """One incident's; a suspicion is nobody's business."""
    if kept.incident.opened_at is None:
        return
    fault = _fault(connection, kept, words, now)
    happened = _happening(kept, fault, news)
    yield Report(fault, happened, news.at)
    is_alone = kept.incident.phase in _UNDER_WAY and not fault.withdrawn
    if is_alone and Happened.ACKNOWLEDGED in news.happened:
        yield Report(fault, Happening.ACKNOWLEDGED, news.at)


def _happening(kept: Kept, fault: Fault, news: _News) -> Happening:
    if kept.incident.phase is Phase.RESOLVED:
        return Happening.RECOVERED
    if fault.withdrawn:
        return Happening.WITHDRAWN
    return next((said for step, said in _SAID.items() if step in news.happened), Happening.UPDATED)


def _fault(connection: Connection, kept: Kept, words: Words, now: float) -> Fault:
    beside = around(connection, kept, kept.incident)
    try:
        return telling_words.fault_of(kept, beside, words.naming, words.says, now)
    except Exception:  # noqa: BLE001  # people are told in few words rather than not at all
        _LOG.exception("incident %s cannot be worded", kept.incident.code)
        return _bare(kept)


def _bare(kept: Kept) -> Fault:
    """Of one that no sentence can be made of: its code and its part."""
    incident = kept.incident
    said = Wording(headline=f"{incident.code}: {incident.verdict.part}")
    return Fault(
        source=Source.INCIDENT,
        key=str(incident.id),
        code=incident.code,
        owner=incident.owner,
        severity=incident.severity,
        began_at=incident.onset,
        opened_at=incident.opened_at or incident.detected_at,
        ended_at=incident.resolved_at,
        parts=(incident.verdict.part,),
        held_back=incident.held_back,
        page=f"/incidents/{incident.id}",
        runbook=runbooks.path_of(incident.owner),
        wordings={"vi": said},
    )


def _situations(connection: Connection, before: Cursors, words: Words, now: float) -> tuple[list[Report], Cursors]:
    """New ones, those whose list was told again, and those that are over."""
    reports: list[Report] = []
    still: dict[str, float] = {}
    newest = before.situation
    for one in _changing(connection, before):
        newest = max(newest, one.id)
        told_at = before.under_way.get(str(one.id))
        if one.resolved_at is None:
            still[str(one.id)] = one.told_at
        happened = _became(one, told_at)
        # one that is over before anybody was told of it is nobody's business
        if happened is not None and (told_at is not None or one.resolved_at is None):
            members = rows.read(connection, select(INCIDENT).where(INCIDENT.c.id.in_(one.incidents)))
            fault = telling_words.situation_of(one, members, words.naming, words.says, now)
            reports.append(Report(fault, happened, one.resolved_at or one.told_at))
    return reports, Cursors(before.event, newest, still)


def _changing(connection: Connection, before: Cursors) -> list[Situation]:
    """Those that are, were or have become since."""
    known = [int(number) for number in before.under_way]
    new = SITUATION.c.id > before.situation if before.event is not None else SITUATION.c.resolved_at.is_(None)
    return situation_rows.read(connection, new | SITUATION.c.id.in_(known))


def _became(one: Situation, told_at: float | None) -> Happening | None:
    if one.resolved_at is not None:
        return Happening.RECOVERED
    if told_at is None:
        return Happening.OPENED
    return Happening.UPDATED if one.told_at != told_at else None
