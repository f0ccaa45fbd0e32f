"""Joining against real servers on loopback, by TLS with authorities of the test's own: good, wrong, in the middle."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from certificates import Authority, Kind
from sansang_agent import enrolling, tls_settings
from sansang_agent.contract import joining
from sansang_agent.contract.joining import HelloAnswer, JoinCode, Waiting, read_code
from sansang_agent.enrolling import EnrolError, Enroller, LetIn, Machine, Why
from sansang_agent.names import SystemNames
from tests.support.fake_centre import CODE, SECRETS, WRITTEN, FakeCentre, joined, seen_certificate
from tests.support.fake_collector import FakeCollector, Reply, Request, problem

MACHINE = Machine("may-1", "Linux 6.1")


def enroller(url: str, ca: str = "") -> Enroller:
    return Enroller(url, SystemNames(), "sansang/test", MACHINE, ca)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return an_authority(tmp_path, "ours")


def an_authority(folder: Path, name: str) -> Authority:
    (folder / name).mkdir()
    return Authority(folder / name, name)


def pem(authority: Authority) -> str:
    return authority.ca_file.read_text(encoding="ascii")


@asynccontextmanager
async def own_authority(authority: Authority, kind: Kind = "good") -> AsyncIterator[tuple[FakeCentre, FakeCollector]]:
    """A collector that made its certificate itself, and says so to whoever knows a code."""
    centre = FakeCentre(pem(authority))
    async with FakeCollector(centre, tls=authority.context(kind)) as collector:
        centre.certificate = await seen_certificate(collector)
        yield centre, collector


async def refusal(attempt: Awaitable[LetIn | Waiting]) -> EnrolError:
    with pytest.raises(EnrolError) as caught:
        await attempt
    return caught.value


def told(*servers: FakeCollector) -> str:
    """Everything that servers were told, heads and bodies."""
    return "".join(
        f"{request.target}{request.headers}{request.body.decode('latin-1')}"
        for server in servers
        for request in server.requests
    )


async def test_a_code_is_enough_to_trust_a_collector_s_own_authority(authority: Authority) -> None:
    async with own_authority(authority) as (centre, collector):
        let_in = await enroller(collector.url).by_code(read_code(WRITTEN.lower()))

    assert let_in == LetIn(joined(), pem(authority))
    assert [request.target for request in collector.requests] == [joining.HELLO_PATH, joining.JOIN_PATH]
    assert (centre.joins[0].host, centre.joins[0].system) == MACHINE
    assert not [secret for secret in SECRETS if secret in told(collector)]


async def test_the_join_goes_over_a_connection_that_is_trusted_by_then(
    authority: Authority,
) -> None:
    """The first connection is closed, and the second one verified by the authority that was proved, name included."""
    async with own_authority(authority) as (_, collector):
        await enroller(collector.url).by_code(CODE)
        assert collector.connections == 3  # the test's own look, one not trusted yet, one trusted

    async with own_authority(authority, "wrong_name") as (centre, collector):
        error = await refusal(enroller(collector.url).by_code(CODE))
        assert (error.why, centre.joins) == (Why.UNTRUSTED, [])
        assert "not valid for '127.0.0.1'" in str(error)
        assert [request.target for request in collector.requests] == [joining.HELLO_PATH]


@pytest.mark.parametrize(("kind", "said"), [("expired", "has expired"), ("not_yet", "not yet valid")])
async def test_a_certificate_out_of_its_time_is_not_joined(authority: Authority, kind: Kind, said: str) -> None:
    async with own_authority(authority, kind) as (centre, collector):
        error = await refusal(enroller(collector.url).by_code(CODE))

    assert (error.why, centre.joins) == (Why.UNTRUSTED, [])
    assert said in str(error)


async def test_somebody_in_the_middle_who_relays_the_truth_is_noticed_by_his_certificate(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = an_authority(tmp_path, "stranger")
    async with own_authority(authority) as (centre, _), FakeCollector(centre, tls=stranger.context()) as middle:
        error = await refusal(enroller(middle.url).by_code(CODE))

    assert (error.why, str(error)) == (Why.FORGED, "the certificate seen here is not the one that it names")
    assert [request.target for request in middle.requests] == [joining.HELLO_PATH]
    assert not [secret for secret in SECRETS if secret in told(middle)]


@pytest.mark.parametrize("swapped", ["ca", "certificate", "both", "nonce", "proof"])
async def test_somebody_in_the_middle_who_names_himself_cannot_prove_it(
    authority: Authority, tmp_path: Path, swapped: str
) -> None:
    stranger = an_authority(tmp_path, "stranger")
    lies = {"ca": pem(stranger), "certificate": "", "nonce": "0" * 64, "proof": "0" * 64}
    lies = {"both": {key: lies[key] for key in ("ca", "certificate")}}.get(swapped) or {swapped: lies[swapped]}

    async with own_authority(authority) as (centre, _):

        def relay(request: Request) -> Reply:
            answer = msgspec.json.decode(centre.hello(request).body, type=HelloAnswer)
            return Reply(body=msgspec.structs.replace(answer, **lies))

        async with FakeCollector(relay, tls=stranger.context()) as middle:
            if "certificate" in lies:
                lies["certificate"] = await seen_certificate(middle)
            error = await refusal(enroller(middle.url).by_code(CODE))

    assert (error.why, str(error)) == (Why.FORGED, "it does not prove that it knows the code")
    assert [request.target for request in middle.requests] == [joining.HELLO_PATH]
    assert not [secret for secret in SECRETS if secret in told(middle)]


async def test_a_wrong_code_is_told_from_the_answer_alone(authority: Authority) -> None:
    other = JoinCode(CODE.id, "000000000000")
    async with own_authority(authority) as (centre, collector):
        for code in (other, JoinCode("ZZZ", CODE.secret)):
            error = await refusal(enroller(collector.url).by_code(code))
            assert error.why is Why.FORGED

    assert centre.joins == []


async def test_a_collector_without_an_authority_of_its_own_is_not_trusted_without_its_file(
    authority: Authority,
) -> None:
    """Behind a proxy whose certificate no system knows: the code alone does not say whose certificate that is."""
    centre = FakeCentre()
    async with FakeCollector(centre, tls=authority.context()) as collector:
        assert (await refusal(enroller(collector.url).by_code(CODE))).why is Why.FORGED
        centre.certificate = await seen_certificate(collector)
        assert (await refusal(enroller(collector.url).by_code(CODE))).why is Why.UNTRUSTED
        let_in = await enroller(collector.url, pem(authority)).by_code(CODE)

    assert (let_in.ca, len(centre.joins)) == (pem(authority), 1)


async def test_behind_a_proxy_with_a_trusted_certificate_the_pin_is_not_compared(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's authorities vouch for the proxy; what the collector says of its own certificate does not matter."""
    monkeypatch.setattr(tls_settings, "client", lambda _: tls_settings.trusting(pem(authority)))
    centre = FakeCentre(ca="its own", certificate="0" * 64)
    async with FakeCollector(centre, tls=authority.context()) as collector:
        let_in = await enroller(collector.url).by_code(CODE)

    assert (let_in.ca, len(centre.joins), collector.connections) == ("", 1, 1)


