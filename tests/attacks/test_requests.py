"""Requests no honest client sends: paths that climb, heads that lie about lengths, names that are not ours."""

import pytest

from tests.attacks.wire import answers, odd_lines, statuses
from tests.support.collector_process import CollectorProcess

SMUGGLED = b"GET /-/healthy HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

CLIMBING = (
    "/static/../../app.py",
    "/static/..%2f..%2fapp.py",
    "/static/%2e%2e/%2e%2e/app.py",
    "/static/..%5c..%5capp.py",
    "/static/....//....//app.py",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/app.css%00.py",
    "/static/%c0%ae%c0%ae/app.py",
    "/static/..;/app.py",
    "/../../etc/passwd",
    "/communes/..%2f..%2fledger.db",
    "/communes/%00",
    "/communes/%ff%fe",
    "/agents/1%2f..%2f..%2ftokens",
    "/api/v1/communes/..%2f..%2f..%2fledger.db",
    "/api/v1/reports/%2e%2e%2ftokens",
    "/api/v1/requests/..%2f..%2fledger.db",
    "/login/..%2f..%2fledger.db",
    "/metrics/probes/..%2f..%2f..%2fetc",
)


@pytest.mark.parametrize("path", CLIMBING)
def test_no_path_climbs_out_of_what_is_served(collector: CollectorProcess, path: str) -> None:
    token = collector.token("admin")
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    answer = answers(collector, head.encode())

    assert set(statuses(answer)) <= {400, 401, 403, 404, 410, 422}, answer[:200]
    for content in (b"root:", b"SQLite format", b"create_app", b"Traceback", str(collector.data).encode()):
        assert content not in answer


LYING_HEADS = {
    "a length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 50\r\n\r\n",
    "a list of lengths": b"Content-Length: 0, 50\r\n\r\n",
    "a length with a sign": b"Content-Length: +0\r\n\r\n",
    "a negative length": b"Content-Length: -1\r\n\r\n",
    "a hexadecimal length": b"Content-Length: 0x0\r\n\r\n",
    "a length beyond all numbers": b"Content-Length: 99999999999999999999999\r\n\r\n",
    "chunks by another name": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunks not last": b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "a space before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded line": b"X-Odd: a\r\n b\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a line feed alone": b"X-Odd: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a carriage return alone": b"X-Odd: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk of no number": b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "a chunk of a sign": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "a NUL in a name": b"X-O\0dd: a\r\n\r\n",
    "a NUL in a value": b"X-Odd: a\0b\r\n\r\n",
    "no colon": b"X-Odd\r\n\r\n",
}
HONEST = {"chunks by another name", "chunks twice"}


@pytest.mark.parametrize("path", ["/-/healthy", "/fleet/deeds", "/api/v1/reports"])
@pytest.mark.parametrize("name", LYING_HEADS)
def test_a_head_that_lies_about_its_body_never_hides_a_second_request(
    collector: CollectorProcess, name: str, path: str
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()
    answer = answers(collector, head + LYING_HEADS[name] + SMUGGLED, patience=0.3)
    found = statuses(answer)

    # One answer, and the connection is of no more use: what follows is read by nobody as a request of its own.
    assert len(found) <= 1, answer
    assert set(found) <= {400, 401, 403, 404, 405, 411, 413, 501}, answer
    assert b"healthy" not in answer


@pytest.mark.parametrize(
    "method", ["TRACE", "CONNECT", "PROPFIND", "DEBUG", "get", "OPTIONS", "PUT", "G\u00cbT", "A" * 9000, "\x00"]
)
@pytest.mark.parametrize("path", ["/", "/api/v1/reports", "/fleet/deeds", "/-/reload"])
def test_an_unknown_method_is_refused(collector: CollectorProcess, method: str, path: str) -> None:
    sent = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Secret: k\r\nConnection: close\r\n\r\n".encode()
    answer = answers(collector, sent)

    assert set(statuses(answer)) <= {400, 401, 403, 404, 405, 431, 501}, answer[:200]
    assert b"X-Secret" not in answer


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "evil.example#127.0.0.1",
        "127.0.0.1, evil.example", "localhost\x00", "[::1", "xn--localhost", "2130706433", "127.1", "", " ",
    ],
)  # fmt: skip
def test_a_name_that_is_not_ours_is_answered_nothing(collector: CollectorProcess, host: str) -> None:
    head = f"GET /-/ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    answer = answers(collector, head.encode("latin-1"))

    assert set(statuses(answer)) <= {400, 421}
    assert b"evil" not in answer


def test_two_names_none_and_one_in_the_address_are_refused(collector: CollectorProcess) -> None:
    for lines in (
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n",
        "GET / HTTP/1.1\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n",
    ):
        assert set(statuses(answers(collector, f"{lines}Connection: close\r\n\r\n".encode()))) <= {400, 421}


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"A: b\r\n" * 40_000 + b"\r\n",
    ],
)
def test_a_head_without_measure_is_refused(collector: CollectorProcess, head: bytes) -> None:
    assert set(statuses(answers(collector, head))) <= {400, 401, 414, 431}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Cookie", b"sansang_session=\xff\xfe\x80; sansang_lang=\xff"),
        ("Cookie", b"sansang_session=" + b";" * 5000),
        ("Cookie", b'sansang_session="\\"; sansang_acting=a\tb'),
        ("Authorization", b"Bearer \xff\xfe"),
        ("Authorization", b"Bearer " + "ế".encode() * 100),
        ("Authorization", b"Basic YWRtaW46YWRtaW4="),
        ("Origin", b"http://[::1"),
        ("Origin", b"\xff"),
        ("Accept", b"text/html;\xff"),
        ("Content-Length", b"\xb2"),
        ("Last-Event-ID", b"9" * 400),
        ("Content-Encoding", b"gzip, gzip"),
    ],
)
def test_text_that_is_none_in_a_header_is_no_5xx(collector: CollectorProcess, name: str, value: bytes) -> None:
    for line in (b"GET /fleet?lang=vi", b"POST /fleet/deeds", b"POST /api/v1/reports", b"GET /api/v1/stream"):
        head = line + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nConnection: close\r\n"
        assert all(
            code < 500 for code in statuses(answers(collector, head + name.encode() + b": " + value + b"\r\n\r\n"))
        )


def test_none_of_it_left_a_trace_that_looks_like_the_programs_own_or_filled_the_log(
    collector: CollectorProcess,
) -> None:
    text = collector.log.read_text(encoding="utf-8")

    assert odd_lines(collector) == []
    assert "Traceback" not in text
    assert len(text) < 20_000
