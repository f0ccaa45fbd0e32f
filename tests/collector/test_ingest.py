"""POST /api/v1/reports as agents, broken agents and strangers use it: over real HTTP, against a real process."""

import gzip
import socket
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from sansang_agent.contract.codec import encode, profile_hash
from sansang_agent.contract.report import Answer, Problem
from tests.support.collector_process import CollectorProcess
from tests.support.reports import OTHER_STREAM, STREAM, body, envelope, profile, report, result

PATH = "/api/v1/reports"

EXAMPLE = """
{"v":1,"sent":{"boot":"7c0e…","mono":86405.213,"wall":1782440405.2},
 "spool":{"rows":3,"oldest":1782440300.0,"dropped":[[11,14]]},
 "reports":[{"stream":"b1946ac92492d2347c6235b4d2611184","seq":1042,"boot":"7c0e…","mono":86400.1,"wall":1782440400.1,"why":"periodic",
   "start":"boot","version":"0.3.0","config":"9f2e…",
   "host":{"uptime_s":86400,"cpu":0.07,"memory":0.61,"disk_free_bytes":51200000000,
    "nics":[{"name":"Ethernet","up":true,"bps":1000000000,"rx_errors":0,"tx_errors":0}],
    "gateways":["192.168.1.1"],"dns":["192.168.1.1"],"power":{"source":"mains","percent":97}},
   "results":[{"check":"gw","at":-120,"outcome":"ok","sent":5,"lost":0,"rtt_ms":[0.41,0.52,0.60,0.71],"jitter_ms":0.05,
               "resolution_ms":0.001},
              {"check":"dvc","at":-80,"outcome":"failed","reason":"tls_expired",
               "phases_ms":{"resolve":3.1,"connect":12.0,"tls":30.2},"detail":"notAfter 2026-11-01"}],
   "goodbye":null}]}
"""


@pytest.fixture(scope="module")
def agent(collector: CollectorProcess) -> Iterator[httpx.Client]:
    with collector.client("agent", "05983", "pc-1") as client:
        yield client


@pytest.fixture
def newcomer(collector: CollectorProcess, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """An agent nobody else uses."""
    with collector.client("agent", "05983", f"pc-{abs(hash(request.node.name)) % 10**9}") as client:
        yield client


def post(client: httpx.Client, content: bytes, **headers: str) -> httpx.Response:
    return client.post(PATH, content=content, headers={key.replace("_", "-"): value for key, value in headers.items()})


def answer(response: httpx.Response) -> Answer:
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=Answer)


def problem(response: httpx.Response, status: int) -> Problem:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), (
        response.text
    )
    found = msgspec.json.decode(response.content, type=Problem)
    assert found.status == status
    return found


def test_the_example_of_the_protocols_description_is_taken(newcomer: httpx.Client) -> None:
    taken = answer(post(newcomer, EXAMPLE.encode()))

    assert taken.stored == (("b1946ac92492d2347c6235b4d2611184", ((1042, 1042),)),)
    assert (taken.refused, taken.profiles_wanted) == ((), ("9f2e…",))


def test_a_gzipped_envelope_is_taken(newcomer: httpx.Client) -> None:
    taken = answer(post(newcomer, gzip.compress(body(report(1), report(2), report(5))), content_encoding="gzip"))

    assert taken.stored == ((STREAM, ((1, 2), (5, 5))),)


def test_what_is_sent_again_is_stored_again(newcomer: httpx.Client) -> None:
    first = answer(post(newcomer, body(report(1))))

    assert answer(post(newcomer, body(report(1)))).stored == first.stored


def test_the_same_identity_with_other_content_is_a_conflict_and_the_rest_is_kept(newcomer: httpx.Client) -> None:
    answer(post(newcomer, body(report(1))))
    taken = answer(post(newcomer, body(report(2), report(1, results=[result(reason="timeout")]))))

    assert taken.stored == ((STREAM, ((2, 2),)),)
    assert [(one.index, one.stream, one.seq, one.why) for one in taken.refused] == [(1, STREAM, 1, "conflict")]


def test_two_agents_may_use_the_same_stream_and_sequence(agent: httpx.Client, newcomer: httpx.Client) -> None:
    answer(post(newcomer, body(report(7, stream=OTHER_STREAM))))
    taken = answer(post(agent, body(report(7, stream=OTHER_STREAM, results=[result(reason="timeout")]))))

    assert taken.refused == ()


def test_an_unknown_profile_is_asked_for_and_a_known_one_is_not(newcomer: httpx.Client) -> None:
    one = profile(label="asked for")
    name = profile_hash(one)
    assert answer(post(newcomer, body(report(1, config=name)))).profiles_wanted == (name,)
    assert answer(post(newcomer, body(report(2, config=name), profiles=(one,)))).profiles_wanted == ()
    assert answer(post(newcomer, body(report(3, config=name)))).profiles_wanted == ()


