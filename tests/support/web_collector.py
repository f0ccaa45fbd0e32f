"""A real collector on loopback in a thread of the test, with a clock the test turns and one agent that reports.

Everything goes the real way: tokens, HTTP, ingest, log, consumers. The agent is played, byte by byte.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
from sqlalchemy import Connection

from sansang_agent.contract.check import DnsCheck, HttpCheck, IcmpCheck, PathCheck, Profile, TcpCheck
from sansang_agent.contract.codec import profile_hash, report_code
from sansang_agent.contract.outcome import Reason, outcome_of
from sansang_agent.contract.report import Envelope, Goodbye, GoodbyeReason, Report, Result, Sent, SpoolState, Why
from sansang_agent.contract.rung import Network, Rung
from sansang_collector import agents, links, tokens
from sansang_collector.app import Application, create_app
from sansang_collector.server import CollectorServer
from sansang_collector.settings import CollectorSettings
from sansang_collector.store import Store

T = TypeVar("T")

NOON = 1_782_450_000.0  # 2026-06-26 12:00:00 in Vietnam
COMMUNE = "06019"
STREAM = "b1946ac92492d2347c6235b4d2611184"
PROFILE = Profile(
    label="Hộp cát: mọi đích là máy giả trên máy này",
    checks=(
        TcpCheck(id="gw", rung=Rung.GATEWAY, target="127.0.0.1:1", name="Thiết bị đầu cuối"),
        PathCheck(id="hop", rung=Rung.LINE, target="192.0.2.1", name="Chặng đầu tiên ngoài thiết bị đầu cuối"),
        IcmpCheck(id="out", rung=Rung.INTERNET, target="192.0.2.2", name="Điểm ngoài Internet"),
        DnsCheck(id="names", rung=Rung.DNS, target="127.0.0.1", query="dvc.example"),
        HttpCheck(
            id="dvc",
            rung=Rung.SERVICE,
            target="https://dvc.example/",
            name="Cổng dịch vụ công",
            network=Network.TSLCD,
            source="kiểm tra tại chỗ",
        ),
    ),
)
"""The period of all of them is 15 s."""

Evidence = Mapping[str, dict[str, Any]]
"""By check: what its result says beyond outcome and reason."""


class WebCollector:
    """A running collector: where it is, its clock, and ways to be its agent."""

    since: float
    """When the test began that has it; deeds before are other tests'."""

    def __init__(self, folder: Path, url: str, now: list[float], app: Application) -> None:
        self.url = url
        self.folder = folder
        self.app = app
        self.since = now[0]
        self._now = now
        self._seq = 0
        store = Store(folder)
        self.agent: int = store.write_sync(lambda connection: agents.register(connection, COMMUNE, "may-1", NOON))
        self._agent_secret = store.write_sync(lambda it: tokens.issue(it, "agent", "may-1", NOON, self.agent))[1]
        self.read_secret = store.write_sync(lambda it: tokens.issue(it, "read", "test", NOON))[1]
        store.close()
        self.client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {self.read_secret}"}, timeout=60)

    @property
    def now(self) -> float:
        """The collector's clock."""
        return self._now[0]

    @property
    def mono(self) -> float:
        """Seconds since the agent's boot."""
        return 86_400 + self.now - NOON

    @property
    def newest_code(self) -> str:
        """The code of the newest report."""
        return report_code(STREAM, self._seq)

    def turn_clock(self, seconds: float) -> None:
        """Let time pass at the collector and at its agent."""
        self._now[0] += seconds

    def forget_agents(self) -> None:
        """A collector nobody has registered a machine with."""
        store = Store(self.folder)
        store.write_sync(lambda connection: connection.execute(tokens.TOKEN.delete().where(tokens.TOKEN.c.agent == 1)))
        store.write_sync(lambda connection: connection.execute(agents.AGENT.delete()))
        store.close()

    def token(self, scope: str, agent: int | None = None) -> str:
        """The secret of a new token."""
        store = Store(self.folder)
        secret = store.write_sync(lambda it: tokens.issue(it, scope, "test", self.now, agent))[1]
        store.close()
        return str(secret)

    def link(self, scope: str) -> str:
        """The secret of a one-time link."""
        store = Store(self.folder)
        secret = store.write_sync(lambda it: links.issue_link(it, self.now, scope))
        store.close()
        return str(secret)

    @contextmanager
    def session(self, scope: str) -> Iterator[httpx.Client]:
        """A browser that has opened a one-time link."""
        secret = self.link(scope)
        with httpx.Client(base_url=self.url, timeout=60, headers={"Accept": "text/html"}) as browser:
            assert browser.get(f"/login/{secret}").status_code == 303
            yield browser

    def read_ledger(self, ask: Callable[[Connection], T]) -> T:
        """What the ledger says."""
        store = Store(self.folder)
        with store.read() as connection:
            found = ask(connection)
        store.close()
        return found

    def register(self, machines: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, str]]:
        """More machines by commune and name: their numbers and their tokens' secrets."""

        def add(connection: Connection) -> dict[tuple[str, str], tuple[int, str]]:
            made = {place: agents.register(connection, *place, self.now) for place in machines}
            issue = tokens.issue
            return {at: (id_, issue(connection, "agent", at[1], self.now, id_)[1]) for at, id_ in made.items()}

        store = Store(self.folder)
        found = store.write_sync(add)
        store.close()
        return found

    def report(
        self,
        failing: Sequence[tuple[str, Reason]] = (),
        evidence: Evidence | None = None,
        age: float = 0.0,
        goodbye: GoodbyeReason | None = None,
    ) -> str:
        """Send one report taken ``age`` seconds ago, all good but ``failing``, wait until it shows; its code."""
        self._seq += 1
        reasons = dict(failing)
        results = tuple(self._result(check.id, reasons.get(check.id), evidence or {}) for check in PROFILE.checks)
        report = Report(
            stream=STREAM, seq=self._seq, boot="b1", mono=self.mono - age, wall=self.now - age, why=Why.PERIODIC,
            version="0.3.0", config=profile_hash(PROFILE), results=results,
            goodbye=Goodbye(reason=goodbye) if goodbye else None,
        )  # fmt: skip
        self.send([report], PROFILE)
        taken_at = self.now - age
        self.until(lambda: self._covers(taken_at))
        return self.newest_code

    def write_ledger(self, change: Callable[[Connection], T]) -> T:
        """Change the ledger from outside."""
        store = Store(self.folder)
        done = store.write_sync(change)
        store.close()
        return done

    def send(self, reports: Sequence[Report], profile: Profile, secret: str = "") -> None:
        """Send reports in one envelope, now; by the agent, or by the one whose token's secret it is."""
        envelope = Envelope(
            v=1,
            sent=Sent(boot="b1", mono=self.mono, wall=self.now),
            spool=SpoolState(),
            profiles={profile_hash(profile): profile},
            reports=tuple(msgspec.Raw(msgspec.json.encode(report)) for report in reports),
        )
        answer = self.client.post(
            "/api/v1/reports",
            content=msgspec.json.encode(envelope),
            headers={"Authorization": f"Bearer {secret or self._agent_secret}", "Content-Type": "application/json"},
        )
        assert answer.status_code == 200, answer.text
        assert answer.json().get("refused", []) == [], answer.text

    def _result(self, check: str, reason: Reason | None, evidence: Evidence) -> Result:
        more = evidence.get(check, {})
        return Result(check=check, outcome=outcome_of(reason), reason=reason, **more)

    def _covers(self, at: float) -> bool:
        window: dict[str, str | float] = {"check": PROFILE.checks[-1].id, "from": at - 1, "to": at + 1}
        found = self.client.get(f"/api/v1/agents/{self.agent}/intervals", params=window).json()
        newest = self.client.get(f"/api/v1/agents/{self.agent}").json()
        return bool(found.get("items")) and any(rung["checks"] for rung in newest["rungs"])

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what the consumers do after a report is answered."""
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline, "the report never showed"
            time.sleep(0.01)


@contextmanager
def web_collector(
    folder: Path, inventory: str = "", at: float = NOON, public_url: str = "", alerts: str = ""
) -> Iterator[WebCollector]:
    """Run a collector with its data in ``folder`` until the block ends; ``inventory`` is a folder it applies."""
    now = [at]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = CollectorSettings(
            data_dir=str(folder), inventory_dir=inventory, public_url=public_url, alerts=alerts
        )
        app = create_app(settings, lambda: now[0])
        ready = threading.Event()
        server = CollectorServer(app, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            assert ready.wait(60), "the server did not start"
            running = WebCollector(folder, url, now, app)
            with running.client:
                yield running
        finally:
            server.should_exit = True
            thread.join(60)
