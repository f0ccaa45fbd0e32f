"""A machine as a clerk meets it: it measures, is enrolled beside that, and goes on whatever its collector shows it.

Both programs are processes of their own; the collector is a stand-in on loopback with an authority of its own.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from certificates import Authority, Kind
from sansang_agent import status
from sansang_agent.contract import joining
from sansang_agent.enrolment import read
from sansang_agent.hindrance import Hindrance
from tests.support.fake_centre import SECRETS, WRITTEN, FakeCentre, joined, seen_certificate
from tests.support.fake_collector import FakeCollector, Reply, Request, problem, stored
from tests.support.machine_process import PATIENCE, Machine

ENROLLED_S = 15.0
"""From the command to the first report at the centre."""


class Centre:
    """A collector whose certificate a test changes while it serves, as its owner or a stranger might."""

    def __init__(self, folder: Path) -> None:
        for name in ("ours", "stranger"):
            (folder / name).mkdir()
        self._own, self._stranger = Authority(folder / "ours"), Authority(folder / "stranger")
        self._shown = self._own.context()
        context = self._own.context()
        context.sni_callback = self._choose
        self.answers = FakeCentre(self._own.ca_file.read_text(encoding="ascii"))
        self.answers.more = {"pace": {"live_s": 0.5, "backlog_per_s": 20}}
        self.collector = FakeCollector(self.answers, tls=context)

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._shown

    async def shows(self, kind: Kind, *, stranger: bool = False) -> None:
        self._shown = (self._stranger if stranger else self._own).context(kind)
        await self.collector.hang_up()

    async def hears(self, wanted: Callable[[list[Request]], bool]) -> None:
        await self.collector.until(wanted, limit=PATIENCE)

    def reports(self) -> list[Request]:
        return [request for request in self.collector.requests if request.reports]


@pytest.fixture
async def centre(tmp_path: Path) -> AsyncIterator[Centre]:
    made = Centre(tmp_path)
    async with made.collector:
        made.answers.certificate = await seen_certificate(made.collector)
        yield made


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    made = Machine(tmp_path)
    made.start()
    yield made
    await asyncio.to_thread(made.stop)


async def enrolled(machine: Machine, centre: Centre, *more: str) -> None:
    said = await machine.sansang("enrol", WRITTEN, "--collector", centre.collector.url, *more)
    assert said.startswith("This computer is enrolled as “quay-7” of Xã Vân Nham 05983"), said


async def test_from_code_to_first_report_beside_a_running_agent(machine: Machine, centre: Centre) -> None:
    before = await machine.says(lambda said: said.spool.rows >= 2)
    assert before.collector is None

    began = time.monotonic()
    await enrolled(machine, centre)
    await centre.hears(lambda requests: any(request.reports for request in requests))
    took = time.monotonic() - began

    assert took <= ENROLLED_S
    await centre.hears(lambda _: 1 in {seq for request in centre.reports() for seq in request.seqs})
    assert {request.headers["authorization"] for request in centre.reports()} == {f"Bearer {joined().token}"}
    assert not [secret for secret in SECRETS if secret in machine.log.read_text(encoding="utf-8")]
    await machine.says(lambda said: said.last_contact is not None)
    shown = await machine.sansang("status")
    assert "This computer is enrolled as “quay-7” of Xã Vân Nham 05983" in shown
    assert f"Collector: {centre.collector.url}; last answer at" in shown


@pytest.mark.parametrize(
    ("kind", "stranger", "hindrance", "words"),
    [
        ("expired", False, Hindrance.EXPIRED, "The centre's certificate is out of date"),
        ("good", True, Hindrance.ISSUER, "somebody may be in between, or the centre has a new one"),
    ],
)
async def test_a_certificate_that_goes_wrong_stops_the_telling_and_nothing_else(
    machine: Machine, centre: Centre, kind: Kind, stranger: bool, hindrance: Hindrance, words: str
) -> None:
    await enrolled(machine, centre)
    await machine.says(lambda said: said.last_contact is not None)

    await centre.shows(kind, stranger=stranger)
    said = await machine.says(lambda said: said.hindrance == hindrance)
    heard = len(centre.collector.requests)
    later = await machine.says(lambda later: later.spool.rows >= said.spool.rows + 2)
    assert later.results["gw"].wall > said.results["gw"].wall
    assert len(centre.collector.requests) == heard
    assert words in await machine.sansang("status")

    await centre.shows("good")
    await machine.says(lambda said: not said.hindrance and said.spool.rows <= 1)
    assert len(centre.collector.requests) > heard


async def test_a_renewed_token_is_used_from_then_on(machine: Machine, centre: Centre) -> None:
    given: list[Request] = []

    def renew(request: Request) -> Reply:
        if not request.reports or given:
            return centre.answers(request)
        given.append(request)
        return stored(request, token="renewed-" + "y" * 30, **centre.answers.more)

    centre.collector.script(renew)
    await enrolled(machine, centre)
    renewed = f"Bearer renewed-{'y' * 30}"
    await centre.hears(lambda requests: requests[-1].headers.get("authorization") == renewed)

    found = read(machine.data)
    assert found is not None
    assert found.token_file.read_text() == "renewed-" + "y" * 30
    for text in (machine.log.read_text(encoding="utf-8"), (machine.data / status.FILE).read_text(encoding="utf-8")):
        assert "renewed-" not in text


async def test_a_machine_that_was_removed_or_copied_says_so_and_comes_back_by_another_code(
    machine: Machine, centre: Centre
) -> None:
    clone = problem(403, type=joining.CLONE, detail="two machines use this token")

    def removed(request: Request) -> Reply:
        known = request.headers.get("authorization") == f"Bearer {joined(8).token}"
        return centre.answers(request) if known or "/enrol" in request.target else clone

    await enrolled(machine, centre)
    first = await machine.says(lambda said: said.last_contact is not None)
    streams = {report.stream for request in centre.reports() for report in request.reports}
    centre.collector.script(removed)
    said = await machine.says(lambda said: said.hindrance == Hindrance.CLONE)
    assert first.assigned == said.assigned
    shown = await machine.sansang("status")
    assert "Another machine uses the same identity as this computer; probably its disk was copied." in shown
    assert f"sansang enrol CODE --collector {centre.collector.url} --again" in shown

    centre.answers.next = joined(8)
    await machine.sansang("enrol", WRITTEN, "--collector", centre.collector.url, "--again")
    await machine.says(lambda said: not said.hindrance and said.last_contact is not None and said.spool.rows <= 1)
    await centre.hears(lambda requests: any(report.stream not in streams for report in requests[-1].reports))
    assert centre.reports()[-1].headers["authorization"] == f"Bearer {joined(8).token}"
