"""The rendered pieces say what prometheus_client would, change with what they are of, and are made once for it."""

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain
from sqlalchemy import Connection, event

from sansang_agent.contract.check import Check, DnsCheck, IcmpCheck, Profile
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.rung import Rung
from sansang_collector import profiles_seen, silence
from sansang_collector.agent_lines import Facts, Lines, render
from sansang_collector.exposition import Exposition
from sansang_collector.metrics import AGENT_FAMILIES
from sansang_collector.running import Collector
from sansang_collector.settings import CollectorSettings
from sansang_collector.state import State
from tests.support import plain_metrics
from tests.support.ledgers import NOW, add_agent, entry_of
from tests.support.reports import GATEWAY, SERVICE, report, result

ODD = ('quote "q"', "back\\slash\\n", "two\nlines", "Máy số 1 {ở quầy}", "a,b=c}", "end\\", "#")
"""Names that a writer of labels can get wrong; checks have such while their profile is not known."""
CHECKS: tuple[Check, ...] = (
    GATEWAY,
    SERVICE,
    DnsCheck(id="dns", rung=Rung.DNS, target="192.0.2.53", query="example.vn"),
    *(IcmpCheck(id=name, rung=Rung.LINE, target="192.0.2.1", period=5) for name in ("a.b", "z-1")),
)
PROFILE = Profile(checks=CHECKS)
CONFIG = profile_hash(PROFILE)
OPEN = "application/openmetrics-text; version=1.0.0"
FORMATS: list[tuple[str, Callable[[str], Iterable[Metric]]]] = [("", plain), (OPEN, open_metrics)]


class Still:
    """A collector that is not running, with a clock of its own; counts what is asked of its ledger."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.collector = Collector(CollectorSettings(data_dir=str(folder)), lambda: self.now)
        self.exposition = Exposition(self.collector)
        self.position = 0
        self.asked: list[str] = []
        event.listen(self.store._reading, "before_cursor_execute", lambda *call: self.asked.append(call[2]))
        self.store.write_sync(lambda connection: profiles_seen.keep(connection, {CONFIG: PROFILE}, NOW))

    @property
    def store(self) -> Any:
        return self.collector.store

    def agent(self, name: str) -> int:
        return int(self.store.write_sync(lambda connection: add_agent(connection, name=name)))

    def take(self, *results: dict[str, Any], agent: int = 1, config: str = CONFIG, **more: Any) -> None:
        """One report arrives and takes effect."""
        self.position += 1
        arrived = entry_of(
            self.position, report(self.position, results=list(results), config=config, **more), agent=agent,
            received=self.now, spool={"rows": 3, "bytes": 70, "dropped": [[1, 2]]},
        )  # fmt: skip
        self.store.write_sync(lambda connection: State().apply(connection, [arrived], self.now))

    def text(self, accept: str = "") -> str:
        return self.exposition.write(accept).text.decode()

    def said_plainly(self, accept: str = "") -> str:
        with self.store.read() as connection:
            return plain_metrics.text(connection, self.collector.present(), accept)

    def renders(self) -> bool:
        """Whether a scrape reads results anew."""
        self.asked.clear()
        self.text()
        return any("latest" in one for one in self.asked)


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Still]:
    still = Still(tmp_path)
    yield still
    still.collector.log.close()
    still.store.close()


def of_agents(families: Iterable[Metric]) -> dict[str, Any]:
    """Samples, type and help of the families of agents, each family's samples in their order."""
    names = {one.name.removesuffix("_total") for one in AGENT_FAMILIES}
    return {
        one.name: (
            one.type,
            one.documentation,
            [(s.name, tuple(sorted(s.labels.items())), s.value) for s in one.samples],
        )
        for one in families
        if one.name in names
    }


