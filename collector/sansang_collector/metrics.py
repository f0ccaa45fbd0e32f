"""The one list of metrics the collector exposes; rules, dashboards, docs and the exposition are tested against it.

Base units and ASCII labels only; Vietnamese stands in ``_info`` label values alone.
"""

from typing import Literal, NamedTuple

from sansang_alerts import metrics as alerts


class Family(NamedTuple):
    """One metric family: its full name as written on the wire, type, help text, labels."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    labels: tuple[str, ...] = ()


_CHECK = ("commune", "agent", "check", "rung")
_AGENT = ("commune", "agent")
_INTERFACE = (*_CHECK, "interface")
_OCTETS = (*_INTERFACE, "bits")

FAMILIES: tuple[Family, ...] = (
    Family(
        "probe_success", "gauge", "Whether the newest live result is ok (1) or failed (0); absent if unknown", _CHECK
    ),
    Family("probe_duration_seconds", "gauge", "How long the probe took in all its phases", _CHECK),
    Family("probe_icmp_duration_seconds", "gauge", "Median round-trip time of the last train", (*_CHECK, "phase")),
    Family("probe_http_status_code", "gauge", "HTTP status of the last answer", _CHECK),
    Family("probe_http_duration_seconds", "gauge", "How long each phase of an HTTP probe took", (*_CHECK, "phase")),
    Family("probe_dns_lookup_time_seconds", "gauge", "How long resolving took", _CHECK),
    Family("probe_ssl_earliest_cert_expiry", "gauge", "Earliest notAfter of the certificates seen, Unix time", _CHECK),
    Family(
        "sansang_probe_unknown", "gauge", "1 where the probe could not find out, with the reason", (*_CHECK, "reason")
    ),
    Family("sansang_ping_loss_ratio", "gauge", "Echoes of the last train that were not answered", _CHECK),
    Family("sansang_ping_jitter_seconds", "gauge", "Jitter of the last train", _CHECK),
    Family(
        "sansang_device_uptime_seconds",
        "gauge",
        "How long the device's SNMP agent has been running (sysUpTime)",
        _CHECK,
    ),
    Family(
        "sansang_if_info",
        "gauge",
        "Number and alias of a device's interface (RFC 2863)",
        (*_INTERFACE, "index", "alias"),
    ),
    Family("sansang_if_admin_status", "gauge", "ifAdminStatus: 1 up, 2 down, 3 testing", _INTERFACE),
    Family(
        "sansang_if_oper_status",
        "gauge",
        "ifOperStatus: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 not present, 7 lower layer down",
        _INTERFACE,
    ),
    Family("sansang_if_speed_bytes", "gauge", "Rate of the interface in bytes per second", _INTERFACE),
    Family("sansang_if_in_octets_total", "counter", "Bytes received; bits says how wide the counter is", _OCTETS),
    Family("sansang_if_out_octets_total", "counter", "Bytes sent; bits says how wide the counter is", _OCTETS),
    Family("sansang_if_in_errors_total", "counter", "Packets received with an error", _INTERFACE),
    Family("sansang_if_out_errors_total", "counter", "Packets not sent because of an error", _INTERFACE),
    Family("sansang_if_in_discards_total", "counter", "Packets received and dropped without an error", _INTERFACE),
    Family("sansang_if_out_discards_total", "counter", "Packets dropped instead of sent, without an error", _INTERFACE),
    Family("sansang_agent_up", "gauge", "1 while the agent is in contact, else 0, whatever the reason", _AGENT),
    Family(
        "sansang_agent_state",
        "gauge",
        "1 for the state the agent is in: online, goodbye, expected_off, silent, never_seen, revoked or quarantined",
        (*_AGENT, "state"),
    ),
    Family(
        "sansang_agent_last_contact_timestamp_seconds", "gauge", "When an authenticated envelope last arrived", _AGENT
    ),
    Family("sansang_agent_spool_bytes", "gauge", "Bytes the agent had not been able to send yet", _AGENT),
    Family("sansang_agent_spool_rows", "gauge", "Reports the agent had not been able to send yet", _AGENT),
    Family("sansang_agent_clock_skew_seconds", "gauge", "The agent's wall clock minus the collector's", _AGENT),
    Family("sansang_agent_dropped_reports_total", "counter", "Reports the agent had to drop", _AGENT),
    Family(
        "sansang_agent_config_current",
        "gauge",
        "1 while the agent in contact works by what the centre has assigned to it, else 0",
        _AGENT,
    ),
    Family("sansang_host_uptime_seconds", "gauge", "How long the machine has been running", _AGENT),
    Family("sansang_host_cpu_ratio", "gauge", "Processor in use", _AGENT),
    Family("sansang_host_memory_ratio", "gauge", "Memory in use", _AGENT),
    Family("sansang_host_disk_free_bytes", "gauge", "Free bytes of the disk the agent's spool lies on", _AGENT),
    Family("sansang_host_on_battery", "gauge", "1 while the machine runs on battery", _AGENT),
    Family(
        "sansang_commune_info",
        "gauge",
        "Names of a commune of the inventory or with agents, its kind and its province's code",
        ("commune", "name", "former_district", "kind", "province"),
    ),
    Family(
        "sansang_commune_serving",
        "gauge",
        "1 for the state a commune of the inventory is in, 0 for the others",
        ("commune", "state"),
    ),
    Family(
        "sansang_incidents",
        "gauge",
        "Open incidents by the kind of what broke; kinds, owners and severities without any are left out",
        ("kind", "owner", "severity"),
    ),
    Family(
        "sansang_incidents_told",
        "gauge",
        "1 where this collector brings its incidents to people, itself or through an Alertmanager, else 0",
    ),
    Family(
        "sansang_commune_cut_off",
        "gauge",
        "1 for a commune that an open incident keeps from the centre, so that its machines are silent; else left out",
        ("commune",),
    ),
    Family("sansang_maintenance", "gauge", "Planned work and announced power cuts that are under way", ("kind",)),
    Family("sansang_agents", "gauge", "Agents by state; retired ones are left out", ("commune", "state")),
    Family("sansang_agent_versions", "gauge", "Agents by the version they last reported", ("version",)),
    Family("sansang_build_info", "gauge", "The running collector's version", ("version",)),
    Family("sansang_collector_info", "gauge", "How people reach its pages; absent without public_url", ("public_url",)),
    Family(
        "sansang_collector_certificate_expiry_timestamp_seconds",
        "gauge",
        "When the certificate the collector itself serves ends; absent where it speaks no TLS",
    ),
    Family("sansang_log_position", "gauge", "Position of the newest envelope in the report log"),
    Family("sansang_log_bytes", "gauge", "What the report log holds, without free pages of its file"),
    Family("sansang_log_oldest_arrival_timestamp_seconds", "gauge", "When the oldest report still in the log arrived"),
    Family("sansang_log_queue_seconds", "gauge", "Work waiting for the report log's writer"),
    Family("sansang_consumer_lag_entries", "gauge", "Envelopes in the log a consumer has not applied", ("consumer",)),
    Family(
        "sansang_consumer_skipped_entries_total",
        "counter",
        "Envelopes a consumer left out because applying them failed",
        ("consumer",),
    ),
    Family(
        "sansang_results_time_unsure_total",
        "counter",
        "Results of an earlier boot whose time could not be told; kept in the log, used nowhere",
    ),
    Family("sansang_diagnosis_look_seconds", "gauge", "How long the last look for what broke took"),
    Family(
        "sansang_diagnosis_lag_seconds",
        "gauge",
        "How long ago the last look was, or the start; absent without an inventory",
    ),
    Family(
        "sansang_diagnosis_cut_off",
        "gauge",
        "1 while the collector itself is cut off and says nothing of what it watches, else 0",
    ),
    Family("sansang_diagnosis_failed_looks_total", "counter", "Looks that failed"),
    Family("sansang_ingest_requests_total", "counter", "Answers to POST /api/v1/reports", ("status",)),
    Family("sansang_ingest_reports_total", "counter", "Reports taken into the log"),
    Family("sansang_ingest_refused_records_total", "counter", "Reports not taken", ("why",)),
    *(Family(*family) for family in alerts.FAMILIES),
)

BY_NAME: dict[str, Family] = {family.name: family for family in FAMILIES}

AGENT_FAMILIES: tuple[Family, ...] = tuple(family for family in FAMILIES if "agent" in family.labels)
"""What is said of agents and their checks: as many series as there are machines, a hundred each."""
CHECK_FAMILIES: tuple[Family, ...] = tuple(family for family in AGENT_FAMILIES if "check" in family.labels)
"""Of these, what is said of checks: in a large fleet it is exposed in shards."""
OTHER_FAMILIES: tuple[Family, ...] = tuple(family for family in FAMILIES if family not in AGENT_FAMILIES)
