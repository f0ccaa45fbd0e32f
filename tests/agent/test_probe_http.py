import asyncio
import time
import unicodedata

import pytest

from certificates import Authority, Kind
from sansang_agent.contract.check import HttpCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.rung import Rung
from sansang_agent.probes import http_exchange, http_page
from sansang_agent.probes.http import probe
from sansang_agent.probes.http_exchange import Response
from sansang_agent.probes.stopwatch import Stopwatch
from standins import OTHER_TITLE, HttpBehaviour, HttpStandIn, Page, page
from tests.support.probing import USER_AGENT, OtherMachine, make_tools, started

TITLE = "Cổng Dịch vụ công"
PAGES = {"/": page(TITLE), "/login": page("Đăng nhập")}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def check(
    target: str,
    *,
    contains: str = "",
    status: tuple[int, ...] = (),
    redirects: int = 5,
    timeout: float = 4.0,
    max_bytes: int = 262_144,
    ca_file: str = "",
) -> HttpCheck:
    return HttpCheck(
        id="dvc",
        rung=Rung.SERVICE,
        target=target,
        contains=contains,
        status=status,
        redirects=redirects,
        timeout=timeout,
        max_bytes=max_bytes,
        ca_file=ca_file,
    )


async def test_the_services_page_is_good_with_every_phase_timed() -> None:
    async with started(HttpStandIn(PAGES)) as standin:
        result = await probe(check(standin.url, contains="Dịch vụ công"), make_tools())

        assert standin.user_agent == USER_AGENT
    assert (result.outcome, result.status, result.address) == (Outcome.OK, 200, "127.0.0.1")
    assert set(result.phases_ms or {}) == {"resolve", "connect", "first_byte", "transfer"}
    assert TITLE in (result.detail or "")


async def test_https_is_verified_and_knows_the_expiry(authority: Authority) -> None:
    async with started(HttpStandIn(PAGES, authority.context())) as standin:
        result = await probe(check(standin.url, ca_file=str(authority.ca_file)), make_tools())

    assert result.outcome is Outcome.OK
    assert "tls" in (result.phases_ms or {})
    assert result.cert_expiry == pytest.approx(time.time() + 90 * 86400, abs=86400)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("error", Reason.HTTP_STATUS),
        ("other_page", Reason.WRONG_CONTENT),
        ("redirect_loop", Reason.HTTP_STATUS),
        ("slow", Reason.TIMEOUT),
        ("mute", Reason.TIMEOUT),
        ("silent", Reason.TIMEOUT),
        ("refuse", Reason.REFUSED),
        ("reset", Reason.RESET),
        ("endless", None),
    ],
)
async def test_every_way_to_fail_has_its_reason(behaviour: HttpBehaviour, reason: Reason | None) -> None:
    async with started(HttpStandIn(PAGES)) as standin:
        standin.behave(behaviour)
        result = await probe(check(standin.url + "/", contains=TITLE, timeout=0.5), make_tools())

    assert result.reason is reason


@pytest.mark.parametrize(("behaviour", "phase"), [("slow", "transfer"), ("mute", "first_byte"), ("silent", "connect")])
async def test_a_timeout_names_its_phase(behaviour: HttpBehaviour, phase: str) -> None:
    async with started(HttpStandIn(PAGES)) as standin:
        standin.behave(behaviour)
        result = await probe(check(standin.url, timeout=0.3), make_tools())

    assert result.detail == f"no answer in phase {phase}"


async def test_another_page_is_named_by_its_title() -> None:
    async with started(HttpStandIn(PAGES)) as standin:
        standin.behave("other_page")
        result = await probe(check(standin.url, contains=TITLE), make_tools())

    assert (result.reason, result.status) == (Reason.WRONG_CONTENT, 200)
    assert OTHER_TITLE in (result.detail or "")


async def test_redirects_are_followed_and_the_last_page_judged() -> None:
    async with started(HttpStandIn({**PAGES, "/old": Page("", 301, (("Location", "/login"),))})) as standin:
        result = await probe(check(standin.url + "/old", contains="Đăng nhập"), make_tools())

        assert (result.outcome, result.status, standin.asked) == (Outcome.OK, 200, 2)


async def test_redirects_are_bounded() -> None:
    async with started(HttpStandIn(PAGES)) as standin:
        standin.behave("redirect_loop")
        result = await probe(check(standin.url, redirects=2), make_tools())

        assert (result.reason, standin.asked) == (Reason.HTTP_STATUS, 3)


async def test_a_redirect_may_be_the_answer_wanted() -> None:
    async with started(HttpStandIn({"/": Page("", 302, (("Location", "/login"),))})) as standin:
        result = await probe(check(standin.url, status=(302,)), make_tools())

        assert (result.outcome, result.status, standin.asked) == (Outcome.OK, 302, 1)


