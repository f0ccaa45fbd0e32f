"""Who belongs here and who does not: a real collector with an authority of its own, real agents of another user.

Every word goes over TLS on loopback; what people do is done by the commands and forms they have.
"""

import asyncio
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from certificates import Authority
from sansang_agent import enrolment
from sansang_agent.hindrance import Hindrance
from sansang_agent.reporter import CHANGE_GAP
from tests.support.collector_process import CollectorProcess
from tests.support.machine_process import Machine
from tests.support.nginx import free_port, nginx

COMMUNE = "05983"
IN_COMMUNE_S = 15.0
"""From the code, once somebody has it, to the machine in its commune."""
PATIENCE = 30.0
ENROLLED = "This computer is enrolled as"
REVOKED = "đã thu hồi"
HTML = {"Accept": "text/html"}

pytestmark = pytest.mark.needs("another-user")


@dataclass
class Centre:
    """A collector and how machines and people reach it. ``ca``: what machines are told to trust beforehand."""

    collector: CollectorProcess
    url: str
    ca_file: Path
    ca: tuple[str, ...] = ()
    _code_for_many: str = ""

    def restart(self) -> None:
        """After a power cut, with all it had on disk."""
        self.collector.kill()
        data = self.collector.data
        self.collector = CollectorProcess(data, data.parent / "collector.yml", self.collector.port)

    def run(self, *arguments: str) -> str:
        return self.collector.run(*arguments, "--data", str(self.collector.data))

    def code(self, *arguments: str) -> str:
        return self.run("join-code", COMMUNE, *arguments).splitlines()[0]

    def client(self, scope: str = "") -> httpx.Client:
        trust = ssl.create_default_context(cafile=str(self.ca_file))
        headers = {"Authorization": f"Bearer {self.collector.token(scope)}"} if scope else {}
        return httpx.Client(base_url=self.url, headers=headers, verify=trust, timeout=20)

    async def enrols(self, machine: Machine, *more: str, code: str = "") -> str:
        """What ``sansang enrol`` says, by this code or by one for many machines."""
        if not code:
            code = self._code_for_many = self._code_for_many or self.code("--uses", "20")
        return await machine.sansang("enrol", code, "--collector", self.url, *self.ca, *more)

    async def row(self, wanted: Callable[[dict[str, Any]], bool], state: str = "") -> dict[str, Any]:
        """The first machine of the fleet that is as wanted, as soon as there is one."""
        with self.client("read") as reader:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = reader.get("/api/v1/fleet", params={"state": state} if state else {}).json()["items"]
                    if fitting := [row for row in found if wanted(row)]:
                        return dict(fitting[0])
                    await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """One with an authority of its own, made at its first start."""
    folder = tmp_path_factory.mktemp("who")
    collector = _collector(folder, "tls: own\n")
    ca = folder / "ca.pem"
    ca.write_text(collector.run("ca", "export", "--data", str(collector.data)), encoding="ascii")
    made = Centre(collector, collector.url.replace("127.0.0.1", "localhost"), ca)
    yield made
    made.collector.kill()


@pytest.fixture
def centre_behind_nginx(open_folder: Path) -> Iterator[Centre]:
    """One with nginx before it, whose certificate is of an authority that machines are told of."""
    authority = Authority(open_folder)
    chain = authority.chain("good", ("localhost",))
    collector = _collector(open_folder, "tls: 'off'\nproxies: [127.0.0.1]\nhosts: [localhost]\n")
    with nginx(open_folder / "nginx", collector.port, chain, chain) as port:
        yield Centre(collector, f"https://localhost:{port}", authority.ca_file, ("--ca", str(authority.ca_file)))
    collector.kill()


def _collector(folder: Path, settings: str) -> CollectorProcess:
    config = folder / "collector.yml"
    config.write_text(settings, encoding="utf-8")
    return CollectorProcess(folder / "centre", config)


@pytest.fixture
async def restless() -> AsyncIterator[int]:
    """The port of a gateway that comes and goes: whoever asks it has news to tell at once, not every 15 s."""

    async def come_and_go() -> None:
        while True:
            async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port):
                await asyncio.sleep(CHANGE_GAP / 2)
            await asyncio.sleep(CHANGE_GAP / 2)

    port = free_port()
    coming = asyncio.create_task(come_and_go())
    yield port
    coming.cancel()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="sansang-who-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
