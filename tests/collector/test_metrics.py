"""The exposition: exactly the list, clean, only the present, and taken by a real Prometheus."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection

from sansang_agent.contract.check import DnsCheck, Profile, SnmpCheck
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.rung import Rung
from sansang_alerts import metrics as alerts
from sansang_collector import profiles_seen
from sansang_collector.agents import AGENT
from sansang_collector.exposition import Exposition
from sansang_collector.inventory.calendars import Calendar
from sansang_collector.metrics import FAMILIES
from sansang_collector.running import Collector
from sansang_collector.settings import CollectorSettings
from sansang_collector.state import State
from sansang_collector.store import Store
from tests.collector.inventory.folders import folder
from tests.support.collector_process import CollectorProcess
from tests.support.incident_rows import add_incident
from tests.support.ledgers import NOW, add_agent, entry_of
from tests.support.reports import GATEWAY, SERVICE, body, report, result

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
DNS = DnsCheck(id="dns", rung=Rung.DNS, target="192.0.2.53", query="example.vn")
TERMINAL = SnmpCheck(id="terminal", rung=Rung.GATEWAY, target="192.0.2.1", period=15.0)
CHECKS = Profile(
    checks=(GATEWAY, SERVICE, DNS, TERMINAL, GATEWAY.__class__(id="gw6", rung=Rung.GATEWAY, target="2001:db8::1"))
)
HOST = {"uptime_s": 5, "cpu": 0.5, "memory": 0.25, "disk_free_bytes": 7, "power": {"source": "battery", "percent": 50}}
PHASES = {"resolve": 1.0, "connect": 2.0, "tls": 3.0, "first_byte": 4.0, "transfer": 5.0, "odd": 6.0}
WAN = {"name": "wan0", "index": 3, "alias": "Đường truyền", "admin": 1, "oper": 1, "bps": 1_000_000_000, "bits": 64}
COUNTERS = {"in_octets": 9, "out_octets": 8, "in_errors": 7, "out_errors": 6, "in_discards": 5, "out_discards": 4}
OLD = {"name": "eth0", "index": 4, "oper": 2, "bits": 32, "in_octets": 3}
UNASSIGNED = {"sansang_agent_config_current"}
RESULTS = [
    result(sent=5, lost=1, rtt_ms=[1, 2, 3, 4], jitter_ms=0.5),
    result("gw6", reason="no_permission", outcome="unknown"),
    result("dvc", reason="http_status", status=503, phases_ms=PHASES, cert_expiry=1_800_000_000),
    result("dns", phases_ms={"exchange": 8.0}),
    result("terminal", device={"name": "t", "uptime_s": 86_400.5}, interfaces=[WAN | COUNTERS, OLD]),
]


@pytest.fixture(scope="module")
def scraped(collector: CollectorProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a scrape reads after a report of everything and one with a mistake; with an inventory and an incident."""
    place = folder(tmp_path_factory.mktemp("folder") / "inventory")
    collector.run("inventory", "apply", str(place), "--data", str(collector.data))
    store = Store(collector.data)
    store.write_sync(lambda it: add_incident(it, ["05983"], time.time(), "core"))
    store.close()
    with collector.client("admin") as admin:
        admin.post("/-/reload").raise_for_status()
    with collector.client("agent", "05983", "pc-1") as agent, collector.client("metrics") as metrics:
        everything = report(1, results=RESULTS, config=profile_hash(CHECKS), host=HOST)
        agent.post("/api/v1/reports", content=body(everything, {}, profiles=(CHECKS,))).raise_for_status()
        deadline = time.monotonic() + 20
        while "probe_success" not in (text := metrics.get("/metrics").text):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    return text