def all_of_it(still: Still, seed: int) -> None:
    """Agents with odd names, and results with any of the figures a report can hold, some of them long ago."""
    chance = random.Random(seed)

    def ms() -> float:
        return chance.choice((0.0, 1e-7, 12.345678901234, 2.6e9, round(chance.uniform(0, 900), 3)))

    def interface() -> dict[str, Any]:
        counters = {name: chance.randrange(2**53) for name in ("in_octets", "out_errors") if chance.random() < 0.7}
        said = {"name": chance.choice(ODD), "alias": chance.choice(ODD), "index": 3, "oper": 1, "bits": 64}
        return said | counters

    def one(check: str) -> dict[str, Any]:
        found: dict[str, Any] = {"at": -chance.randrange(chance.choice((900, 60_000)))}
        found |= {"sent": chance.choice((0, 5)), "lost": chance.randrange(6)} if chance.random() < 0.5 else {}
        found |= {"rtt_ms": [ms() for _ in range(4)]} if chance.random() < 0.5 else {}
        found |= {"jitter_ms": ms()} if chance.random() < 0.5 else {}
        found |= (
            {"device": {"uptime_s": ms()}, "interfaces": [interface(), interface()]} if chance.random() < 0.3 else {}
        )
        names = ("resolve", "connect", "proxy", "tls", "first_byte", "transfer", "exchange", 'od"d')
        found |= {"phases_ms": {name: ms() for name in names if chance.random() < 0.5}}
        found |= {"status": chance.choice((200, 503))} if chance.random() < 0.5 else {}
        found |= {"cert_expiry": chance.choice((-1.5, 1.8e9))} if chance.random() < 0.5 else {}
        outcome = chance.choice(("ok", "failed", "unknown"))
        return result(check, None if outcome == "ok" else "timeout", outcome, **found)

    for number, name in enumerate(("pc-1", *ODD), start=1):
        still.agent(name)
        power = chance.choice((None, {"source": "battery"}, {"source": "mains", "percent": 9}))
        host: dict[str, Any] = {
            "uptime_s": ms(),
            "cpu": chance.choice((None, 0.5)),
            "memory": 0.25,
            "disk_free_bytes": 9**15,
        }
        checks = [one(check.id) for check in CHECKS if chance.random() < 0.8] + [one(name) for name in ("gone", *ODD)]
        host = {key: value for key, value in {**host, "power": power}.items() if value is not None}
        still.take(*checks, agent=number, host=host, config=chance.choice((CONFIG, CONFIG, "", "f" * 32)))


@pytest.mark.parametrize(("accept", "parse"), FORMATS)
@pytest.mark.parametrize("seed", range(4))
def test_agents_are_written_as_prometheus_client_would(
    still: Still, accept: str, parse: Callable[[str], Iterable[Metric]], seed: int
) -> None:
    all_of_it(still, seed)
    for later in (0, 20, 30, 9, 46):
        still.now += later
        found, expected = of_agents(parse(still.text(accept))), of_agents(parse(still.said_plainly(accept)))

        assert list(found) == list(expected)
        assert {name: (*one[:2], set(one[2])) for name, one in found.items()} == {
            name: (*one[:2], set(one[2])) for name, one in expected.items()
        }


def test_samples_stand_by_commune_and_agent_then_by_rung_and_check(still: Still) -> None:
    for name in ("pc-2", "pc-1"):
        still.agent(name)
    for agent in (1, 2):
        still.take(result("dvc"), result("gw"), result("dns"), result("z-1"), result("a.b"), agent=agent)
    order = [(s.labels["agent"], s.labels["check"]) for s in families(still)["probe_success"].samples]

    assert order == [(name, check) for name in ("pc-1", "pc-2") for check in ("gw", "a.b", "z-1", "dns", "dvc")]


def families(still: Still) -> dict[str, Metric]:
    return {one.name: one for one in plain(still.text())}


def test_open_metrics_end_once_and_only_there(still: Still) -> None:
    all_of_it(still, 0)

    assert still.exposition.write(OPEN).content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert still.text(OPEN).endswith("\n# EOF\n")
    assert still.text(OPEN).count("# EOF") == 1
    assert "# EOF" not in still.text()


def test_without_an_agent_there_are_only_the_collectors_own_families(still: Still) -> None:
    assert not of_agents(plain(still.text()))
    assert "sansang_build_info" in families(still)


def test_nothing_is_rendered_again_until_a_report_comes(still: Still) -> None:
    still.agent("pc-1")
    still.take(result("gw"))
    rendered = [still.renders(), still.renders()]
    still.now += 1
    still.take(result("gw", reason="timeout"))

    assert [*rendered, still.renders(), still.renders()] == [True, False, True, False]
    assert families(still)["probe_success"].samples[0].value == 0