async def machine(open_folder: Path, restless: int) -> AsyncIterator[Machine]:
    made = Machine(open_folder / "pc", gateway=restless, other_user=True)
    made.start()
    yield made
    await asyncio.to_thread(made.stop)


def named(machine: Machine) -> str:
    """What the machine is called in its commune, as its own files say."""
    found = enrolment.read(machine.data)
    assert found is not None
    return found.enrolment.name


def token_of(machine: Machine) -> str:
    found = enrolment.read(machine.data)
    assert found is not None
    return found.token_file.read_text(encoding="ascii")


async def comes_and_goes(machine: Machine, centre: Centre) -> None:
    """Enrolled by a code, in its commune in time; revoked, shut out at its next report and shown so."""
    await machine.says(lambda said: said.spool.rows >= 1)
    code = centre.code()
    began = time.monotonic()
    assert ENROLLED in await centre.enrols(machine, code=code)
    name = named(machine)
    row = await centre.row(lambda row: row["name"] == name and row["state"] == "online")
    assert time.monotonic() - began <= IN_COMMUNE_S
    assert row["commune"] == COMMUNE

    centre.run("token", "revoke", COMMUNE, name)
    revoked_at = time.time()
    said = await machine.says(lambda said: said.hindrance == Hindrance.REVOKED)
    assert said.last_contact is not None
    assert said.last_contact < revoked_at
    shut_out = await centre.row(lambda row: row["name"] == name, "revoked")
    assert shut_out["last_contact"] < revoked_at
    with centre.client("read") as reader:
        for page in ("/fleet?state=revoked", f"/agents/{row['id']}"):
            shown = reader.get(page, headers=HTML).text
            assert name in shown
            assert REVOKED in shown, page
    assert "Máy này đã bị gỡ khỏi trung tâm." in await machine.sansang("status", lang="vi")


async def test_from_code_to_commune_and_out_again(machine: Machine, centre: Centre) -> None:
    await comes_and_goes(machine, centre)


@pytest.mark.needs("nginx")
async def test_the_same_behind_nginx(machine: Machine, centre_behind_nginx: Centre) -> None:
    await comes_and_goes(machine, centre_behind_nginx)


async def test_whoever_stands_in_between_learns_nothing_and_lets_nobody_in(
    machine: Machine, centre: Centre, tmp_path: Path
) -> None:
    code = centre.code()
    async with relay(Authority(tmp_path).context(), centre) as (url, passed):
        said = await machine.sansang("enrol", code, "--collector", url)
        assert "Refused: whoever answers does not know this join code" in said, said
    assert passed, "the relay was not even asked"
    assert not [part for part in passed if code.encode() in part or code.replace("-", "").encode() in part]
    assert enrolment.read(machine.data) is None
    assert ENROLLED in await centre.enrols(machine, code=code)


async def test_a_machine_without_a_code_is_let_in_by_the_word_on_its_screen(machine: Machine, centre: Centre) -> None:
    waits = machine.command("enrol", "--collector", centre.url, "--ca", str(readable(centre, machine)), "--lang", "en")
    assert waits.stdout is not None
    word = (await asyncio.to_thread(waits.stdout.readline)).partition("this word: ")[2][:6]
    link = centre.run("link", "--admin", "--url", centre.url)
    with centre.client() as browser:
        browser.get(link)
        (number,) = re.findall(rf'id="guest-(\d+)"[^>]*aria-label="{word}"', browser.get("/fleet", headers=HTML).text)
        asked = browser.get(
            "/fleet/waiting/confirm", params={"deed": "approve", "id": number, "commune": COMMUNE}, headers=HTML
        ).text
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked))
        done = browser.post("/fleet/waiting", data=fields, headers={"Origin": centre.url})
        assert done.status_code == 303, done.text
    said = (await asyncio.to_thread(waits.communicate))[0]
    assert ENROLLED in said
    name = named(machine)
    await centre.row(lambda row: row["name"] == name and row["state"] == "online")