def values(text: str) -> dict[str, float]:
    """By name and labels, written with the labels in the order of their names."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_the_exposition_is_exactly_the_list(scraped: str) -> None:
    found = {}
    for family in text_string_to_metric_families(scraped):
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {tuple(sorted(sample.labels)) for sample in family.samples}
        found[name] = (family.type, family.documentation, labels)

    listed = {one.name: (one.kind, one.help, {tuple(sorted(one.labels))}) for one in FAMILIES}
    assert {name: listed.pop(name) for name in UNASSIGNED}  # nothing is assigned to these agents
    assert listed.pop("sansang_collector_certificate_expiry_timestamp_seconds")  # this collector speaks plain HTTP
    # and it tells nobody, and knows of no address that people reach it by; test_web_alerts.py has one that does
    assert [listed.pop(name) for name in ("sansang_collector_info", *(one.name for one in alerts.FAMILIES))]
    assert found == listed


def test_values_are_in_base_units(scraped: str) -> None:
    found = values(scraped)
    gateway = 'agent="pc-1",check="gw",commune="05983",rung="gateway"'
    service = 'agent="pc-1",check="dvc",commune="05983",rung="service"'

    assert found[f"probe_success{{{gateway}}}"] == 1
    assert found[f"probe_success{{{service}}}"] == 0
    assert found[f"sansang_ping_loss_ratio{{{gateway}}}"] == 0.2
    assert (
        found['probe_icmp_duration_seconds{agent="pc-1",check="gw",commune="05983",phase="rtt",rung="gateway"}']
        == 0.002
    )
    assert found[f"probe_dns_lookup_time_seconds{{{service}}}"] == 0.001
    assert found['probe_dns_lookup_time_seconds{agent="pc-1",check="dns",commune="05983",rung="dns"}'] == 0.008
    assert found[f"probe_http_status_code{{{service}}}"] == 503
    phases = [name for name in found if name.startswith("probe_http_duration_seconds")]
    assert {re.findall(r'phase="(\w+)"', name)[0] for name in phases} == {
        "resolve",
        "connect",
        "tls",
        "processing",
        "transfer",
    }


def test_what_a_device_counts_is_exposed_as_it_counts_it(scraped: str) -> None:
    found = values(scraped)

    def value(family: str, interface: str = "", bits: str = "") -> float:
        named = {"agent": "pc-1", "bits": bits, "check": "terminal", "commune": "05983", "interface": interface}
        labels = ",".join(f'{key}="{label}"' for key, label in [*named.items(), ("rung", "gateway")] if label)
        return found[f"{family}{{{labels}}}"]

    assert value("sansang_device_uptime_seconds") == 86_400.5
    assert value("sansang_if_in_octets_total", "wan0", "64") == 9
    assert value("sansang_if_in_octets_total", "eth0", "32") == 3
    assert value("sansang_if_out_discards_total", "wan0") == 4
    assert value("sansang_if_oper_status", "eth0") == 2
    assert value("sansang_if_speed_bytes", "wan0") == 125_000_000
    assert not any("sansang_if_admin_status" in name and "eth0" in name for name in found)
    assert [name for name in found if "Đường truyền" in name and not name.startswith("sansang_if_info")] == []


def test_every_commune_of_the_inventory_has_its_names_and_one_state(scraped: str) -> None:
    found = values(scraped)
    states = {name: value for name, value in found.items() if "sansang_commune_serving" in name and "06001" in name}

    names = 'former_district="Huyện Tràng Định",kind="xã",name="Xã Đoàn Kết",province="20"'

    assert found[f'sansang_commune_info{{commune="06001",{names}}}'] == 1
    assert sorted(states.values()) == [0, 0, 0, 0, 0, 1]
    assert not any("sansang_commune_serving" in name and "05983" in name for name in found)
    assert any("sansang_commune_info" in name and "05983" in name for name in found)


def test_could_not_find_out_is_not_a_failure(scraped: str) -> None:
    assert not any("probe_success" in name and "gw6" in name for name in values(scraped))
    unknown = 'sansang_probe_unknown{agent="pc-1",check="gw6",commune="05983",reason="no_permission",rung="gateway"}'
    assert values(scraped)[unknown] == 1


def families(exposition: Exposition) -> dict[str, Metric]:
    """What a scrape reads now."""
    text = exposition.write("").text.decode()
    return {metric.name: metric for metric in text_string_to_metric_families(text)}


@pytest.mark.needs("prometheus")
def test_promtool_finds_nothing_to_say(scraped: str) -> None:
    done = subprocess.run(["promtool", "check", "metrics"], input=scraped, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_docs_and_list_agree() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)

    assert rows == [(one.name, one.kind, " ".join(f"`{label}`" for label in one.labels), one.help) for one in FAMILIES]


@pytest.fixture
def still(tmp_path: Path) -> Iterator[tuple[Collector, list[float]]]:
    """A collector that is not running, and its clock; one agent has reported everything."""
    clock = [NOW]
    still = Collector(CollectorSettings(data_dir=str(tmp_path)), lambda: clock[0])

    def known(connection: Connection) -> None:
        add_agent(connection)
        profiles_seen.keep(connection, {profile_hash(CHECKS): CHECKS}, NOW)
        everything = report(1, results=RESULTS, config=profile_hash(CHECKS), host=HOST)
        State().apply(connection, [entry_of(1, everything)], NOW)

    still.store.write_sync(known)
    yield still, clock
    still.log.close()
    still.store.close()


def test_a_silent_agents_series_vanish(still: tuple[Collector, list[float]]) -> None:
    collector, clock = still
    gone = {"probe_success", "sansang_probe_unknown", "sansang_host_uptime_seconds", "sansang_agent_spool_bytes"}
    exposition = Exposition(collector)
    before = families(exposition)
    clock[0] += 46
    after = families(exposition)

    assert gone <= before.keys()
    assert not gone & after.keys()
    assert [before["sansang_agent_up"].samples[0].value, after["sansang_agent_up"].samples[0].value] == [1, 0]
    assert "sansang_agent_last_contact_timestamp_seconds" in after


def samples_of(exposition: Exposition, name: str) -> dict[tuple[str, ...], float]:
    """Values by the values of their labels in their order."""
    return {tuple(one.labels.values()): one.value for one in families(exposition)[name].samples}


def test_an_agent_has_one_state_which_changes_with_the_hour_and_is_counted(
    still: tuple[Collector, list[float]],
) -> None:
    collector, clock = still
    exposition = Exposition(collector)
    seen = []
    for closed, later in ((False, 0), (False, 46), (True, 0)):
        clock[0] += later
        collector.know_calendars({"05983": Calendar(())} if closed else {})
        counts = samples_of(exposition, "sansang_agents")
        seen.append((samples_of(exposition, "sansang_agent_state"), {key for key, count in counts.items() if count}))

    assert seen == [
        ({("05983", "pc-1", state): 1.0}, {("05983", state)}) for state in ("online", "silent", "expected_off")
    ]


def test_a_retired_agent_is_in_no_series(still: tuple[Collector, list[float]]) -> None:
    collector, _ = still
    exposition = Exposition(collector)
    before = exposition.write("").text
    collector.store.write_sync(lambda connection: connection.execute(AGENT.update().values(retired_at=NOW)))
    after = exposition.write("").text

    assert b"05983" in before
    assert b"sansang_agent_versions{" in before
    assert b"05983" not in after
    assert b"sansang_agent_versions{" not in after


def test_whether_an_agent_works_by_what_is_assigned_follows_both(still: tuple[Collector, list[float]]) -> None:
    collector, clock = still
    exposition = Exposition(collector)
    name = "sansang_agent_config_current"

    assert name not in families(exposition)
    collector.wanted = lambda _agent: "new"
    assert samples_of(exposition, name) == {("05983", "pc-1"): 0.0}
    taken_over = entry_of(2, report(2, assigned="new"), received=clock[0])
    collector.store.write_sync(lambda connection: State().apply(connection, [taken_over], clock[0]))
    assert samples_of(exposition, name) == {("05983", "pc-1"): 1.0}
    collector.wanted = lambda _agent: "newer"
    assert samples_of(exposition, name) == {("05983", "pc-1"): 0.0}
    clock[0] += 46
    assert name not in families(exposition)


def test_a_stale_checks_series_vanish_while_its_agent_is_up(still: tuple[Collector, list[float]]) -> None:
    collector, clock = still
    clock[0] += 60
    later = entry_of(2, report(2, results=[result("dvc")], config=profile_hash(CHECKS)), received=clock[0])
    collector.store.write_sync(lambda connection: State().apply(connection, [later], clock[0]))
    success = families(Exposition(collector))["probe_success"]

    assert [sample.labels["check"] for sample in success.samples] == ["dvc"]


def test_results_of_unsure_time_and_entries_left_out_are_counted(still: tuple[Collector, list[float]]) -> None:
    collector, clock = still
    dark = entry_of(2, report(2, boot="boot-0", results=[result(), result("dvc")]))
    collector.store.write_sync(lambda connection: collector.state.apply(connection, [dark], clock[0]))
    collector.consumers[1].skipped = 3
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in families(Exposition(collector)).values()
        for sample in metric.samples
    }

    assert found["sansang_results_time_unsure_total",] == 2
    assert found["sansang_consumer_skipped_entries_total", "history"] == 3


@pytest.mark.needs("prometheus")
def test_a_real_prometheus_scrapes_it_with_a_credentials_file(
    collector: CollectorProcess, scraped: str, tmp_path: Path
) -> None:
    credentials = tmp_path / "metrics.token"
    credentials.write_text(collector.token("metrics"), encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs:\n"
        "- job_name: sansang\n"
        f"  authorization: {{credentials_file: {credentials}}}\n"
        f"  static_configs: [{{targets: ['{collector.url.removeprefix('http://')}']}}]\n",
        encoding="utf-8",
    )
    with prometheus(tmp_path) as url:
        deadline = time.monotonic() + 60
        while not (found := query(url, 'sansang_agent_up{job="sansang"}')):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        name = query(url, "sansang_agent_up * on (commune) group_left (name) sansang_commune_info")

    assert found[0]["metric"]["commune"] == "05983"
    assert name[0]["metric"]["name"] == "Phường Lương Văn Tri"


@contextmanager
def prometheus(folder: Path) -> Iterator[str]:
    """A Prometheus on a free port, with ``prometheus.yml`` of this folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def query(url: str, expression: str) -> list[dict[str, dict[str, str]]]:
    """The instant vector of an expression; empty until Prometheus answers."""
    try:
        answer = httpx.get(f"{url}/api/v1/query", params={"query": expression})
    except httpx.TransportError:
        return []
    return list(answer.json()["data"]["result"]) if answer.status_code == 200 else []
