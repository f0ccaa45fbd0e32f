"""What the exposition has to say of agents, the plainest way: from the views of pages, written by prometheus_client.

The collector renders the same faster; tests hold it to this.
"""

from collections.abc import Iterable, Iterator

import msgspec
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Row, select

from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Host
from sansang_collector import interfaces, overview
from sansang_collector.contact import CONTACT, MACHINE
from sansang_collector.liveness import Present
from sansang_collector.metrics import AGENT_FAMILIES
from sansang_collector.view import AgentView, CheckView

PHASES = {phase: phase for phase in ("proxy", "resolve", "connect", "tls", "transfer")} | {"first_byte": "processing"}

Sample = tuple[str, tuple[str, ...], float | None]
"""Name, values of the labels in the family's order, value; None is no sample."""


class Agents(Collector):
    """The families of agents, filled from a snapshot of the ledger."""

    def __init__(self, connection: Connection, present: Present) -> None:
        self._samples = list(_samples(connection, present))

    def collect(self) -> Iterable[Metric]:
        found = {
            one.name: (CounterMetricFamily if one.kind == "counter" else GaugeMetricFamily)(
                one.name, one.help, labels=one.labels
            )
            for one in AGENT_FAMILIES
        }
        for name, labels, value in self._samples:
            if value is not None:
                found[name].add_metric(labels, value)
        return [one for one in found.values() if one.samples]


def text(connection: Connection, present: Present, accept: str) -> str:
    """The exposition of all agents in the format the header ``Accept`` asks for."""
    registry = CollectorRegistry()
    registry.register(Agents(connection, present))
    return choose_encoder(accept)[0](registry).decode()


def _samples(connection: Connection, present: Present) -> Iterator[Sample]:
    contacts = {row.agent: row for row in connection.execute(select(CONTACT))}
    machines = {row.agent: row for row in connection.execute(select(MACHINE))}
    for view in overview.agents(connection, present):
        yield from _agent(view, contacts.get(view.id))
        if not view.silent:
            machine = machines.get(view.id)
            yield from _host(view, machine.host if machine else None)
            for check in view.checks:
                if check.live:
                    yield from _check(check, (view.commune, view.name, check.check, check.rung or ""))


def _agent(view: AgentView, contact: Row[tuple[object, ...]] | None) -> Iterator[Sample]:
    labels = (view.commune, view.name)
    yield "sansang_agent_up", labels, float(not view.silent)
    yield "sansang_agent_state", (*labels, view.state), 1
    yield "sansang_agent_dropped_reports_total", labels, view.dropped
    if contact:
        yield "sansang_agent_last_contact_timestamp_seconds", labels, contact.at
    if contact and not view.silent:
        yield "sansang_agent_spool_bytes", labels, contact.spool_bytes
        yield "sansang_agent_spool_rows", labels, contact.spool_rows
        yield "sansang_agent_clock_skew_seconds", labels, contact.skew


def _host(view: AgentView, body: bytes | None) -> Iterator[Sample]:
    if body is None:
        return
    host = msgspec.json.decode(body, type=Host)
    labels = (view.commune, view.name)
    for figure in ("uptime_s", "cpu", "memory", "disk_free_bytes"):
        name = {"uptime_s": "uptime_seconds", "cpu": "cpu_ratio", "memory": "memory_ratio"}.get(figure, figure)
        yield f"sansang_host_{name}", labels, getattr(host, figure)
    yield "sansang_host_on_battery", labels, float(host.power.source == "battery") if host.power else None


def _check(check: CheckView, labels: tuple[str, ...]) -> Iterator[Sample]:
    phases = check.phases_ms or {}
    if check.outcome is Outcome.UNKNOWN:
        yield "sansang_probe_unknown", (*labels, check.reason or ""), 1
    else:
        yield "probe_success", labels, float(check.outcome is Outcome.OK)
    yield "probe_duration_seconds", labels, _seconds(check.duration_ms)
    lookup_ms = check.duration_ms if check.kind == "dns" else phases.get("resolve")
    yield "probe_dns_lookup_time_seconds", labels, _seconds(lookup_ms)
    yield "probe_http_status_code", labels, check.status
    yield "probe_ssl_earliest_cert_expiry", labels, check.cert_expiry
    yield "sansang_ping_loss_ratio", labels, check.loss
    yield "sansang_ping_jitter_seconds", labels, _seconds(check.jitter_ms)
    yield "probe_icmp_duration_seconds", (*labels, "rtt"), _seconds(check.rtt_ms[1] if check.rtt_ms else None)
    for phase in PHASES.keys() & phases.keys() if check.kind == "http" else ():
        yield "probe_http_duration_seconds", (*labels, PHASES[phase]), _seconds(phases[phase])
    yield from interfaces.values(check.device, check.interfaces, labels)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