def test_a_profile_that_is_not_what_its_hash_says_is_not_kept(
    collector: CollectorProcess, newcomer: httpx.Client
) -> None:
    false = "0" * 32
    sent = envelope(report(1, config=false)) | {"profiles": {false: msgspec.to_builtins(profile())}}

    assert answer(post(newcomer, encode(sent))).stored == ((STREAM, ((1, 1),)),)
    assert false in collector.log.read_text(encoding="utf-8")


def test_a_profile_with_a_kind_of_check_unknown_here_does_not_refuse_its_reports(newcomer: httpx.Client) -> None:
    newer = {"label": "", "checks": [{"kind": "quantum", "id": "q", "rung": "line", "target": "x"}]}
    sent = envelope(report(1)) | {"profiles": {"1" * 32: newer}}

    assert answer(post(newcomer, encode(sent))).stored == ((STREAM, ((1, 1),)),)


def test_more_profiles_than_an_agent_has_are_left_out_and_their_reports_are_taken(newcomer: httpx.Client) -> None:
    one = profile(label="first of many")
    sent = envelope(report(1, config=profile_hash(one)), profiles=(one,))
    sent["profiles"] |= {f"{number:x}": 0 for number in range(400_000)}
    taken = answer(post(newcomer, msgspec.json.encode(sent)))

    assert (taken.stored, taken.profiles_wanted) == (((STREAM, ((1, 1),)),), ())


def test_unknown_fields_are_ignored(newcomer: httpx.Client) -> None:
    sent = envelope(report(1, novelty={"deep": [1]})) | {"novelty": True}

    assert answer(post(newcomer, encode(sent))).refused == ()


