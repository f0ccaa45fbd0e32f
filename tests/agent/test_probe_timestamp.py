"""The time-stamp probe against openssl's own authority, honest, mistaken and lying."""

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp  # type: ignore[import-untyped]

from sansang_agent.contract.check import TimestampCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Result
from sansang_agent.contract.rung import Rung
from sansang_agent.probes import rfc3161, rfc3161_signature
from sansang_agent.probes.reasons import ProbeError
from sansang_agent.probes.timestamp import probe
from standins import HttpStandIn, TcpStandIn, page
from tests.support.probing import USER_AGENT, OtherMachine, make_tools, started
from tests.support.time_stamping import SIGNER, KeyKind, TimeStampStandIn

pytestmark = pytest.mark.needs("openssl")
DAY = 86400


def check(target: str, timeout: float = 4.0) -> TimestampCheck:
    return TimestampCheck(id="tsa", rung=Rung.SERVICE, target=target, timeout=timeout)


@pytest.fixture
def authority(tmp_path: Path) -> TimeStampStandIn:
    return TimeStampStandIn(tmp_path)


async def stamped(authority: TimeStampStandIn, machine: OtherMachine | None = None, timeout: float = 4.0) -> Result:
    async with started(authority):
        return await probe(check(authority.url, timeout), make_tools(machine))


@pytest.mark.parametrize("key", ["ec", "rsa"])
async def test_a_stamp_that_answers_the_request_is_good_and_its_signature_verified(
    tmp_path: Path, key: KeyKind
) -> None:
    authority = TimeStampStandIn(tmp_path, key=key)
    result = await stamped(authority)

    assert (result.outcome, result.status, result.reason) == (Outcome.OK, 200, None)
    assert (result.detail or "").startswith(f"stamp of {SIGNER}; time 20")
    assert (result.detail or "").endswith("; signature verified")
    assert abs(result.clock_offset_s or 99) < 5
    assert result.cert_expiry == pytest.approx(time.time() + 90 * DAY, abs=DAY)
    assert set(result.phases_ms or {}) == {"resolve", "connect", "first_byte", "transfer"}
    assert authority.head.startswith("POST /tsa HTTP/1.1\r\n")
    assert "Content-Type: application/timestamp-query\r\n" in authority.head
    assert f"User-Agent: {USER_AGENT}\r\n" in authority.head


async def test_without_cryptography_the_result_says_that_the_signature_is_not_checked(
    authority: TimeStampStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    result = await stamped(authority)

    assert result.outcome is Outcome.OK
    assert "signature not checked: cryptography is not installed" in (result.detail or "")


def other(field: str, change: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    """A query in which one field is another, so that the authority stamps what was not asked for."""

    def changed(query: bytes) -> bytes:
        request = tsp.TimeStampReq.load(query)
        change(request)
        encoded: bytes = request.dump(force=True)
        return encoded

    changed.__name__ = field
    return changed


def another_imprint(request: Any) -> None:
    request["message_imprint"]["hashed_message"] = bytes(32)


def another_nonce(request: Any) -> None:
    request["nonce"] = 5


def no_nonce(request: Any) -> None:
    request["nonce"] = None


@pytest.mark.parametrize(
    ("change", "said"),
    [(another_imprint, "another message imprint"), (another_nonce, "not fresh"), (no_nonce, "not fresh")],
)
async def test_a_stamp_for_another_request_is_a_wrong_answer(
    authority: TimeStampStandIn, change: Callable[[Any], None], said: str
) -> None:
    authority.query = other(change.__name__, change)
    result = await stamped(authority)

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.WRONG_ANSWER)
    assert said in (result.detail or "")


async def test_a_refusal_is_told_in_the_authoritys_words(tmp_path: Path) -> None:
    result = await stamped(TimeStampStandIn(tmp_path, digests="sha512"))

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.WRONG_ANSWER)
    assert (result.detail or "").startswith("time stamp refused: rejection, bad_alg")


def ends_otherwise(reply: bytes) -> bytes:
    """The last byte is the signature's."""
    return reply[:-1] + bytes([reply[-1] ^ 1])


def stamps_otherwise(reply: bytes) -> bytes:
    """Another accuracy in what was signed: one second becomes nine."""
    info = tsp.TimeStampResp.load(reply)["time_stamp_token"]["content"]["encap_content_info"]["content"].contents
    assert info.count(bytes.fromhex("3003020101")) == 1
    return reply.replace(info, info.replace(bytes.fromhex("3003020101"), bytes.fromhex("3003020109")))


def another_status(status: bytes) -> Callable[[bytes], bytes]:
    """The reply begins with its length, the status' length, and the status: granted."""

    def changed(reply: bytes) -> bytes:
        start = reply.index(bytes.fromhex("3003020100"))
        return reply[:start] + b"\x30\x03\x02\x01" + status + reply[start + 5 :]

    return changed


async def test_a_stamp_granted_with_changes_is_a_stamp(authority: TimeStampStandIn) -> None:
    authority.reply = another_status(b"\x01")

    assert (await stamped(authority)).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (another_status(b"\x02"), "time stamp refused: rejection"),
        (another_status(b"\x05"), "time stamp refused: revocation_notification"),
        (another_status(b"\x63"), "time stamp refused: 99"),
        (lambda _: bytes.fromhex("30053003020100"), "not a time-stamp reply"),
        (lambda whole: whole + b"more", "not a time-stamp reply"),
    ],
    ids=["rejected", "revoked", "no such status", "granted without a stamp", "more behind it"],
)
async def test_what_is_not_granted_or_not_there_is_a_wrong_answer(
    authority: TimeStampStandIn, reply: Callable[[bytes], bytes], said: str
) -> None:
    authority.reply = reply
    result = await stamped(authority)

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.WRONG_ANSWER)
    assert (result.detail or "").startswith(said)


