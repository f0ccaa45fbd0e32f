"""A real collector with the first inventory of Lạng Sơn and a few machines in most communes, as on a working morning.

Reports go the real way over HTTP. Some lines fail, some machines are silent, off or behind; which ones follows from
their numbers, so that every run shows the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

from sansang_agent.contract.check import HttpCheck, IcmpCheck, PathCheck, Profile, TlsCheck
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import (
    Device,
    Envelope,
    Goodbye,
    GoodbyeReason,
    Interface,
    Report,
    Result,
    Sent,
    SpoolState,
    Why,
)
from sansang_agent.contract.rung import Rung
from sansang_collector.inventory import units
from sansang_collector.inventory.starting import first_files
from tests.support.web_collector import NOON, WebCollector, web_collector

MORNING = NOON - 3 * 3600 + 1215
"""A Friday, 09:20:15 in Vietnam: every centre is open."""
PROFILE = Profile(
    checks=(
        IcmpCheck(id="gw", rung=Rung.GATEWAY, target="192.168.1.1", name="Thiết bị đầu cuối"),
        PathCheck(id="hop", rung=Rung.LINE, target="192.0.2.1", name="Chặng đầu tiên ngoài thiết bị đầu cuối"),
        HttpCheck(id="dichvucong-http", rung=Rung.SERVICE, target="https://dvc.example/", name="Cổng Dịch vụ công"),
        TlsCheck(id="dichvucong-tls", rung=Rung.SERVICE, target="dvc.example:443", name="Cổng Dịch vụ công (TLS)"),
        HttpCheck(id="hotich-http", rung=Rung.SERVICE, target="https://hotich.example/", mandatory=False),
    )
)
PORTS = (
    Interface(name="GE0/1", index=1, alias="lên trạm", admin=1, oper=1, bps=1_000_000_000, in_errors=0, out_errors=0),
    Interface(name="GE0/2", index=2, alias="mạng nội bộ", admin=1, oper=2, bps=100_000_000, in_errors=12, out_errors=0),
)
NO_MACHINES = 5
"""The last communes have no machine yet."""


class Played(NamedTuple):
    """A machine of the province."""

    number: int
    commune: str
    name: str

    @property
    def failing(self) -> frozenset[str]:
        """Its checks that fail."""
        if self.commune in {"05986", "06019"}:
            return frozenset({"hop", "dichvucong-http", "dichvucong-tls", "hotich-http"})
        return frozenset({"hotich-http"}) if self.number % 37 == 5 else frozenset()

    @property
    def goodbye(self) -> GoodbyeReason | None:
        """Some are shut down for now."""
        return GoodbyeReason.SHUTDOWN if self.number % 23 == 7 else None

    @property
    def minutes_ago(self) -> float:
        """When it was last heard."""
        return 25.0 if self.goodbye else 14.0 if self.number % 31 == 3 else 0.1


def write_inventory(folder: Path) -> Path:
    """``inventory init --province "Lạng Sơn"``."""
    folder.mkdir()
    for name, body in first_files(units.units_of("Lạng Sơn")).items():
        (folder / name).write_bytes(body)
    return folder


@contextmanager
def province(folder: Path, each: int = 4) -> Iterator[WebCollector]:
    """The collector, its clock at :data:`MORNING`, once all has been taken up."""
    inventory = write_inventory(folder / "inventory")
    (folder / "data").mkdir()
    with web_collector(folder / "data", str(inventory), MORNING - 1500) as running:
        communes = [one["code"] for one in running.client.get("/api/v1/communes?limit=1000").json()["items"]]
        with_machines = [*[code for code in communes if code != "06019"][: 64 - NO_MACHINES], "06019"]
        places = [(code, f"may-{n}") for code in with_machines for n in range(2, each + 2)]
        made = running.register(places)
        played = [Played(number, *place) for place, (number, _) in made.items()]
        with httpx.Client(base_url=running.url) as sender:
            for machine in sorted(played, key=lambda one: -one.minutes_ago):
                running.turn_clock(MORNING - machine.minutes_ago * 60 - running.now)
                _send(sender, running.now, machine, made[machine.commune, machine.name][1])
        running.turn_clock(MORNING - running.now)
        running.until(lambda: _heard(running) >= len(places))
        yield running


def _heard(running: WebCollector) -> int:
    found = running.client.get("/api/v1/fleet?limit=1000").json()["items"]
    return sum(row["last_contact"] is not None for row in found)


def _send(sender: httpx.Client, now: float, machine: Played, secret: str) -> None:
    goodbye = Goodbye(reason=machine.goodbye) if machine.goodbye else None
    report = Report(
        stream=f"{machine.number:032x}", seq=1, boot="b1", mono=86_400.0, wall=now, why=Why.PERIODIC,
        version="0.2.9" if machine.number % 9 == 0 else "0.3.0", config=profile_hash(PROFILE), goodbye=goodbye,
        results=tuple(_result(machine, check.id) for check in PROFILE.checks),
    )  # fmt: skip
    waiting = SpoolState(rows=412, oldest=now - 7000) if machine.number % 41 == 2 else SpoolState()
    skewed = now - 130.0 if machine.number % 53 == 4 else now
    envelope = Envelope(
        v=1, sent=Sent(boot="b1", mono=86_400.0, wall=skewed), spool=waiting,
        profiles={profile_hash(PROFILE): PROFILE}, reports=(msgspec.Raw(msgspec.json.encode(report)),),
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    answer = sender.post("/api/v1/reports", content=msgspec.json.encode(envelope), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json().get("refused", []) == [], answer.text


def _result(machine: Played, check: str) -> Result:
    if check in machine.failing:
        return Result(check=check, outcome=Outcome.FAILED, reason=Reason.TIMEOUT)
    if check == "gw":
        device = Device(name="ONT")
        return Result(check=check, outcome=Outcome.OK, rtt_ms=(0.4, 0.5, 0.6, 0.7), sent=5, lost=0, device=device,
                      interfaces=PORTS if machine.name == "may-2" else None)  # fmt: skip
    return Result(check=check, outcome=Outcome.OK, phases_ms={"connect": 11.0, "tls": 24.0})
