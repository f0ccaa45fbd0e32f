import asyncio
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509 as library
from cryptography.hazmat.primitives.serialization import Encoding

from certificates import Authority, Kind
from doors import reset
from sansang_agent import tls_settings
from sansang_agent.contract.check import TlsCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.rung import Rung
from sansang_agent.probes import tls_session, x509
from sansang_agent.probes.tls import probe
from standins import HttpStandIn, TcpStandIn, page
from tests.support import chains, strict_servers
from tests.support.probing import make_tools, started

DAY = 86400


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def server(context: ssl.SSLContext | None) -> HttpStandIn:
    return HttpStandIn({"/": page("Dịch vụ công")}, context)


def check(target: str, authority: Authority, *, server_name: str = "", timeout: float = 4.0) -> TlsCheck:
    return TlsCheck(
        id="tls",
        rung=Rung.SERVICE,
        target=target,
        ca_file=str(authority.ca_file),
        server_name=server_name,
        timeout=timeout,
    )


async def test_a_good_certificate_is_good_and_its_expiry_known(authority: Authority) -> None:
    async with started(server(authority.context())) as standin:
        result = await probe(check(standin.target, authority), make_tools())

    assert (result.outcome, result.reason) == (Outcome.OK, None)
    assert result.cert_expiry == pytest.approx(time.time() + 90 * DAY, abs=DAY)
    assert set(result.phases_ms or {}) == {"resolve", "connect", "tls"}


@pytest.mark.parametrize(
    ("kind", "reason", "evidence", "days"),
    [
        ("expired", Reason.TLS_EXPIRED, "notAfter 20", -10),
        ("not_yet", Reason.TLS_NOT_YET, "notBefore 20", 400),
        ("wrong_name", Reason.TLS_NAME, "certificate of elsewhere.example", 90),
        ("self_signed", Reason.TLS_UNTRUSTED, "issuer localhost", 90),
    ],
)
async def test_a_bad_certificate_is_classified_and_its_facts_read(
    authority: Authority, kind: Kind, reason: Reason, evidence: str, days: int
) -> None:
    async with started(server(authority.context(kind))) as standin:
        result = await probe(check(standin.target, authority), make_tools())

    assert (result.outcome, result.reason) == (Outcome.FAILED, reason)
    assert evidence in (result.detail or "")
    assert result.cert_expiry == pytest.approx(time.time() + days * DAY, abs=DAY)


VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def speaking(version: str, context: ssl.SSLContext) -> ssl.SSLContext:
    """A server's settings that know this one version."""
    context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_may_speak_either_version_and_the_result_says_which(authority: Authority, version: str) -> None:
    async with started(server(speaking(version, authority.context()))) as standin:
        result = await probe(check(standin.target, authority), make_tools())

    assert (result.outcome, result.detail) == (Outcome.OK, f"{version}, localhost")
    assert result.cert_expiry is not None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("expired", Reason.TLS_EXPIRED),
        ("not_yet", Reason.TLS_NOT_YET),
        ("wrong_name", Reason.TLS_NAME),
        ("self_signed", Reason.TLS_UNTRUSTED),
    ],
)
async def test_a_bad_certificate_is_the_same_finding_in_either_version(
    authority: Authority, version: str, kind: Kind, reason: Reason
) -> None:
    async with started(server(speaking(version, authority.context(kind)))) as standin:
        result = await probe(check(standin.target, authority), make_tools())

    assert (result.outcome, result.reason) == (Outcome.FAILED, reason)
    assert result.cert_expiry is not None


def day(days: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * DAY))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("valid", "reason", "evidence", "days"),
    [
        ((-9, 30), None, ", dvc", 30),
        ((-9, -2), Reason.TLS_EXPIRED, "notAfter {end}, certificate of middle", -2),
        ((3, 30), Reason.TLS_NOT_YET, "notBefore {begin}, certificate of middle", 30),
        (None, Reason.TLS_UNTRUSTED, "unable to get local issuer certificate; issuer middle", 90),
    ],
    ids=["good", "expired", "not yet", "not sent"],
)
async def test_of_a_chain_the_certificate_at_fault_is_named_and_the_earliest_end_told(
    tmp_path: Path, version: str, valid: tuple[int, int] | None, reason: Reason | None, evidence: str, days: int
) -> None:
    begin, end = valid or (-9, 30)
    chain = chains.between(tmp_path, (begin, end), sent=valid is not None)
    async with started(server(speaking(version, chain.server))) as standin:
        asked = TlsCheck(id="tls", rung=Rung.SERVICE, target=standin.target, ca_file=str(chain.ca_file))
        result = await probe(asked, make_tools())

    assert result.reason is reason
    assert evidence.format(begin=day(begin), end=day(end)) in (result.detail or "")
    assert result.cert_expiry == pytest.approx(time.time() + days * DAY, abs=DAY)


async def test_an_authority_nobody_trusts_is_untrusted(authority: Authority, tmp_path: Path) -> None:
    rogue = Authority(tmp_path, name="rogue")
    async with started(server(rogue.context())) as standin:
        result = await probe(check(standin.target, authority), make_tools())

    assert result.reason is Reason.TLS_UNTRUSTED
    assert "issuer rogue" in (result.detail or "")


async def test_the_name_asked_for_may_differ_from_the_host(authority: Authority) -> None:
    async with started(server(authority.context(hosts=("dvc.example",)))) as standin:
        right = await probe(check(standin.target, authority, server_name="dvc.example"), make_tools())
        wrong = await probe(check(standin.target, authority), make_tools())

    assert (right.outcome, wrong.reason) == (Outcome.OK, Reason.TLS_NAME)


