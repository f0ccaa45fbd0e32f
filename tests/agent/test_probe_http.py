import asyncio
import ssl
import time
import unicodedata
from collections.abc import Iterator

import pytest

from certificates import Authority, Kind
from sansang_agent.contract.check import HttpCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.rung import Rung
from sansang_agent.probes import http_exchange, http_page
from sansang_agent.probes.http import probe
from sansang_agent.probes.http_exchange import Response
from sansang_agent.probes.stopwatch import Stopwatch
from standins import OTHER_TITLE, HttpBehaviour, HttpStandIn, Page, TcpBehaviour, TcpStandIn, page
from tests.support import strict_servers
from tests.support.probing import USER_AGENT, OtherMachine, make_tools, started
from tests.support.proxies import ProxyStandIn

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
    pattern: str = "",
    json: dict[str, str] | None = None,
    proxy: str = "",
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
        pattern=pattern,
        json=json or {},
        proxy=proxy,
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


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777.0),
        ("Sun, 6 Nov 1994 08:49:37 UTC", 784111777.0),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1483228799.0),
    ],
)
def test_a_date_is_read_as_servers_must_write_it(date: str, seconds: float) -> None:
    assert http_exchange.server_date({"date": date}) == seconds


@pytest.mark.parametrize(("age", "seconds"), [("120", 784111897.0), ("", 784111777.0), ("-5", 784111777.0)])
def test_a_page_from_a_cache_is_as_much_older_than_the_clock_as_it_says(age: str, seconds: float) -> None:
    assert http_exchange.server_date({"date": "Sun, 06 Nov 1994 08:49:37 GMT", "age": age}) == seconds


@pytest.mark.parametrize("date", ["yesterday", "Wed, 32 Foo 2026 25:00:00 GMT", "Wed, 32 Jan 2026 25:00:00 GMT", ""])
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


def anywhere(host: str) -> list[str]:
    assert host.endswith(".example")
    return ["127.0.0.1"]


def named(standin: HttpStandIn, name: str, path: str = "/") -> str:
    return f"http://{name}:{standin.port}{path}"


async def test_a_pattern_is_looked_for_in_the_page() -> None:
    async with started(HttpStandIn({"/": page(TITLE, "Phiên bản 2.14")})) as standin:
        found = await probe(check(standin.url, pattern=r"Phiên bản [0-9]{1,3}\.[0-9]{1,3}"), make_tools())
        other = await probe(check(standin.url, pattern="Phiên bản 3"), make_tools())

    assert (found.outcome, other.reason) == (Outcome.OK, Reason.WRONG_CONTENT)
    assert other.detail == f"HTTP 200, title: {TITLE}"


HEALTH = '\ufeff{"status":"UP","parts":[{"db":{"ok":true,"count":3,"lag":null,"name":"Lạng Sơn"}}]}'


@pytest.mark.parametrize(
    ("wanted", "lacking"),
    [
        ({"status": "UP"}, None),
        ({"status": '"UP"'}, None),
        ({"parts.0.db.ok": "true", "parts.0.db.count": "3", "parts.0.db.lag": "null"}, None),
        ({"parts.0.db.name": "Lạng Sơn"}, None),
        ({"status": "DOWN"}, 'status is "UP"'),
        ({"parts.0.db.ok": "True"}, "parts.0.db.ok is true"),
        ({"parts.1.db.ok": "true"}, "parts.1.db.ok is missing"),
        ({"parts.x": "true"}, "parts.x is missing"),
        ({"status.more": "UP"}, "status.more is missing"),
        ({"status": "UP", "gone": "1"}, "gone is missing"),
    ],
)
def test_a_json_answer_must_have_these_values(wanted: dict[str, str], lacking: str | None) -> None:
    reason, seen = http_page.judge(check("http://x", json=wanted), response(HEALTH.encode(), "application/json"))

    assert (reason is Reason.WRONG_CONTENT) is (lacking is not None)
    assert lacking is None or seen == f"HTTP 200, {lacking}, no title"


@pytest.mark.parametrize("body", [page(OTHER_TITLE).body, "", HEALTH[:40], "[" * 100_000])
def test_what_is_not_json_is_another_page(body: str) -> None:
    reason, seen = http_page.judge(check("http://x", json={"status": "UP"}), response(body.encode()))

    assert reason is Reason.WRONG_CONTENT
    assert "HTTP 200, not JSON, " in seen


async def test_a_portal_that_leads_to_its_own_login_is_named_by_title_and_address() -> None:
    portal = HttpStandIn({"/login": page(OTHER_TITLE)})
    async with started(portal):
        away = named(portal, "portal.example", "/login?from=dvc")
        portal.pages["/login?from=dvc"] = portal.pages["/login"]
        async with started(HttpStandIn({"/": Page("", 302, (("Location", away),))})) as standin:
            result = await probe(check(named(standin, "dvc.example"), contains=TITLE), make_tools(lookup=anywhere))

    assert (result.reason, result.status) == (Reason.WRONG_CONTENT, 200)
    assert result.detail == f"HTTP 200 at {away}, title: {OTHER_TITLE}"


