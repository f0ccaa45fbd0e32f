"""The values behind the list of metrics: what is true now of agents, checks and the collector itself."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Row, select

from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Host
from sansang_agent.contract.version import __version__

from . import commune, interfaces, overview
from .consumers import position_of
from .running import Collector
from .state import CONTACT, MACHINE
from .view import AgentView, CheckView

_PHASES = {
    "proxy": "proxy",
    "resolve": "resolve",
    "connect": "connect",
    "tls": "tls",
    "first_byte": "processing",
    "transfer": "transfer",
}
"""Our phases in blackbox_exporter's words, where it has one; a phase not listed here makes no series."""


class Sample(NamedTuple):
    """One value of one family; labels in the family's order."""

    name: str
    labels: tuple[str, ...]
    value: float


def samples(collector: Collector) -> Iterator[Sample]:
    """Everything there is to say now."""
    with collector.store.read() as connection:
        views = overview.agents(connection, collector.present())
        contacts = {row.agent: row for row in connection.execute(select(CONTACT))}
        machines = {row.agent: row for row in connection.execute(select(MACHINE))}
        yield from _own(collector, connection)
    yield from _communes(views)
    for view in views:
        yield from _agent(view, contacts.get(view.id))
        if not view.silent:
            yield from _host(view, machines.get(view.id))
            for check in view.checks:
                yield from _check(view, check)


def _own(collector: Collector, connection: Connection) -> Iterator[Sample]:
    yield Sample("sansang_build_info", (__version__,), 1)
    yield Sample("sansang_log_position", (), collector.log.position)
    yield Sample("sansang_log_bytes", (), collector.log.used_bytes())
    oldest = collector.log.oldest_arrival()
    if oldest is not None:
        yield Sample("sansang_log_oldest_arrival_timestamp_seconds", (), oldest)
    yield Sample("sansang_log_queue_seconds", (), collector.log.queue_seconds)
    for consumer in collector.consumers:
        lag = collector.log.position - position_of(connection, consumer.name)
        yield Sample("sansang_consumer_lag_entries", (consumer.name,), max(lag, 0))
        yield Sample("sansang_consumer_skipped_entries_total", (consumer.name,), consumer.skipped)
    yield Sample("sansang_results_time_unsure_total", (), collector.state.unsure)
    for status, count in sorted(collector.answers.items()):
        yield Sample("sansang_ingest_requests_total", (status,), count)
    yield Sample("sansang_ingest_reports_total", (), collector.taken)
    for why, count in sorted(collector.refused.items()):
        yield Sample("sansang_ingest_refused_records_total", (why,), count)


def _communes(views: list[AgentView]) -> Iterator[Sample]:
    for code in sorted({view.commune for view in views}):
        known = commune.known(code)
        former = known.former_district if known else ""
        yield Sample("sansang_commune_info", (code, commune.name_of(code), former), 1)


def _agent(view: AgentView, contact: Row[tuple[object, ...]] | None) -> Iterator[Sample]:
    labels = (view.commune, view.name)
    yield Sample("sansang_agent_up", labels, float(not view.silent))
    yield Sample("sansang_agent_dropped_reports_total", labels, view.dropped)
    if contact is None:
        return
    yield Sample("sansang_agent_last_contact_timestamp_seconds", labels, contact.at)
    if not view.silent:
        yield Sample("sansang_agent_spool_bytes", labels, contact.spool_bytes)
        yield Sample("sansang_agent_spool_rows", labels, contact.spool_rows)
        yield Sample("sansang_agent_clock_skew_seconds", labels, contact.skew)


def _host(view: AgentView, machine: Row[tuple[object, ...]] | None) -> Iterator[Sample]:
    if machine is None or machine.host is None:
        return
    host = msgspec.json.decode(machine.host, type=Host)
    values = {
        "sansang_host_uptime_seconds": host.uptime_s,
        "sansang_host_cpu_ratio": host.cpu,
        "sansang_host_memory_ratio": host.memory,
        "sansang_host_disk_free_bytes": host.disk_free_bytes,
        "sansang_host_on_battery": float(host.power.source == "battery") if host.power else None,
    }
    for name, value in values.items():
        if value is not None:
            yield Sample(name, (view.commune, view.name), value)


def _check(view: AgentView, check: CheckView) -> Iterator[Sample]:
    if not check.live:
        return
    labels = (view.commune, view.name, check.check, check.rung or "")
    if check.outcome is Outcome.UNKNOWN:
        yield Sample("sansang_probe_unknown", (*labels, check.reason or ""), 1)
    else:
        yield Sample("probe_success", labels, float(check.outcome is Outcome.OK))
    values = {
        "probe_duration_seconds": _seconds(check.duration_ms),
        "probe_dns_lookup_time_seconds": _seconds(_lookup_ms(check)),
        "probe_http_status_code": check.status,
        "probe_ssl_earliest_cert_expiry": check.cert_expiry,
        "sansang_ping_loss_ratio": check.loss,
        "sansang_ping_jitter_seconds": _seconds(check.jitter_ms),
    }
    for name, value in values.items():
        if value is not None:
            yield Sample(name, labels, value)
    yield from _phases(check, labels)
    yield from (Sample(*value) for value in interfaces.values(check.device, check.interfaces, labels))


def _phases(check: CheckView, labels: tuple[str, ...]) -> Iterator[Sample]:
    if check.rtt_ms:
        yield Sample("probe_icmp_duration_seconds", (*labels, "rtt"), check.rtt_ms[1] / 1000)
    if check.kind == "http":
        for phase, milliseconds in (check.phases_ms or {}).items():
            if phase in _PHASES:
                yield Sample("probe_http_duration_seconds", (*labels, _PHASES[phase]), milliseconds / 1000)


def _lookup_ms(check: CheckView) -> float | None:
    if check.kind == "dns":
        return check.duration_ms
    return (check.phases_ms or {}).get("resolve")


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