async def test_a_file_of_authorities_is_trusted_alone_and_nothing_falls_back_from_it(
    authority: Authority, tmp_path: Path
) -> None:
    async with own_authority(authority) as (centre, collector):
        error = await refusal(enroller(collector.url, pem(an_authority(tmp_path, "other"))).by_code(CODE))
        assert error.why is Why.UNTRUSTED
        assert (await refusal(enroller(collector.url, "nonsense").by_code(CODE))).why is Why.ODD

    assert (collector.requests, centre.joins) == ([], [])


async def test_over_loopback_without_tls_the_proof_is_still_asked_for() -> None:
    centre = FakeCentre()
    async with FakeCollector(centre) as collector:
        assert (await enroller(collector.url).by_code(CODE)).joined == joined()
        centre.keys[CODE.id] = b"another"
        assert (await refusal(enroller(collector.url).by_code(CODE))).why is Why.FORGED


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (problem(410, type=joining.CODE_EXPIRED), Why.EXPIRED),
        (problem(410, type=joining.CODE_USED), Why.USED),
        (problem(403), Why.REFUSED),
        (problem(409), Why.BUSY),
        (problem(429), Why.BUSY),
        (problem(500), Why.ODD),
        (Reply(404), Why.ODD),
        (Reply(302, headers={"location": "http://127.0.0.1:1/"}), Why.ELSEWHERE),
        (Reply(307, headers={"location": "/api/v1/enrol"}), Why.ELSEWHERE),
        (Reply(200, b"<html>"), Why.ODD),
        (Reply(200, b"[" * 50_000), Why.ODD),
        (Reply(200, b"x" * 70_000), Why.ODD),
        (Reply(200, {"nonce": 1}), Why.ODD),
        (Reply(200, msgspec.structs.replace(joined(), token="two words")), Why.ODD),
        (Reply(200, msgspec.structs.replace(joined(), token="line\r\nX: y")), Why.ODD),
        (Reply(200, msgspec.structs.replace(joined(), report_key="short")), Why.ODD),
    ],
)
async def test_every_other_answer_has_its_reason_and_is_followed_nowhere(reply: Reply, why: Why) -> None:
    centre = FakeCentre()
    centre.refused[joining.JOIN_PATH] = reply
    async with FakeCollector(centre) as collector:
        error = await refusal(enroller(collector.url).by_code(CODE))

    assert error.why is why
    assert len(collector.requests) == 2
    assert "token-7" not in str(error)


