"""What pages, the API and metrics read: views of the ledger as it stands, made from one snapshot.

Nothing here writes, and the present is only what is live now.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, select

from sansang_agent.contract.check import Check, kind_of
from sansang_agent.contract.light import Light, light_of
from sansang_agent.contract.outcome import Outcome, outcome_of
from sansang_agent.contract.rung import Network, Rung

from . import boots, bundles, changes, check_history, clocks, figures, latest, profiles_seen, rung_history
from .agents import AGENT
from .board import Province
from .check_history import INTERVAL
from .commune import PACKAGED, Places
from .communes_sql import among
from .contact import CONTACT, DROPPED, DROPS, MACHINE
from .liveness import OFF_AS_USUAL, Known, Liveness, Present, State, is_silent, state_of
from .log import ReportLog
from .profiles_seen import SeenProfile
from .rights import ALL, Communes, just
from .rungs import best_light
from .series import SERIES, find
from .view import AgentView, ChangeView, CheckView, CommuneView, IntervalView, MomentView, ReportView, RungView

_Row = Row[Any]


class _Ledger(msgspec.Struct):
    """The rows all agents' views are made of, read once."""

    contact: dict[int, _Row]
    machine: dict[int, _Row]
    dropped: dict[int, int]
    latest: dict[int, list[latest.Unpacked]]
    since: dict[tuple[int, str], tuple[str, float]]
    profiles: dict[str, SeenProfile]


_UNKNOWN_PROVINCE = Province()


def agents(connection: Connection, present: Present, of: Communes = ALL, places: Places = PACKAGED) -> list[AgentView]:
    """The machines in use of these communes, by commune and name; retired ones are left out."""
    query = select(AGENT).where(AGENT.c.retired_at.is_(None), among(AGENT.c.commune, of))
    return _agents(connection, present, places, query.order_by(AGENT.c.commune, AGENT.c.name))


def agent(
    connection: Connection,
    id: int,  # noqa: A002  # the key's name everywhere
    present: Present,
    places: Places = PACKAGED,
) -> AgentView | None:
    """One machine, a retired one too."""
    return next(iter(_agents(connection, present, places, select(AGENT).where(AGENT.c.id == id))), None)


def communes(
    connection: Connection, present: Present, province: Province = _UNKNOWN_PROVINCE, of: Communes = ALL
) -> list[CommuneView]:
    """Those of these communes that have agents or stand in the inventory, by code."""
    by_commune: defaultdict[str, list[AgentView]] = defaultdict(list)
    for view in agents(connection, present, of, province.places):
        by_commune[view.commune].append(view)
    since = _rung_since(connection, of.only)
    codes = sorted(by_commune.keys() | {code for code in province.serving if of.has(code)})
    return [_commune(code, by_commune.get(code, []), since, province) for code in codes]


def commune(
    connection: Connection, code: str, present: Present, province: Province = _UNKNOWN_PROVINCE
) -> CommuneView | None:
    """One commune, if it has an agent or stands in the inventory."""
    members = agents(connection, present, just(code), province.places)
    if not members and code not in province.serving:
        return None
    return _commune(code, members, _rung_since(connection, code), province)


def check_intervals(connection: Connection, agent_id: int, check: str, first: float, last: float) -> list[IntervalView]:
    """The current intervals of one check that overlap a window, in order."""
    series = connection.scalar(select(SERIES.c.id).where(SERIES.c.agent == agent_id, SERIES.c.check == check))
    if series is None:
        return []
    return [
        IntervalView(
            outcome=row.outcome,
            reason=row.reason,
            first_at=row.first_ms / 1000,
            last_at=row.last_ms / 1000,
            late=row.late,
            revision=row.revision,
        )
        for row in check_history.current(connection, series, round(first * 1000), round(last * 1000))
    ]


def rung_intervals(connection: Connection, commune: str, rung: Rung, first: float, last: float) -> list[IntervalView]:
    """The current intervals of a commune's rung that overlap a window, in order."""
    return [
        IntervalView(
            outcome=_OUTCOME[stretch.light],
            reason=None,
            first_at=stretch.first_ms / 1000,
            last_at=stretch.last_ms / 1000,
            late=stretch.late,
            revision=revision,
            light=stretch.light,
            incident=incident,
        )
        for revision, stretch, incident in rung_history.with_incidents(
            connection, commune, rung, round(first * 1000), round(last * 1000)
        )
    ]