@pytest.mark.parametrize(
    ("contains", "reason"), [("", Reason.HTTP_STATUS), (TITLE, Reason.WRONG_CONTENT)], ids=["not told", "told"]
)
async def test_an_error_page_of_another_site_is_not_the_services_where_that_can_be_told(
    contains: str, reason: Reason
) -> None:
    async with started(HttpStandIn({"/": page("Bị chặn", status=403)})) as blocker:
        away = named(blocker, "blocked.example")
        async with started(HttpStandIn({"/": Page("", 302, (("Location", away),))})) as standin:
            result = await probe(check(named(standin, "dvc.example"), contains=contains), make_tools(lookup=anywhere))

    assert (result.reason, result.detail) == (reason, f"HTTP 403 at {away}, title: Bị chặn")


@pytest.mark.parametrize("host", ["www.dvc.example", "login.dvc.example", "DVC.example"])
async def test_a_redirect_within_the_site_is_not_worth_a_word(host: str) -> None:
    async with started(HttpStandIn(PAGES)) as standin:
        standin.pages["/old"] = Page("", 301, (("Location", named(standin, host, "/login")),))
        result = await probe(check(named(standin, "dvc.example", "/old")), make_tools(lookup=lambda _: ["127.0.0.1"]))

    assert (result.outcome, result.detail) == (Outcome.OK, "HTTP 200, title: Đăng nhập")


async def test_a_demand_to_log_in_to_the_network_is_never_the_services_page() -> None:
    async with started(HttpStandIn({"/": page(OTHER_TITLE, status=511)})) as standin:
        result = await probe(check(standin.url), make_tools())

    assert (result.reason, result.status) == (Reason.WRONG_CONTENT, 511)


async def test_a_plain_page_comes_through_a_proxy_that_looks_the_name_up_itself() -> None:
    async with started(HttpStandIn({"/a": page(TITLE)})) as standin, started(ProxyStandIn()) as proxy:
        url = named(standin, "dvc.example", "/a")
        result = await probe(check(url, contains=TITLE, proxy=proxy.url), make_tools())

    assert (result.outcome, result.address) == (Outcome.OK, "127.0.0.1")
    assert set(result.phases_ms or {}) == {"proxy", "first_byte", "transfer"}
    assert proxy.asked == [f"GET {url} HTTP/1.1"]


async def test_https_goes_through_a_tunnel_and_is_verified_at_its_end(authority: Authority) -> None:
    context = authority.context(hosts=("dvc.example",))
    async with started(HttpStandIn({"/": page(TITLE)}, context)) as standin, started(ProxyStandIn()) as proxy:
        url = f"https://dvc.example:{standin.port}/"
        good = await probe(check(url, proxy=proxy.url, ca_file=str(authority.ca_file)), make_tools())
        other = await probe(
            check(url.replace("dvc", "other"), proxy=proxy.url, ca_file=str(authority.ca_file)), make_tools()
        )

    assert good.outcome is Outcome.OK
    assert set(good.phases_ms or {}) == {"proxy", "tls", "first_byte", "transfer"}
    assert (other.reason, other.detail) == (Reason.TLS_NAME, "certificate of dvc.example")
    assert other.clock_offset_s is not None
    assert proxy.asked[0] == f"CONNECT dvc.example:{standin.port} HTTP/1.1"


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("403 Forbidden", Reason.REFUSED),
        ("407 Proxy Authentication Required", Reason.WRONG_CREDENTIALS),
        ("502 Bad Gateway", Reason.UNREACHABLE),
        ("504 Gateway Timeout", Reason.TIMEOUT),
    ],
)
async def test_a_proxy_that_opens_no_tunnel_is_blamed_by_name(refusal: str, reason: Reason) -> None:
    async with started(ProxyStandIn()) as proxy:
        proxy.refusal = refusal
        result = await probe(check("https://dvc.example/", proxy=proxy.url), make_tools())

        said = f"proxy {proxy.url.removeprefix('http://')}: no tunnel, HTTP {refusal}"

    assert (result.reason, result.detail) == (reason, said)


@pytest.mark.parametrize(
    ("behaviour", "reason", "said"),
    [
        ("refuse", Reason.REFUSED, "Connection refused"),
        ("silent", Reason.TIMEOUT, "no answer in phase proxy"),
        ("answer", Reason.TIMEOUT, "no answer in phase proxy"),
        ("reset", Reason.RESET, "proxy 127.0.0.1:"),
    ],
)
async def test_a_proxy_that_is_not_there_is_no_fault_of_the_service(
    behaviour: TcpBehaviour, reason: Reason, said: str
) -> None:
    async with started(TcpStandIn()) as standin:
        standin.behave(behaviour)
        proxied = check("https://dvc.example/", proxy=f"http://{standin.target}", timeout=0.3)
        result = await probe(proxied, make_tools())

    assert (result.reason, set(result.phases_ms or {})) == (reason, {"proxy"})
    assert said in (result.detail or "")


@pytest.fixture
def strict_server(authority: Authority, request: pytest.FixtureRequest) -> Iterator[str]:
    """A web server on a thread that refuses visitors without a certificate."""
    with strict_servers.running(authority, request.param) as target:
        yield target


@pytest.mark.parametrize("strict_server", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], indirect=True)
async def test_a_page_behind_a_client_certificate_is_told_alike_in_both_versions(
    authority: Authority, strict_server: str
) -> None:
    result = await probe(check(f"https://{strict_server}/", ca_file=str(authority.ca_file)), make_tools())

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.TLS_HANDSHAKE)
    assert "demands a client certificate" in (result.detail or "")