def test_only_the_agent_that_reported_is_rendered_again(still: Still, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pc-1", "pc-2", "pc-3"):
        still.agent(name)
    still.take(result("gw"), agent=2)
    still.text()
    rendered: list[str] = []

    def noting(facts: Facts) -> Lines:
        rendered.append(facts.name)
        return render(facts)

    monkeypatch.setattr("sansang_collector.agent_pieces.render", noting)
    still.take(result("gw"), agent=3)
    still.text()

    assert rendered == ["pc-3"]


def test_a_report_without_results_is_rendered_for_what_it_says_of_the_machine(still: Still) -> None:
    still.agent("pc-1")
    still.take(result("gw"))
    still.text()
    still.now += 5
    still.take(host={"uptime_s": 77.0})

    found = families(still)
    assert found["sansang_host_uptime_seconds"].samples[0].value == 77
    assert found["sansang_agent_last_contact_timestamp_seconds"].samples[0].value == NOW + 5


def test_a_check_vanishes_when_it_goes_stale_though_nothing_arrives(still: Still) -> None:
    still.agent("pc-1")
    still.take(result("gw"), result("z-1", at=-20_000))
    seen = []
    for later in (0, 20, 24.9, 25.1, 44.9):
        still.now = NOW + later
        seen.append([s.labels["check"] for s in families(still)["probe_success"].samples])

    assert seen == [["gw", "z-1"], ["gw", "z-1"], ["gw", "z-1"], ["gw"], ["gw"]]


def test_a_result_dated_in_the_future_shows_when_its_time_has_come(still: Still) -> None:
    still.agent("pc-1")
    still.take(result("gw"))
    still.now = NOW - 46
    still.collector.present()  # set back, the clock begins to listen anew, so that its agent is not silent yet
    before = families(still)
    still.now = NOW - 45

    assert "probe_success" not in before
    assert len(families(still)["probe_success"].samples) == 1


def test_silence_takes_the_series_away_and_the_next_contact_brings_them_back(still: Still) -> None:
    still.agent("pc-1")
    still.collector.present()
    still.now += 100
    still.take(result("gw"))
    counts = [len(of_agents(plain(still.text())))]
    still.now += 46
    counts.append(len(of_agents(plain(still.text()))))
    present = still.collector.present()
    still.store.write_sync(lambda connection: silence.mark_silent(connection, present))
    counts.append(len(of_agents(plain(still.text()))))
    still.take(result("gw"))

    assert [*counts, len(of_agents(plain(still.text())))] == [8, 4, 4, 8]


def test_a_profile_that_comes_later_gives_the_checks_their_rung(still: Still) -> None:
    late = Profile(checks=(GATEWAY,), label="late")
    still.agent("pc-1")
    still.take(result("gw"), config=profile_hash(late))
    rungs = [families(still)["probe_success"].samples[0].labels["rung"] for _ in range(2)]
    still.store.write_sync(lambda connection: profiles_seen.keep(connection, {profile_hash(late): late}, NOW))

    assert [*rungs, families(still)["probe_success"].samples[0].labels["rung"]] == ["", "", "gateway"]
    assert not still.renders()


def test_an_agent_that_is_gone_leaves_with_its_piece(still: Still) -> None:
    for name in ("pc-1", "pc-2"):
        still.agent(name)
        still.take(result("gw"), agent=1)
    still.text()

    def forget(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM agent WHERE id = 2")

    still.store.write_sync(forget)

    assert {s.labels["agent"] for s in families(still)["sansang_agent_up"].samples} == {"pc-1"}
    assert len(still.exposition._pieces._pieces) == 1


def test_scrapes_at_once_say_the_same(still: Still) -> None:
    all_of_it(still, 1)
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append(still.text())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(texts) == 4
    assert len(set(texts)) == 1


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_says_what_would_be_rendered_now_whatever_happened(still: Still, seed: int) -> None:
    chance = random.Random(seed)
    for name in ("pc-1", "pc-2", "pc-3"):
        still.agent(name)
    late = Profile(checks=CHECKS[:2])

    def report_comes() -> None:
        checks = chance.sample([check.id for check in CHECKS], 2)
        results = [result(check, at=-chance.choice((0, 9_999, 10_000, 20_000, 60_000))) for check in checks]
        still.take(*results, agent=chance.randrange(1, 4), config=chance.choice((CONFIG, profile_hash(late), "")))

    def time_passes() -> None:
        still.now += chance.choice((0.001, 4.999, 5.0, 15.0, 25.0, 45.0, 46.0, -30.0))

    def is_renamed() -> None:
        change = "UPDATE agent SET name = ?, commune = ? WHERE id = ?"
        values = (f"pc {chance.random()}", chance.choice(("05983", "05984")), chance.randrange(1, 4))
        still.store.write_sync(lambda connection: connection.exec_driver_sql(change, values))

    def profile_comes() -> None:
        still.store.write_sync(lambda connection: profiles_seen.keep(connection, {profile_hash(late): late}, still.now))

    def silence_is_noticed() -> None:
        still.store.write_sync(lambda connection: silence.mark_silent(connection, still.collector.present()))

    happenings = (report_comes, report_comes, time_passes, time_passes, is_renamed, silence_is_noticed)
    for step in range(120):
        chance.choice((*happenings, profile_comes) if step > 60 else happenings)()
        fresh = Exposition(still.collector).write("").text.decode()
        assert of_agents(plain(still.text())) == of_agents(plain(fresh))