async def test_two_of_one_disk_are_both_shut_out_and_each_comes_back_by_a_code_of_its_own(
    machine: Machine, centre: Centre, open_folder: Path, restless: int
) -> None:
    assert ENROLLED in await centre.enrols(machine)
    name = named(machine)
    await centre.row(lambda row: row["name"] == name and row["state"] == "online")
    await asyncio.to_thread(machine.stop)
    copy = Machine(open_folder / "copy", gateway=restless, other_user=True)
    copied(machine.data, copy.data)
    machine.start()
    copy.start()
    try:
        for each in (machine, copy):
            await each.says(lambda said: said.hindrance == Hindrance.CLONE)
            assert "Another machine uses the same identity" in await each.sansang("status")
        await centre.row(lambda row: row["name"] == name, "quarantined")

        assert ENROLLED in await centre.enrols(copy, "--again")
        assert ENROLLED in await centre.enrols(machine, "--again", code=centre.code("--machine", name))
        assert named(machine) == name
        other = named(copy)
        assert other != name
        await centre.row(lambda row: row["name"] == name and row["state"] == "online")
        await centre.row(lambda row: row["name"] == other and row["state"] == "online")
        for each in (machine, copy):
            await each.says(lambda said: not said.hindrance and said.spool.rows <= 1)
    finally:
        await asyncio.to_thread(copy.stop)


async def test_a_token_is_renewed_though_both_sides_lose_power_in_the_middle(machine: Machine, centre: Centre) -> None:
    assert ENROLLED in await centre.enrols(machine)
    first, name = token_of(machine), named(machine)
    await machine.says(lambda said: said.last_contact is not None)

    await asyncio.to_thread(machine.kill)
    centre.run("token", "rotate", COMMUNE, name)
    await asyncio.to_thread(centre.restart)
    machine.start()
    async with asyncio.timeout(PATIENCE):
        while token_of(machine) == first:  # noqa: ASYNC110  # it is a file
            await asyncio.sleep(0.02)
    await asyncio.to_thread(machine.kill)
    await asyncio.to_thread(centre.restart)
    machine.start()
    taken_at = time.time()
    await machine.says(lambda said: (said.last_contact or 0) > taken_at and not said.hindrance)
    with centre.client() as old:
        refused = old.post("/api/v1/reports", content=b"{}", headers={"Authorization": f"Bearer {first}"})
    assert refused.status_code == 401
    await centre.row(lambda row: row["name"] == name and row["last_contact"] > taken_at)


async def test_another_authority_is_refused_and_its_own_one_heard_again(machine: Machine, centre: Centre) -> None:
    assert ENROLLED in await centre.enrols(machine)
    name, tls = named(machine), centre.collector.data / "tls"
    await machine.says(lambda said: said.last_contact is not None)
    tls.rename(tls.with_name("tls.old"))
    await asyncio.to_thread(centre.restart)
    said = await machine.says(lambda said: said.hindrance == Hindrance.ISSUER)
    later = await machine.says(lambda later: later.spool.rows >= said.spool.rows + 2)
    assert later.results["gw"].wall > said.results["gw"].wall
    assert "không do nơi máy này tin cậy cấp" in await machine.sansang("status", lang="vi")

    assert ENROLLED in await centre.enrols(machine, "--again", code=centre.code("--machine", name))
    assert named(machine) == name
    await machine.says(lambda said: not said.hindrance and said.spool.rows <= 1)


def readable(centre: Centre, machine: Machine) -> Path:
    """The centre's authority, where the machine's user can read it."""
    return Path(shutil.copy(centre.ca_file, machine.data.parent / "ca.pem"))


def copied(source: Path, target: Path) -> None:
    """A disk's copy, with the owners of its files."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


@asynccontextmanager
async def relay(tls: ssl.SSLContext, centre: Centre) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A man in the middle: shows a certificate of his own and passes on what is said. Its URL; what he has read."""
    passed: list[bytes] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            passed.append(data)
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trust = ssl.create_default_context(cafile=str(centre.ca_file))
        far_reader, far_writer = await asyncio.open_connection("localhost", centre.collector.port, ssl=trust)
        with suppress(OSError):
            await asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer))

    server = await asyncio.start_server(serve, "localhost", 0, ssl=tls, family=socket.AF_INET)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}", passed