@pytest.fixture
def strict_server(authority: Authority, request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that refuses visitors without a certificate."""
    with strict_servers.running(authority, request.param) as target:
        yield target


@pytest.mark.parametrize("strict_server", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], indirect=True)
async def test_a_server_that_demands_a_client_certificate_is_up(authority: Authority, strict_server: str) -> None:
    result = await probe(check(strict_server, authority), make_tools())

    assert result.outcome is Outcome.OK
    assert "demands a client certificate" in (result.detail or "")


@pytest.mark.parametrize(
    "said",
    [bytes.fromhex("15030300020228"), bytes.fromhex("15030200020246"), b"220 mail.example ESMTP\r\n"],
    ids=["alert handshake_failure", "alert protocol_version of an old server", "another protocol"],
)
async def test_a_handshake_that_fails_without_that_demand_is_a_failure(authority: Authority, said: bytes) -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(said)
        writer.close()

    plain = await asyncio.start_server(shout, "127.0.0.1", 0)
    port = plain.sockets[0].getsockname()[1]
    async with plain:
        result = await probe(check(f"127.0.0.1:{port}", authority), make_tools())

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.TLS_HANDSHAKE)


async def test_silence_in_the_handshake_is_a_timeout_of_that_phase(authority: Authority) -> None:
    async with started(TcpStandIn()) as standin:
        result = await probe(check(standin.target, authority, timeout=0.3), make_tools())

    assert (result.reason, result.detail) == (Reason.TIMEOUT, "no answer in phase tls")


async def test_a_hang_up_in_the_handshake_is_a_reset(authority: Authority) -> None:
    async with started(TcpStandIn()) as standin:
        standin.behave("reset")
        result = await probe(check(standin.target, authority), make_tools())

    assert result.reason is Reason.RESET


def hang_up_after_the_handshake(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Not a word after the handshake, no ticket, and a reset."""
    context.num_tickets = 0
    visitor, _ = listener.accept()
    with context.wrap_socket(visitor, server_side=True) as secured:
        reset(secured)


async def test_a_server_that_hangs_up_after_a_good_handshake_is_up(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hang_up_after_the_handshake, args=(listener, authority.context()))
        thread.start()
        result = await probe(check(f"127.0.0.1:{listener.getsockname()[1]}", authority), make_tools())
        thread.join()

    assert (result.outcome, result.detail) == (Outcome.OK, "hung up right after the handshake")
    assert result.cert_expiry is not None


async def test_a_certificate_that_only_we_cannot_read_is_no_fault_of_the_servers(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: bytes) -> x509.Facts:
        raise ValueError("not a time")

    monkeypatch.setattr(x509, "facts", unreadable)
    async with started(server(authority.context())) as standin:
        result = await probe(check(standin.target, authority), make_tools())

    assert (result.outcome, result.cert_expiry) == (Outcome.OK, None)
    assert (result.detail or "").endswith("a certificate that cannot be read")


HALF_A_HELLO = bytes.fromhex("160303007a02000076")


@pytest.mark.parametrize("said", [b"", HALF_A_HELLO], ids=["nothing said", "in the middle of a record"])
@pytest.mark.parametrize("abrupt", [True, False], ids=["reset", "farewell"])
async def test_a_server_that_leaves_after_our_first_word_is_a_reset(
    authority: Authority, said: bytes, abrupt: bool
) -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(said)
        if abrupt:
            reset(writer.get_extra_info("socket"))
        writer.close()

    plain = await asyncio.start_server(leave, "127.0.0.1", 0)
    async with plain:
        result = await probe(check(f"127.0.0.1:{plain.sockets[0].getsockname()[1]}", authority), make_tools())

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.RESET)
    assert "tls" in (result.phases_ms or {})


async def test_a_handshake_that_stops_in_the_middle_is_a_timeout_of_that_phase(authority: Authority) -> None:
    gone = asyncio.Event()

    async def stop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(HALF_A_HELLO)
        await reader.read(65536)
        writer.close()
        gone.set()

    plain = await asyncio.start_server(stop, "127.0.0.1", 0)
    async with plain:
        target = f"127.0.0.1:{plain.sockets[0].getsockname()[1]}"
        result = await probe(check(target, authority, timeout=0.3), make_tools())
        await gone.wait()

    assert (result.reason, result.detail) == (Reason.TIMEOUT, "no answer in phase tls")


def test_one_setting_is_made_once_and_a_changed_ca_file_is_another(authority: Authority, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(authority.ca_file.read_bytes())
    first, again = tls_session.context(str(ca_file)), tls_session.context(str(ca_file))
    ca_file.touch()
    touched = ca_file.stat().st_mtime_ns + 1_000_000_000
    os.utime(ca_file, ns=(touched, touched))

    assert first is again
    assert tls_session.context(str(ca_file)) is not first


def test_probes_and_uplink_share_the_settings_they_have_in_common() -> None:
    assert tls_session.context("") is tls_settings.client("")
    assert not tls_settings.client("").verify_flags & ssl.VERIFY_X509_STRICT


def test_the_walker_reads_what_the_library_reads(tmp_path: Path) -> None:
    authority = Authority(tmp_path, name="Cơ quan thử")
    certificate = library.load_pem_x509_certificate(authority.ca_file.read_bytes())
    read = x509.facts(certificate.public_bytes(Encoding.DER))

    assert read == (
        certificate.not_valid_before_utc.timestamp() // 1,
        certificate.not_valid_after_utc.timestamp() // 1,
        "Cơ quan thử",
        "Cơ quan thử",
    )


def test_bytes_cut_anywhere_are_never_more_than_a_value_error(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    der = ssl.PEM_cert_to_DER_cert(authority.ca_file.read_text())
    for length in range(len(der)):
        with pytest.raises(ValueError):  # noqa: PT011  # many words for "not a certificate"
            x509.facts(der[:length])