def results(connection: Connection, agent_id: int, check: str, before: float, limit: int) -> list[MomentView]:
    """The newest results of one check measured before a time, newest first."""
    series = find(connection, agent_id, check)
    found = bundles.newest(connection, agent_id, series.id, round(before * 1000), limit) if series else []
    return [MomentView(at=one.at_ms / 1000, outcome=outcome_of(one.reason), reason=one.reason) for one in found]


def changes_after(
    connection: Connection,
    id: int,  # noqa: A002  # as in ChangeView
    limit: int,
    of: Communes = ALL,
) -> list[ChangeView]:
    """The next changes beyond ``id`` in these communes, oldest first."""
    return changes.after(connection, id, limit, of)


def newest_change(connection: Connection) -> int:
    """The number of the newest change; 0 if there is none."""
    return changes.newest(connection)


def report_by_code(log: ReportLog, connection: Connection, code: str) -> ReportView | None:
    """The newest report with a six-character code, given as it is written: capitals and digits."""
    found = log.find_code(code)
    if not found:
        return None
    agent_id, report, sent, received = found[0]
    boot = boots.known(connection, agent_id, {report.boot}).get(report.boot)
    at = clocks.stamp(report, sent, received, boot).at
    return ReportView(code=code, agent=agent_id, stream=report.stream, seq=report.seq, at=at)


_OUTCOME = {
    Light.OK: Outcome.OK,
    Light.DEGRADED: Outcome.FAILED,
    Light.FAILED: Outcome.FAILED,
    Light.UNKNOWN: Outcome.UNKNOWN,
    Light.NOT_CONFIGURED: Outcome.UNKNOWN,
}


def _agents(connection: Connection, present: Present, places: Places, query: Select[Any]) -> list[AgentView]:
    rows = connection.execute(query).all()
    ledger = _read(connection, [row.id for row in rows])
    return [_agent(ledger, row, present, places) for row in rows]


def _read(connection: Connection, ids: list[int]) -> _Ledger:
    machine = {row.agent: row for row in connection.execute(select(MACHINE).where(MACHINE.c.agent.in_(ids)))}
    newest = latest.read(connection, ids)
    configs = {row.config for rows in newest.values() for row in rows} | {row.config for row in machine.values()}
    return _Ledger(
        contact={row.agent: row for row in connection.execute(select(CONTACT).where(CONTACT.c.agent.in_(ids)))},
        machine=machine,
        dropped=dict(connection.execute(DROPS.where(DROPPED.c.agent.in_(ids))).tuples().all()),
        latest=newest,
        since=_since(connection, ids),
        profiles=profiles_seen.get_all(connection, configs),
    )


def _since(connection: Connection, ids: list[int]) -> dict[tuple[int, str], tuple[str, float]]:
    """Outcome and beginning of the newest interval of every check."""
    newest = (
        select(INTERVAL.c.id)
        .where(INTERVAL.c.series == SERIES.c.id, INTERVAL.c.revised_at.is_(None))
        .order_by(INTERVAL.c.first_ms.desc())
        .limit(1)
        .correlate(SERIES)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(SERIES.c.agent, SERIES.c.check, INTERVAL.c.outcome, INTERVAL.c.first_ms)
        .join(INTERVAL, INTERVAL.c.id == newest)
        .where(SERIES.c.agent.in_(ids))
    )
    return {(row.agent, row.check): (row.outcome, row.first_ms / 1000) for row in rows}


def _agent(ledger: _Ledger, row: _Row, present: Present, places: Places) -> AgentView:
    contact = ledger.contact.get(row.id)
    machine = ledger.machine.get(row.id)
    profile = ledger.profiles.get(machine.config) if machine else None
    silent = contact is None or is_silent(contact.at, contact.silent, present)
    stands = _stands(row, contact, machine, present)
    checks = _checks(ledger, row.id, profile, present.at)
    return AgentView(
        id=row.id,
        name=row.name,
        commune=row.commune,
        commune_name=places.name_of(row.commune),
        label=profile.profile.label if profile else "",
        version=machine.version if machine else "",
        last_contact=contact.at if contact else None,
        silent=silent,
        state=stands.state,
        state_since=stands.since,
        state_why=stands.why,
        back=stands.back,
        role=row.role,
        goodbye=machine.goodbye if machine else None,
        clock_skew_s=contact.skew if contact else None,
        spool_rows=contact.spool_rows if contact else 0,
        spool_oldest=contact.spool_oldest if contact else None,
        dropped=ledger.dropped.get(row.id, 0),
        rungs=_ladder(checks, profile),
        others=tuple(check for check in checks if check.rung is None),
    )