async def test_a_redirect_to_anything_but_http_is_not_followed() -> None:
    async with started(HttpStandIn({"/": Page("", 302, (("Location", "file:///etc/passwd"),))})) as standin:
        result = await probe(check(standin.url), make_tools())

    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.NOT_SUPPORTED)


async def test_an_endless_body_is_read_no_further_than_told() -> None:
    async with started(HttpStandIn(PAGES)) as standin:
        standin.behave("endless")
        result = await probe(check(standin.url, contains="không có ở đây", max_bytes=4096), make_tools())

    assert result.reason is Reason.WRONG_CONTENT


async def test_the_clock_offset_comes_from_the_date_header() -> None:
    async with started(HttpStandIn(PAGES)) as standin:
        standin.date_offset_s = 3600
        result = await probe(check(standin.url), make_tools())

    assert result.clock_offset_s == pytest.approx(3600, abs=5)


@pytest.mark.parametrize(("kind", "reason"), [("expired", Reason.TLS_EXPIRED), ("not_yet", Reason.TLS_NOT_YET)])
async def test_a_bad_certificate_still_tells_the_servers_clock(
    authority: Authority, kind: Kind, reason: Reason
) -> None:
    async with started(HttpStandIn(PAGES, authority.context(kind))) as standin:
        tools = make_tools(OtherMachine(clock_offset_s=-7200))
        result = await probe(check(standin.url, ca_file=str(authority.ca_file)), tools)

    assert (result.outcome, result.reason, result.status) == (Outcome.FAILED, reason, None)
    assert result.clock_offset_s == pytest.approx(7200, abs=5)
    assert result.cert_expiry is not None


class SlowPage:
    """A stream whose page takes a minute longer than its head."""

    def __init__(self) -> None:
        self.wall = 1000.0
        self._parts = [
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nDate: Thu, 01 Jan 1970 00:16:45 GMT\r\n\r\n",
            b"page",
        ]

    async def read(self) -> bytes:
        part = self._parts.pop(0)
        self.wall += 60.0 if part == b"page" else 0.0
        return part

    async def write(self, data: bytes) -> None:
        assert data.startswith(b"GET /")


async def test_the_clock_is_read_when_the_answer_begins_not_when_the_page_is_whole() -> None:
    stream = SlowPage()
    request = http_exchange.Request("GET", "/", "dvc.example", USER_AGENT, 4096)
    answer = await http_exchange.exchange(stream, request, Stopwatch(4.0), lambda: stream.wall)

    assert (answer.body, answer.clock_offset_s) == (b"page", 5.0)


@pytest.mark.parametrize("date", ["yesterday", "Wed, 32 Foo 2026 25:00:00 GMT", ""])
def test_a_date_nobody_can_read_tells_nothing(date: str) -> None:
    assert http_exchange.server_date({"date": date}) is None


async def test_a_refusing_service_is_named_by_its_address() -> None:
    async with started(HttpStandIn(PAGES)) as standin:
        standin.behave("refuse")
        result = await probe(check(standin.url), make_tools())

    assert result.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut short", Reason.RESET),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", None),
        (b"HTTP/1.1 200", Reason.RESET),
        (b"", Reason.RESET),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n", Reason.WRONG_ANSWER),
        (b"220 mail.example ESMTP\r\n\r\n", Reason.WRONG_ANSWER),
    ],
)
async def test_what_is_not_a_whole_answer_is_told_apart(said: bytes, reason: Reason | None) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        result = await probe(check(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"), make_tools())

    assert result.reason is reason


async def test_a_redirect_with_letters_http_does_not_allow_is_followed() -> None:
    pages = {"/": Page("", 302, (("Location", "/trang chủ"),)), "/trang%20ch%E1%BB%A7": page(TITLE)}
    async with started(HttpStandIn(pages)) as standin:
        result = await probe(check(standin.url, contains=TITLE), make_tools())

    assert result.outcome is Outcome.OK


async def test_a_redirect_to_nonsense_is_not_followed() -> None:
    async with started(HttpStandIn({"/": Page("", 302, (("Location", "http://[nonsense"),))})) as standin:
        result = await probe(check(standin.url), make_tools())

    assert result.reason is Reason.NOT_SUPPORTED


def response(body: bytes, content_type: str = "text/html") -> Response:
    return Response(200, {"content-type": content_type}, body)


def test_vietnamese_letters_written_in_two_ways_are_the_same_text() -> None:
    decomposed = unicodedata.normalize("NFD", "Dịch vụ công").encode()

    assert http_page.judge(check("http://x", contains="Dịch vụ công"), response(decomposed))[0] is None


@pytest.mark.parametrize("charset", ["windows-1258", "no-such-charset"])
def test_any_charset_is_read_without_a_fault(charset: str) -> None:
    assert "abc" in http_page.decoded(response(b"abc \xff", f"text/html; charset={charset}"))


def test_a_title_is_one_plain_line() -> None:
    assert http_page.title("<TITLE lang=vi>\n  A &amp;\n B </TITLE>") == "A & B"
