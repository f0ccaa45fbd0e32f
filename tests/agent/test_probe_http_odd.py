"""The http probe against servers that say what none should: in time, with the right reason, and never our own fault."""

import asyncio
import contextlib
import gzip
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from certificates import Authority
from doors import closing
from sansang_agent.clock import SystemClock
from sansang_agent.contract.check import Check, HttpCheck, TlsCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Result
from sansang_agent.contract.rung import Rung
from sansang_agent.runner import run_once
from standins import HttpStandIn, page
from tests.support.probing import OtherMachine, make_tools, started

Say = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"
TIMEOUT_S = 0.5
LATE_S = 0.5
"""How much longer than its time-out a probe may take on a busy machine."""


@asynccontextmanager
async def saying(say: bytes | Say) -> AsyncIterator[int]:
    """A server that reads a request and says this; gives its port."""
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        async with closing(writer):
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                if isinstance(say, bytes):
                    writer.write(say)
                    await writer.drain()
                else:
                    await say(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for task in serving:
            if task:
                task.cancel()
        await asyncio.gather(*(task for task in serving if task), return_exceptions=True)


async def run(check: Check) -> Result:
    """As the running agent asks, with its net: what falls into that is our own fault."""
    result = await run_once(check, make_tools(lookup=lambda _: ["127.0.0.1"]), SystemClock(OtherMachine()))

    assert result.reason is not Reason.INTERNAL, result.detail
    msgspec.json.encode(result)
    return result


def check(url: str, *, contains: str = "", json: dict[str, str] | None = None, proxy: str = "") -> HttpCheck:
    return HttpCheck(
        id="dvc",
        rung=Rung.SERVICE,
        target=url,
        timeout=TIMEOUT_S,
        confirm=False,
        max_bytes=4_194_304,
        contains=contains,
        json=json or {},
        proxy=proxy,
    )


async def asked(say: bytes | Say, *, contains: str = "", json: dict[str, str] | None = None) -> Result:
    async with saying(say) as port:
        return await run(check(f"http://127.0.0.1:{port}/", contains=contains, json=json))


def repeating(first: bytes, again: bytes, pause: float = 0.0) -> Say:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(pause)

    return say


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), Reason.WRONG_ANSWER),
        (repeating(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05), Reason.TIMEOUT),
        (repeating(OK, b"X-More: " + b"a" * 900 + b"\r\n"), Reason.WRONG_ANSWER),
        (repeating(OK, b"H", 0.02), Reason.TIMEOUT),
        (repeating(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 1000), Reason.TIMEOUT),
        (repeating(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 1000), Reason.WRONG_ANSWER),
        (repeating(OK + b"Content-Length: 1000\r\n\r\n", b"a", 0.02), Reason.TIMEOUT),
    ],
    ids=["interim flood", "interim for ever", "endless head", "slow head", "tiny chunks", "endless chunk head", "slow"],
)
async def test_what_never_ends_is_ended_in_time_and_keeps_nobody_waiting(say: Say, reason: Reason) -> None:
    waits: list[float] = []
    watching = asyncio.create_task(note_waits(waits))
    began = time.perf_counter()
    result = await asked(say, contains="không có ở đây")
    took = time.perf_counter() - began
    watching.cancel()

    assert (result.outcome, result.reason) == (Outcome.FAILED, reason)
    assert took < TIMEOUT_S + LATE_S
    assert max(waits, default=0.0) < LATE_S