def _stands(row: _Row, contact: _Row | None, machine: _Row | None, present: Present) -> Liveness:
    known = Known(
        row.commune,
        row.role,
        row.retired_at,
        contact.at if contact else None,
        known_silent=bool(contact and contact.silent),
        goodbye=machine.goodbye if machine else None,
        back=machine.back if machine else None,
        quarantined_at=row.quarantined_at,
        revoked_at=row.revoked_at,
        revoked_why=row.revoked_why,
    )
    return state_of(known, present)


def _checks(ledger: _Ledger, agent_id: int, profile: SeenProfile | None, now: float) -> list[CheckView]:
    """The newest results of the checks the agent's profile still has; of all, while its profile is not known."""
    views = []
    for row in latest.of_profile(ledger.latest.get(agent_id, ()), profile):
        own = ledger.profiles.get(row.config)
        spec = own.checks.get(row.check) if own else None
        views.append(_check(row, spec, ledger.since.get((agent_id, row.check)), now))
    return views


def _check(row: latest.Unpacked, spec: Check | None, since: tuple[str, float] | None, now: float) -> CheckView:
    result = row.result
    period = spec.period if spec else clocks.DEFAULT_PERIOD
    return CheckView(
        check=row.check,
        kind=kind_of(spec) if spec else None,
        rung=spec.rung if spec else None,
        target=spec.target if spec else "",
        name=spec.name if spec else "",
        network=spec.network if spec else Network.BOTH,
        mandatory=spec.mandatory if spec else True,
        source=spec.source if spec else "",
        outcome=result.outcome,
        reason=result.reason,
        at=row.at,
        since=since[1] if since and since[0] == result.outcome else None,
        live=latest.is_present(row, clocks.live_seconds(period), now),
        duration_ms=figures.duration_ms(result),
        rtt_ms=result.rtt_ms,
        loss=figures.loss(result),
        phases_ms=result.phases_ms,
        status=result.status,
        cert_expiry=result.cert_expiry,
        fallback=result.fallback,
        detail=result.detail,
        jitter_ms=result.jitter_ms,
        period_s=period,
        device=result.device,
        interfaces=result.interfaces or (),
    )


def _ladder(checks: list[CheckView], profile: SeenProfile | None) -> tuple[RungView, ...]:
    """Every rung in order; one without a check is not configured, one without a live result is unknown."""
    configured = {spec.rung for spec in profile.checks.values()} if profile else set()
    return tuple(_rung(rung, [check for check in checks if check.rung is rung], rung in configured) for rung in Rung)


def _rung(rung: Rung, checks: list[CheckView], configured: bool) -> RungView:
    live = [check for check in checks if check.live]
    light = light_of(check.outcome for check in live)
    if not live and (checks or configured):
        light = Light.UNKNOWN
    began = [check.since for check in live if check.since is not None]
    return RungView(rung=rung, light=light, since=max(began, default=None), checks=tuple(checks))


def _rung_since(connection: Connection, commune: str | None = None) -> dict[tuple[str, str], tuple[str, float]]:
    """Light and beginning of the newest interval of every rung of every commune."""
    rows = rung_history.newest(connection, commune)
    return {(code, rung): (light, first_ms / 1000) for code, rung, light, first_ms in rows}


def _commune(
    code: str, members: list[AgentView], since: dict[tuple[str, str], tuple[str, float]], province: Province
) -> CommuneView:
    rungs = []
    for place, rung in enumerate(Rung):
        light = best_light(member.rungs[place].light for member in members)
        known = since.get((code, rung))
        rungs.append(RungView(rung=rung, light=light, since=known[1] if known and known[0] == light else None))
    contacts = [member.last_contact for member in members if member.last_contact is not None]
    return CommuneView(
        code=code,
        name=province.places.name_of(code),
        light=_whole(rung.light for rung in rungs),
        agents=len(members),
        silent_agents=sum(member.silent for member in members),
        missed_agents=sum(member.state is State.SILENT for member in members),
        away_agents=sum(member.state in OFF_AS_USUAL for member in members),
        last_contact=max(contacts, default=None),
        rungs=tuple(rungs),
        labels=tuple(dict.fromkeys(member.label for member in members if member.label)),
        serving=province.serving.get(code),
    )


def _whole(lights: Iterable[Light]) -> Light:
    """A failed rung speaks for the commune, then a degraded one; what is not known hides nothing that is."""
    seen = set(lights)
    order = (Light.FAILED, Light.DEGRADED, Light.OK, Light.UNKNOWN, Light.NOT_CONFIGURED)
    return next(light for light in order if light in seen)
