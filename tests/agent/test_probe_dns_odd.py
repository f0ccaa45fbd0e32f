"""The dns probe against name servers that say what none should: every answer has its reason, and none breaks it."""

import asyncio
import random
import socket
from collections.abc import Callable

import dns.message
import dns.rcode
import pytest

from sansang_agent.contract.check import DnsCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Result
from sansang_agent.contract.rung import Rung
from sansang_agent.names import NameFailure, ServerNames
from sansang_agent.probes import dns_exchange
from sansang_agent.probes.dns import judge, probe
from tests.support.name_servers import ByTcp, ByUdp, Record, answer, framed, saying
from tests.support.probing import make_tools

NAME = "dvc.example."
RIGHT: Record = (NAME, "A", "192.0.2.10")
NO_ANSWER = "dvc.example A: what came is no answer to the question"


async def asked(by_udp: ByUdp, by_tcp: ByTcp | None = None) -> Result:
    async with saying(by_udp, by_tcp) as target:
        return await probe(
            DnsCheck(id="dns", rung=Rung.DNS, target=target, query="dvc.example", timeout=0.5), make_tools()
        )


ALIAS: Record = (NAME, "CNAME", "www.example.")


@pytest.mark.parametrize(
    "records",
    [
        [ALIAS],
        [ALIAS, ("www.example.", "CNAME", NAME)],
        [(NAME, "CNAME", NAME)],
        [("other.example.", "A", "192.0.2.10")],
        [(NAME, "TXT", "192.0.2.10")],
    ],
    ids=["an alias of nothing", "aliases in a circle", "its own alias", "another name's", "another type"],
)
async def test_records_that_do_not_answer_the_question_are_a_wrong_answer(records: list[Record]) -> None:
    result = await asked(lambda question: [answer(question, *records)])

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.WRONG_ANSWER)
    assert (result.detail or "").startswith("dvc.example A: ")


async def test_aliases_are_followed_to_the_address() -> None:
    result = await asked(lambda question: [answer(question, ALIAS, ("www.example.", "A", "192.0.2.11"))])

    assert (result.outcome, result.detail) == (Outcome.OK, "dvc.example A: www.example., 192.0.2.11")


@pytest.mark.parametrize("code", ["FORMERR", "NOTIMP", "REFUSED"])
async def test_a_server_that_will_not_is_one_that_fails_and_says_how(code: str) -> None:
    result = await asked(lambda question: [answer(question, rcode=dns.rcode.from_text(code))])

    assert (result.reason, result.detail) == (Reason.SERVFAIL, f"dvc.example A: {code}")


@pytest.mark.parametrize(
    "said",
    [
        lambda question: answer(question, RIGHT).replace(b"\x03dvc", b"\x03tax"),
        lambda question: question[:2] + b"\x81\x80" + b"\xff" * 40,
        lambda question: question[:2] + b"\x81\x80" + bytes(8),
    ],
    ids=["to another question", "garbage", "a bare head"],
)
async def test_an_answer_nobody_can_use_is_wrong_and_not_silence(said: Callable[[bytes], bytes]) -> None:
    result = await asked(lambda question: [said(question)])

    assert (result.reason, result.detail) == (Reason.WRONG_ANSWER, NO_ANSWER)


async def test_an_answer_with_another_number_is_passed_over_for_the_right_one() -> None:
    def other_number(message: bytes) -> bytes:
        return bytes([message[0] ^ 1]) + message[1:]

    result = await asked(lambda question: [other_number(answer(question)), b"", answer(question, RIGHT)])

    assert result.outcome is Outcome.OK


class ByAnother(asyncio.DatagramProtocol):
    """Hears the question, and lets another address answer."""

    def __init__(self, other: socket.socket) -> None:
        self._other = other

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._other.sendto(answer(data, RIGHT), addr)


async def test_an_answer_from_another_address_is_not_heard() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", 0))
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: ByAnother(other), local_addr=("127.0.0.1", 0)
        )
        target = f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
        check = DnsCheck(id="dns", rung=Rung.DNS, target=target, query="dvc.example", timeout=0.3)
        result = await probe(check, make_tools())
        transport.close()

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.TIMEOUT)


async def test_an_answer_cut_in_the_middle_of_a_record_is_asked_for_again_by_tcp() -> None:
    result = await asked(
        lambda question: [answer(question, RIGHT, cut=True)[:-3]],
        lambda question: framed(answer(question, RIGHT)),
    )

    assert (result.outcome, result.detail) == (Outcome.OK, "dvc.example A: 192.0.2.10")


@pytest.mark.parametrize(
    ("by_tcp", "reason", "said"),
    [
        (None, Reason.REFUSED, "cut short by UDP, and by TCP: Connection refused"),
        (lambda question: framed(answer(question, RIGHT))[:20], Reason.RESET, "cut short by UDP, and by TCP: "),
        (lambda _: framed(b"\xff" * 40), Reason.WRONG_ANSWER, "what came is no answer"),
    ],
    ids=["closed", "half an answer", "garbage"],
)
async def test_what_fails_by_tcp_only_says_so(by_tcp: ByTcp | None, reason: Reason, said: str) -> None:
    result = await asked(lambda question: [answer(question, cut=True)], by_tcp)

    assert (result.outcome, result.reason) == (Outcome.FAILED, reason)
    assert said in (result.detail or "")


async def test_a_given_resolver_that_cannot_be_asked_in_full_is_one_that_fails() -> None:
    async with saying(lambda question: [answer(question, cut=True)]) as target:
        with pytest.raises(NameFailure, match="by TCP") as failed:
            await ServerNames([target]).resolve("dvc.example", 1.0)

    assert failed.value.reason is Reason.SERVFAIL


def test_an_answer_damaged_anywhere_is_never_more_than_a_wrong_one() -> None:
    chosen = random.Random(1)
    question = dns.message.make_query("dvc.example", "A")
    check = DnsCheck(
        id="dns", rung=Rung.DNS, target="192.0.2.53", query="dvc.example", expect=("192.0.2.0/24", "2001:db8::/32")
    )
    whole = [
        answer(question.to_wire(), each, RIGHT)
        for each in (ALIAS, (NAME, "MX", "10 mail.example."), (NAME, "TXT", '"a"'), (NAME, "AAAA", "2001:db8::1"))
    ]
    for _ in range(4000):
        damaged = bytearray(chosen.choice(whole))
        for _ in range(chosen.choice((1, 2, 4))):
            damaged[chosen.randrange(2, len(damaged))] = chosen.randrange(256)
        reason, _ = judge(check, dns_exchange.read(question, bytes(damaged)))

        assert reason in {None, Reason.WRONG_ANSWER, Reason.NXDOMAIN, Reason.SERVFAIL}