FUTURE = {
    "mono": (report(9, 1010.0), "mono"),
    "wall": (report(9, wall=1_700_000_000 + 1000 + 401 * 86_400), "wall"),
    "wall of an earlier boot": (report(9, boot="boot-0", wall=1_700_000_000 + 1000 + 401 * 86_400), "wall"),
    "at": (report(9, results=[result(), result(at=121_000)]), "results[1].at"),
    "at of an earlier boot": (report(9, boot="boot-0", results=[result(at=121_000)]), "results[0].at"),
}
WRONG: dict[str, tuple[Any, str | None]] = {
    "not an object": (7, None),
    "nothing in it": ({}, None),
    "three round-trip times": (report(9, results=[result(rtt_ms=[1, 2, 3])]), "results[0].rtt_ms"),
    "unknown outcome": (report(9, results=[result(outcome="fine")]), "results[0].outcome"),
    "unknown reason": (report(9, results=[result(reason="gremlins")]), "results[0].reason"),
    "failed without a reason": (report(9, results=[result(outcome="failed")]), "results[0].reason"),
    "unknown with a reason of failed": (
        report(9, results=[result(reason="timeout", outcome="unknown")]),
        "results[0].reason",
    ),
    "negative mono": (report(9, -1.0), "mono"),
    "huge mono": (report(9, boot="boot-0", mono=1e300), "mono"),
    "huge wall": (report(9, boot="boot-0", wall=1e300), "wall"),
    "huge at": (report(9, results=[result(at=-(10**18))]), "results[0].at"),
    "at beyond 64 bits": (report(9, results=[result(at=-(10**30))]), "results[0].at"),
    "sequence zero": (report(0), "seq"),
    "sequence beyond a double": (report(2**60), "seq"),
    "sequence of text": (report(9) | {"seq": "9"}, "seq"),
    "stream too short": (report(9, stream="abc"), "stream"),
    "a name that is no check's": (report(9, results=[result("Cổng mạng\n")]), "results[0].check"),
    "more lost than sent": (report(9, results=[result(sent=3, lost=4)]), "results[0].lost"),
    "a version without end": (report(9, version="x" * 200), "version"),
    "a version with a NUL": (report(9, version="0.3\0"), "version"),
    "a boot with a NUL": (report(9, boot="b\0"), "boot"),
    "a certificate that ends beyond the last date": (
        report(9, results=[result(cert_expiry=1e300)]),
        "results[0].cert_expiry",
    ),
    "an answer that ends beyond the last date": (
        report(9, answers=[{"id": "0" * 32}, {"id": "1" * 32, "results": [result(cert_expiry=1e300)]}]),
        "answers[1].results[0].cert_expiry",
    ),
    "more results than a machine has": (report(9, results=[result()] * 1001), "results"),
    "a goodbye back beyond all time": (report(9, goodbye={"reason": "stop", "back": 1e200}), "goodbye.back"),
    **FUTURE,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_record_is_refused_by_index_and_field_and_its_neighbours_are_kept(
    newcomer: httpx.Client, name: str
) -> None:
    wrong, field = WRONG[name]
    taken = answer(post(newcomer, body(report(1), wrong, report(2))))

    assert taken.stored == ((STREAM, ((1, 2),)),)
    (refused,) = taken.refused
    assert refused.index == 1
    assert refused.why
    if field:
        assert refused.field == field


def test_a_refused_record_is_named_by_stream_and_seq(newcomer: httpx.Client) -> None:
    (refused,) = answer(post(newcomer, body(report(9, results=[result(outcome="fine")])))).refused

    assert (refused.stream, refused.seq) == (STREAM, 9)


def test_a_little_after_the_senders_clock_is_not_the_future(newcomer: httpx.Client) -> None:
    assert answer(post(newcomer, body(report(1, results=[result(at=119_000)])))).refused == ()


@pytest.mark.parametrize("boot", ["boot-1", "boot-0"])
def test_a_backlog_written_under_a_fast_clock_is_kept_once_the_clock_is_right(
    newcomer: httpx.Client, boot: str
) -> None:
    fast = report(1, 400.0, wall=1_700_000_000 + 399 * 86_400, boot=boot)

    assert answer(post(newcomer, body(fast))).stored == ((STREAM, ((1, 1),)),)


RAW_RECORDS = {
    "a number that is not one": b'{"seq": NaN}',
    "a number without end": b'{"seq": 1e999}',
    "a lone surrogate": b'{"boot": "\\ud800"}',
    "thousands of digits": b'{"mono": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("name", RAW_RECORDS)
def test_no_record_however_odd_makes_a_5xx(newcomer: httpx.Client, name: str) -> None:
    sent = body(report(1))[:-1] + b"}"
    odd = sent.replace(b'"reports":[', b'"reports":[' + RAW_RECORDS[name] + b",")
    response = post(newcomer, odd)

    assert response.status_code in {200, 400}
    if response.status_code == 200:
        assert answer(response).stored == ((STREAM, ((1, 1),)),)


def test_a_record_that_is_not_utf8_is_refused_and_its_neighbours_are_kept(newcomer: httpx.Client) -> None:
    content = body(report(1), report(9, version="Lạng Sơn"), report(2)).replace("Lạng Sơn".encode(), b"L\xf1ng")
    taken = answer(post(newcomer, content))

    assert taken.stored == ((STREAM, ((1, 2),)),)
    assert [(one.index, one.why) for one in taken.refused] == [(1, "holds text that is not UTF-8")]


def test_a_profile_that_is_not_utf8_does_not_refuse_its_reports(newcomer: httpx.Client) -> None:
    content = body(report(1), profiles=(profile(label="Lạng Sơn"),)).replace("Lạng Sơn".encode(), b"L\xf1ng")

    assert answer(post(newcomer, content)).stored == ((STREAM, ((1, 1),)),)


ENVELOPES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", ""),
    "not JSON": (b"\x00\xff{", ""),
    "half a document": (body(report(1))[:-40], ""),
    "a list": (b"[]", ""),
    "no version": (encode({key: value for key, value in envelope().items() if key != "v"}), "v"),
    "another version": (encode(envelope() | {"v": 2}), "v: version 2"),
    "another version that looks different": (b'{"v": 2, "batch": []}', "v: version 2"),
    "a version without end": (b'{"v": ' + b"9" * 5000 + b"}", ""),
    "no clocks": (b'{"v": 1}', "sent"),
    "clocks of text": (encode(envelope() | {"sent": {"boot": "b", "mono": "x", "wall": 1}}), "sent.mono"),
    "clocks beyond range": (encode(envelope() | {"sent": {"boot": "b", "mono": 1e300, "wall": 1}}), "sent.mono"),
    "reports that are no list": (encode(envelope() | {"reports": {}}), "reports"),
    "a spool older than any clock": (encode(envelope() | {"spool": {"oldest": -1e11}}), "spool.oldest"),
    "a dropped range backwards": (encode(envelope() | {"spool": {"dropped": [[9, 2]]}}), "spool.dropped"),
    "a boot with a NUL": (encode(envelope() | {"sent": {"boot": "b\0", "mono": 1, "wall": 1}}), "sent.boot"),
    "not UTF-8": (encode(envelope() | {"sent": {"boot": "b~", "mono": 1, "wall": 1}}).replace(b"~", b"\xff"), "UTF-8"),
    "nested without end": (b'{"v": 1, "reports": [' + b"[" * 200_000, ""),
    "nested deep and closed": (b'{"v": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ""),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_a_wrong_envelope_is_a_problem_document_that_names_the_field(agent: httpx.Client, name: str) -> None:
    content, named = ENVELOPES[name]

    assert named in problem(post(agent, content), 400).detail


def test_without_a_token_nothing_is_read(collector: CollectorProcess) -> None:
    with collector.client() as stranger:
        response = post(stranger, body(report(1)))
        assert response.headers["www-authenticate"] == "Bearer"
        problem(response, 401)
        problem(post(stranger, body(report(1)), authorization="Bearer guess"), 401)
        problem(post(stranger, body(report(1)), authorization="Basic Z3Vlc3M6"), 401)


@pytest.mark.parametrize("scope", ["read", "metrics", "admin"])
def test_only_an_agents_token_can_send(collector: CollectorProcess, scope: str) -> None:
    with collector.client(scope) as client:
        problem(post(client, body(report(1))), 403)


def test_only_post_is_answered(agent: httpx.Client) -> None:
    response = agent.get(PATH)

    assert response.headers["allow"] == "POST"
    problem(response, 405)


def test_an_unknown_encoding_is_415(agent: httpx.Client) -> None:
    problem(post(agent, b"x", content_encoding="br"), 415)


def test_a_body_beyond_eight_mebibytes_is_413(agent: httpx.Client) -> None:
    problem(post(agent, b" " * (8 * 2**20 + 1)), 413)


def test_a_compressed_body_beyond_one_mebibyte_is_413(agent: httpx.Client) -> None:
    problem(post(agent, b"\x1f\x8b" + b"x" * 2**20, content_encoding="gzip"), 413)


def test_a_decompression_bomb_is_413(agent: httpx.Client) -> None:
    problem(post(agent, gzip.compress(b" " * (64 * 2**20)), content_encoding="gzip"), 413)


def test_a_chunked_body_is_measured_while_it_arrives(agent: httpx.Client) -> None:
    problem(agent.post(PATH, content=(b" " * 2**20 for _ in range(10))), 413)


def test_more_than_a_thousand_reports_are_413_so_that_the_agent_sends_fewer(agent: httpx.Client) -> None:
    problem(post(agent, body(*[{}] * 1001)), 413)


@pytest.mark.parametrize(
    "content",
    [gzip.compress(body(report(1)))[:-12], b"not gzip at all", gzip.compress(b"{}") + b"more", b""],
    ids=["cut off", "not gzip", "something after", "nothing"],
)
def test_broken_gzip_is_400(agent: httpx.Client, content: bytes) -> None:
    problem(post(agent, content, content_encoding="gzip"), 400)


def test_raw_deflate_is_not_gzip(agent: httpx.Client) -> None:
    problem(post(agent, zlib.compress(body(report(1))), content_encoding="gzip"), 400)


def raw(collector: CollectorProcess, head: str, content: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", collector.port), timeout=20)
    connection.sendall(head.replace("\n", "\r\n").encode() + content)
    return connection


def test_a_post_without_a_length_is_411(collector: CollectorProcess) -> None:
    token = collector.token("agent", "05983", "pc-1")
    with raw(collector, f"POST {PATH} HTTP/1.1\nHost: x\nAuthorization: Bearer {token}\n\n") as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 411")


def test_a_half_sent_body_stores_nothing_and_harms_nobody(collector: CollectorProcess, newcomer: httpx.Client) -> None:
    token = newcomer.headers["authorization"]
    content = body(report(1))
    head = f"POST {PATH} HTTP/1.1\nHost: x\nAuthorization: {token}\nContent-Length: {len(content)}\n\n"
    with raw(collector, head, content[:-1]):
        pass
    other = report(1, results=[result(reason="timeout")])

    assert answer(post(newcomer, body(other))).refused == ()


def test_an_announced_length_that_is_no_number_is_not_a_5xx(collector: CollectorProcess) -> None:
    token = collector.token("agent", "05983", "pc-1")
    head = f"POST {PATH} HTTP/1.1\nHost: x\nAuthorization: Bearer {token}\nContent-Length: ten\n\n"
    with raw(collector, head) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_the_answers_are_counted(collector: CollectorProcess, agent: httpx.Client) -> None:
    with collector.client("metrics") as client:
        lines = client.get("/metrics").text.splitlines()
    assert any(line.startswith('sansang_ingest_requests_total{status="413"}') for line in lines)
    assert any(line.startswith('sansang_ingest_refused_records_total{why="future"}') for line in lines)
    assert not any('status="5' in line for line in lines)


def test_a_revoked_token_is_refused_at_once(collector: CollectorProcess) -> None:
    with collector.client("agent", "05983", "pc-gone") as client:
        answer(post(client, body(report(1))))
        number = next(
            line.split()[0]
            for line in collector.run("token", "list", "--data", str(collector.data)).splitlines()
            if line.endswith("05983/pc-gone")
        )
        collector.run("token", "revoke", number, "--data", str(collector.data))
        problem(post(client, body(report(2))), 401)
