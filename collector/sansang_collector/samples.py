"""The values behind the metrics that are not of agents: what is true now of communes and of the collector itself."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_agent.contract.version import __version__
from sansang_alerts import metrics

from . import agents, contact, serving
from .agent_facts import Standing
from .board import Province
from .commune import Places
from .consumers import position_of
from .diagnosis.hearing import Hearing
from .incidents import counting, maintenance, maintenance_rows
from .liveness import State
from .running import Collector


class Sample(NamedTuple):
    """One value of one family; labels in the family's order."""

    name: str
    labels: tuple[str, ...]
    value: float


def samples(collector: Collector, standings: Sequence[Standing]) -> Iterator[Sample]:
    """Everything there is to say now; ``standings`` are of all agents."""
    with collector.store.read() as connection:
        codes = agents.communes(connection)
        province = collector.board.province(connection, collector.present())
        versions = contact.versions(connection)
        own = list(_own(collector, connection))
        trouble = list(_trouble(connection, collector))
        told = list(_told(collector, connection))
    yield from _communes(sorted({*codes, *province.serving}), province.places)
    yield from _serving(province)
    yield from _states(standings)
    yield from (Sample("sansang_agent_versions", (version,), count) for version, count in versions.items())
    yield from trouble
    yield from told
    yield from own


def _states(standings: Iterable[Standing]) -> Iterator[Sample]:
    """How many agents of each commune stand how; none is a number too."""
    found: dict[str, Counter[State]] = {}
    for standing in standings:
        found.setdefault(standing.commune, Counter())[standing.state] += 1
    for commune_code, counts in found.items():
        yield from (Sample("sansang_agents", (commune_code, state), counts[state]) for state in _SHOWN)


def _trouble(connection: Connection, collector: Collector) -> Iterator[Sample]:
    for labels, count in sorted(counting.counts(connection).items()):
        yield Sample("sansang_incidents", labels, count)
    yield Sample("sansang_incidents_told", (), collector.alerts is not None)
    yield from (Sample("sansang_commune_cut_off", (code,), 1) for code in counting.cut_off(connection))
    now = collector.now()
    plans = Counter(one.kind for one in maintenance.in_force(maintenance_rows.standing(connection, now), now))
    yield from (Sample("sansang_maintenance", (kind,), plans[kind]) for kind in maintenance.Kind)


def _told(collector: Collector, connection: Connection) -> Iterator[Sample]:
    """Of messages to people; nothing where nobody is told."""
    if collector.alerts is not None:
        channels = [one.id for one in collector.alerts.settings.channels]
        sender, now = collector.alerts.delivery.sender, collector.now()
        found = metrics.samples(connection, channels, sender.counts, sender.charged, now)
        yield from (Sample(*one) for one in found)


def _own(collector: Collector, connection: Connection) -> Iterator[Sample]:
    yield Sample("sansang_build_info", (__version__,), 1)
    if collector.settings.public_url:
        yield Sample("sansang_collector_info", (collector.settings.public_url.rstrip("/"),), 1)
    if collector.tls_identity.expires_at:
        until = collector.tls_identity.expires_at
        yield Sample("sansang_collector_certificate_expiry_timestamp_seconds", (), until)
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
    yield from _diagnosis(collector)
    yield Sample("sansang_results_time_unsure_total", (), collector.state.unsure)
    for status, count in sorted(collector.answers.items()):
        yield Sample("sansang_ingest_requests_total", (status,), count)
    yield Sample("sansang_ingest_reports_total", (), collector.taken)
    for why, count in sorted(collector.refused.items()):
        yield Sample("sansang_ingest_refused_records_total", (why,), count)


def _diagnosis(collector: Collector) -> Iterator[Sample]:
    condition, present = collector.diagnosis.condition, collector.present()
    yield Sample("sansang_diagnosis_failed_looks_total", (), condition.failed)
    if collector.inventory.version is None:
        return
    last = present.listening_since if condition.looked_at is None else condition.looked_at
    yield Sample("sansang_diagnosis_look_seconds", (), condition.seconds)
    yield Sample("sansang_diagnosis_lag_seconds", (), max(0.0, present.at - last))
    yield Sample("sansang_diagnosis_cut_off", (), condition.hearing is Hearing.CUT_OFF)


def _communes(codes: Iterable[str], places: Places) -> Iterator[Sample]:
    for code in codes:
        known = places.known(code)
        more = (known.former_district, known.kind, known.province) if known else ("", "", "")
        yield Sample("sansang_commune_info", (code, places.name_of(code), *more), 1)


def _serving(province: Province) -> Iterator[Sample]:
    for code, found in province.serving.items():
        for state in serving.State:
            yield Sample("sansang_commune_serving", (code, state.value), state is found.state)


_SHOWN = tuple(state for state in State if state is not State.RETIRED)