@pytest.mark.parametrize("said", [b"HTTP/9 what\r\n\r\n", b"\x16\x03\x01", b""])
async def test_what_is_no_http_is_no_collector(said: bytes) -> None:
    async with FakeCollector(lambda _: said) as collector:
        assert (await refusal(enroller(collector.url).by_code(CODE))).why is Why.ODD


async def test_an_answer_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolling, "ANSWER_S", 0.05)

    async def never(_: Request) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    async with FakeCollector(never) as collector:
        error = await refusal(enroller(collector.url).by_code(CODE))

    assert (error.why, str(error)) == (Why.UNREACHABLE, "no answer from 127.0.0.1 within 0.05 s")


async def test_nobody_there_is_unreachable() -> None:
    async with FakeCollector(FakeCentre()) as collector:
        url = collector.url

    assert (await refusal(enroller(url).by_code(CODE))).why is Why.UNREACHABLE
    assert (await refusal(enroller(url.replace("http:", "https:")).by_code(CODE))).why is Why.UNREACHABLE


async def test_a_plain_server_where_tls_was_asked_for_is_unreachable_and_told_nothing() -> None:
    async with FakeCollector(FakeCentre()) as collector:
        error = await refusal(enroller(collector.url.replace("http:", "https:")).by_code(CODE))

    assert (error.why, collector.requests) == (Why.UNREACHABLE, [])


async def test_without_a_code_a_machine_waits_until_it_is_let_in(authority: Authority) -> None:
    centre = FakeCentre()
    async with FakeCollector(centre, tls=authority.context()) as collector:
        asking = enroller(collector.url, pem(authority))
        assert await asking.ask("c" * 43) == Waiting(word="K7F2QD", retry_s=1.0)
        centre.let_in.add("c" * 43)
        assert await asking.ask("c" * 43) == LetIn(joined(), pem(authority))

    assert (centre.asked[0].host, centre.asked[0].system) == MACHINE


async def test_without_a_code_an_untrusted_collector_is_never_told_the_claim(authority: Authority) -> None:
    async with own_authority(authority) as (centre, collector):
        assert (await refusal(enroller(collector.url).ask("c" * 43))).why is Why.UNTRUSTED

    assert (centre.asked, collector.requests) == ([], [])


@pytest.mark.parametrize(("told_s", "waited_s"), [(0.0, 1.0), (-5.0, 1.0), (1e9, 60.0)])
async def test_a_centre_can_make_nobody_ask_without_pause_or_never_again(told_s: float, waited_s: float) -> None:
    centre = FakeCentre()
    centre.refused[joining.ASK_PATH] = Reply(202, Waiting(word="a\x1b[31mb", retry_s=told_s))
    async with FakeCollector(centre) as collector:
        waiting = await enroller(collector.url).ask("c" * 43)

    assert waiting == Waiting(word="a\ufffd[31mb", retry_s=waited_s)