async def note_waits(waits: list[float]) -> None:
    """For how long this loop let nobody else have a turn, again and again."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.01)
        waits.append(time.perf_counter() - began)


async def test_a_page_made_of_titles_holds_up_nothing() -> None:
    result = await asked(OK + b"\r\n" + b"<title>" * 30_000)

    assert (result.outcome, result.detail) == (Outcome.OK, "HTTP 200, no title")


@pytest.mark.parametrize(
    "date",
    [
        "Wed, 99999999999999999999 Jan 2026 00:00:00 GMT",
        "Wed, 01 Jan 2026 00:00:00 +99999999999999",
        "1",
        ",",
        "0 0 0 0",
    ],
)
async def test_a_date_beyond_all_dates_tells_nothing_and_breaks_nothing(date: str) -> None:
    result = await asked(OK + f"Date: {date}\r\nContent-Length: 0\r\n\r\n".encode())

    assert (result.outcome, result.clock_offset_s) == (Outcome.OK, None)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<title>\x1b[2J\x07Đẹp\u202e\u2066</title>".encode(), "HTTP 200, title: \ufffd[2J\ufffdĐẹp\ufffd\ufffd"),
        (b"<title>&#xD800;\x00</title>", "HTTP 200, title: \ufffd\ufffd"),
    ],
)
async def test_a_title_cannot_command_the_terminal_it_is_shown_on(body: bytes, said: str) -> None:
    assert (await asked(OK + b"\r\n" + body)).detail == said


async def test_half_a_letter_in_a_json_answer_or_a_page_can_still_be_reported() -> None:
    value = await asked(OK + b'\r\n{"a":"\\ud800"}', json={"a": "1"})
    heading = await asked(OK + b"Content-Type: text/html; charset=utf-7\r\n\r\n<title>+2AA-</title>")

    assert value.detail == 'HTTP 200, a is "\ufffd", no title'
    assert heading.detail == "HTTP 200, title: \ufffd"


@pytest.mark.parametrize("depth", range(100, 1100, 50))
async def test_json_nested_however_deep_is_only_another_answer(depth: int) -> None:
    result = await asked(OK + b'\r\n{"a":' + b"[" * depth + b"]" * depth + b"}", json={"a": "1"})

    assert result.reason is Reason.WRONG_CONTENT


async def test_text_is_found_where_the_page_writes_it_in_entities_or_packed() -> None:
    entities = await asked(OK + b"\r\nD&#7883;ch v&#7909; c&ocirc;ng", contains="Dịch vụ công")
    packed = await asked(
        OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress("Dịch vụ công".encode()), contains="Dịch vụ công"
    )

    assert (entities.outcome, packed.outcome) == (Outcome.OK, Outcome.OK)


async def test_a_small_packed_page_that_unpacks_to_a_huge_one_is_read_no_further_than_told() -> None:
    result = await asked(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(30_000_000)), contains="a")

    assert result.reason is Reason.WRONG_CONTENT


@pytest.mark.parametrize(
    "location",
    ["http://a b/", "http://.x/", "http://x:99999/", f"https://{'a' * 64}.vn/", 'http://a"b.vn/', "http://a%00b/"],
)
async def test_a_redirect_that_leads_nowhere_is_not_followed(location: str) -> None:
    result = await asked(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n".encode())

    assert (result.outcome, result.reason, result.detail) == (
        Outcome.UNKNOWN,
        Reason.NOT_SUPPORTED,
        f"cannot ask {location}",
    )


@pytest.mark.parametrize("location", ["", "?again", "//", "http://"])
async def test_a_redirect_to_itself_is_a_loop_that_ends(location: str) -> None:
    result = await asked(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n".encode())

    assert result.reason is Reason.HTTP_STATUS
    assert "more than 5 redirects" in (result.detail or "")


@pytest.mark.parametrize(("status", "reason"), [("204 No Content", None), ("304 Not Modified", Reason.HTTP_STATUS)])
async def test_an_answer_without_a_body_is_judged_by_its_status(status: str, reason: Reason | None) -> None:
    assert (await asked(f"HTTP/1.1 {status}\r\nContent-Length: 10\r\n\r\n".encode())).reason is reason


@pytest.mark.parametrize(
    "lengths", [b"Content-Length: 3\r\nContent-Length: 4\r\n", b"Content-Length: -1\r\n", b"Content-Length: 9e9\r\n"]
)
async def test_a_length_that_is_none_is_not_http(lengths: bytes) -> None:
    assert (await asked(OK + lengths + b"\r\nabcd")).reason is Reason.WRONG_ANSWER


async def test_a_proxy_that_wants_to_know_who_asks_is_named_for_plain_pages_too() -> None:
    async with saying(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n") as port:
        result = await run(check("http://dvc.example/", proxy=f"http://127.0.0.1:{port}"))

    assert (result.reason, result.detail) == (Reason.WRONG_CREDENTIALS, f"proxy 127.0.0.1:{port}: HTTP 407")


async def test_a_box_on_the_way_that_wants_to_know_who_asks_is_not_the_service() -> None:
    result = await asked(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    assert (result.reason, result.status) == (Reason.WRONG_CONTENT, 407)


async def test_a_proxy_whose_tunnel_leads_nowhere_is_a_reset() -> None:
    async with saying(b"HTTP/1.1 200 Connection established\r\n\r\n") as port:
        result = await run(check("https://dvc.example/", proxy=f"http://127.0.0.1:{port}"))

    assert result.reason is Reason.RESET


@pytest.mark.parametrize("content", ["not a certificate", None], ids=["garbage", "missing"])
@pytest.mark.parametrize("kind", ["tls", "http"])
async def test_a_ca_file_that_cannot_be_used_says_nothing_of_the_server(
    tmp_path: Path, kind: str, content: str | None
) -> None:
    ca_file = tmp_path / "unusable.pem"
    if content:
        ca_file.write_text(content)
    async with started(HttpStandIn({"/": page("x")}, Authority(tmp_path).context())) as standin:
        tls = TlsCheck(id="tls", rung=Rung.SERVICE, target=standin.target, ca_file=str(ca_file), confirm=False)
        https = HttpCheck(id="http", rung=Rung.SERVICE, target=standin.url, ca_file=str(ca_file), confirm=False)
        result = await run(tls if kind == "tls" else https)

    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.NOT_CONFIGURED)
    assert str(ca_file) in (result.detail or "")