def test_a_digest_or_certificate_nobody_here_knows_is_not_our_own_fault(authority: TimeStampStandIn) -> None:
    query = rfc3161.Query(bytes(32), 7)
    signature = rfc3161.read(authority.stamped(rfc3161.written(query))).signature
    odd_version = signature.certificate.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020109"))

    for unknown in ("md2", "shake_128"):
        said = rfc3161_signature.checked(signature._replace(digest_algorithm=unknown))
        assert said == f"signature not checked: {unknown} is not known here"
    with pytest.raises(ProbeError, match="not a certificate"):
        rfc3161_signature.checked(signature._replace(certificate=odd_version))


@pytest.mark.parametrize(
    ("forge", "said"),
    [(ends_otherwise, "the signature is not the certificate's"), (stamps_otherwise, "the signature is over another")],
)
async def test_a_forged_stamp_is_a_wrong_answer(
    authority: TimeStampStandIn, forge: Callable[[bytes], bytes], said: str
) -> None:
    authority.reply = forge
    result = await stamped(authority)

    assert result.reason is Reason.WRONG_ANSWER
    assert said in (result.detail or "")


@pytest.mark.parametrize(
    ("valid", "reason", "said"),
    [((-90, -1), Reason.TLS_EXPIRED, "notAfter"), ((1, 90), Reason.TLS_NOT_YET, "notBefore")],
)
async def test_a_signers_certificate_must_be_valid_at_the_stamps_own_time(
    tmp_path: Path, valid: tuple[int, int], reason: Reason, said: str
) -> None:
    result = await stamped(TimeStampStandIn(tmp_path, valid=valid), OtherMachine(clock_offset_s=40 * DAY))

    assert result.reason is reason
    assert said in (result.detail or "")


@pytest.mark.parametrize(
    ("offset", "said"), [(-7200.0, " s from this machine's clock; signature"), (200.0, "Z; signature")]
)
async def test_a_clock_that_is_off_is_told_and_is_no_failure(
    authority: TimeStampStandIn, offset: float, said: str
) -> None:
    result = await stamped(authority, OtherMachine(clock_offset_s=offset))

    assert result.outcome is Outcome.OK
    assert result.clock_offset_s == pytest.approx(-offset, abs=5)
    assert said in (result.detail or "")


@pytest.mark.parametrize("reply", [b"", b"no DER at all", bytes.fromhex("30030201ff"), bytes(2000), b"\x30\x84"])
async def test_garbage_is_a_wrong_answer(authority: TimeStampStandIn, reply: bytes) -> None:
    authority.reply = lambda _: reply
    result = await stamped(authority)

    assert (result.reason, result.status) == (Reason.WRONG_ANSWER, 200)


async def test_another_content_type_is_another_page_named_by_its_title(authority: TimeStampStandIn) -> None:
    authority.content_type = "text/html; charset=utf-8"
    authority.reply = lambda _: page("Đăng nhập mạng").body.encode()
    result = await stamped(authority)

    assert (result.reason, result.detail) == (Reason.WRONG_CONTENT, "text/html, HTTP 200, title: Đăng nhập mạng")


async def test_an_error_status_is_told_with_its_title(authority: TimeStampStandIn) -> None:
    authority.status = 503
    authority.reply = lambda _: page("Bảo trì").body.encode()
    result = await stamped(authority)

    assert (result.reason, result.status, result.detail) == (Reason.HTTP_STATUS, 503, "HTTP 503, title: Bảo trì")


async def test_an_authority_that_takes_too_long_is_a_timeout_of_that_phase(authority: TimeStampStandIn) -> None:
    authority.mute = True
    result = await stamped(authority, timeout=0.3)

    assert (result.reason, result.detail) == (Reason.TIMEOUT, "no answer in phase first_byte")


async def test_a_closed_port_is_refused() -> None:
    async with started(TcpStandIn()) as standin:
        standin.behave("refuse")
        result = await probe(check(f"http://{standin.target}/"), make_tools())

    assert (result.reason, result.address) == (Reason.REFUSED, "127.0.0.1")


async def test_a_redirect_is_not_followed_with_a_request_in_hand() -> None:
    async with started(HttpStandIn({})) as standin:
        standin.behave("redirect_loop")
        result = await probe(check(standin.url), make_tools())

        assert (result.reason, result.status, standin.asked) == (Reason.HTTP_STATUS, 302, 1)


def test_a_reply_damaged_anywhere_is_never_more_than_a_wrong_answer(authority: TimeStampStandIn) -> None:
    query = rfc3161.Query(bytes(32), 77)
    good = authority.stamped(rfc3161.written(query))
    assert rfc3161.difference(query, rfc3161.read(good)) == ""

    for position in range(len(good)):
        for byte in (good[position] ^ 0x01, good[position] ^ 0x80, 0xFF, 0x00):
            with contextlib.suppress(ProbeError):
                rfc3161.read(good[:position] + bytes([byte]) + good[position + 1 :])
        with pytest.raises(ProbeError):
            rfc3161.read(good[:position])
