"""What people and machines write comes out again in headers, logs, pages and tables: always as what it is, text."""

import csv
import io
import re
from functools import partial
from urllib.parse import quote

import httpx
import pytest

from sansang_collector import agents
from sansang_collector.store import Store
from tests.attacks.wire import answers, odd_lines, statuses
from tests.support.collector_process import CollectorProcess
from tests.support.reports import body, report, result

CRLF = ("\r\nX-Injected: 1", "\nX-Injected: 1", "\r\n\r\n<html>", "%0d%0aX-Injected:%201", "\u560d\u560aX-Injected: 1")
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "|calc", "\uff1d1")
FORGED = "\n2026-01-01 00:00:00,000 INFO sansang_collector: all is well\x1b[2J\x07\u2028\u202e"


@pytest.mark.parametrize("text", CRLF)
def test_no_text_of_an_address_or_form_makes_a_header(collector: CollectorProcess, text: str) -> None:
    with collector.client("admin") as admin:
        admin.headers["Accept"] = "text/html"
        found = [
            admin.get(path, params=params)
            for path, params in (
                ("/", {"q": text, "lang": text}),
                ("/fleet", {"q": text, "place": text, "version": text}),
                ("/fleet.csv", {"q": text}),
                ("/audit.csv", {"who": text}),
                ("/find", {"code": text}),
                ("/fleet/confirm", {"deed": "role", "id": "1", "q": text}),
            )
        ]
        form = {"id": "1", "deed": "role", "to": "counter", "back": f"?q={text}"}
        found.append(admin.post("/fleet/deeds", data=form, follow_redirects=False))
        found.append(httpx.get(f"{collector.url}/login/{quote(text, safe='%')}"))

    for answer in found:
        assert answer.status_code < 500
        assert "x-injected" not in answer.headers
        assert all("\n" not in value and "\r" not in value for value in answer.headers.values())
        assert "<html>" not in answer.text


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "@evil.example", "\\\\evil"]
)
def test_no_form_leads_to_another_site(collector: CollectorProcess, back: str) -> None:
    with collector.client("admin") as admin:
        form = {"id": "1", "deed": "role", "to": "counter", "back": back}
        answer = admin.post("/fleet/deeds", data=form, follow_redirects=False)

    assert answer.status_code == 303
    assert re.match(r"/fleet\?", answer.headers["location"])


def test_names_and_details_of_machines_are_text_in_pages(collector: CollectorProcess) -> None:
    script = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    with collector.client("agent", "05984", "pc-x") as agent, collector.client("read") as reader:
        said = report(1, version="<b>1</b>", results=[result(reason="timeout", detail=script, address=script)])
        assert agent.post("/api/v1/reports", content=body(said)).status_code == 200
        pages = [
            reader.get(path, headers={"Accept": "text/html"}).text
            for path in (
                "/",
                "/fleet",
                "/communes/05984",
                "/agents/1",
                "/agents/2",
                f"/fleet?q={script}",
                f"/find?code={script}",
            )
        ]

    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>1" not in page


def test_only_whoever_may_read_the_record_of_deeds_is_led_to_it(collector: CollectorProcess) -> None:
    pages = {}
    for scope in ("read", "admin"):
        with collector.client(scope) as somebody:
            pages[scope] = somebody.get("/fleet", headers={"Accept": "text/html"})

    assert {scope: page.status_code for scope, page in pages.items()} == {"read": 200, "admin": 200}
    assert {scope: '<a href="/audit">' in page.text for scope, page in pages.items()} == {"read": False, "admin": True}


def test_no_cell_of_a_table_is_a_formula(collector: CollectorProcess) -> None:
    store = Store(collector.data)
    for number, text in enumerate(FORMULAS):
        place = ("05985", text + str(number))
        store.write_sync(partial(agents.register, commune=place[0], name=place[1], now=1.0))
    store.close()
    with collector.client("read") as reader:
        table = reader.get("/fleet.csv", params={"place": "05985"}).content.decode("utf-8-sig")
    names = [row[3] for row in list(csv.reader(io.StringIO(table)))[1:]]

    assert len(names) == len(FORMULAS)
    assert all(name.startswith("'") for name in names)
    assert not any(mark in name for name in names for mark in "\r\n")


def test_nothing_others_write_looks_like_a_record_of_the_log(collector: CollectorProcess) -> None:
    with collector.client("agent", "05986", "pc-y") as agent, collector.client("admin") as admin:
        for said in (
            report(1, config=FORGED[:100], version=FORGED[:100]),
            report(2, results=[result(detail=FORGED, address=FORGED)]),
            report(3, boot=FORGED),
        ):
            answer = agent.post("/api/v1/reports", content=body(said, profiles=()))
            assert answer.status_code == 200
        agent.post("/api/v1/reports", content=body(report(4), spool={"rows": FORGED}))
        agent.post("/api/v1/reports", content=b'{"v":1,"profiles":{"' + b"\\n2026" * 9 + b'":{"checks":1}}}')
        wish = {"commune": "05986", "kind": "host", "agent": "pc-y", "why": FORGED}
        assert admin.post("/api/v1/requests", json=wish).status_code in {201, 409}
        admin.get("/fleet", params={"q": FORGED}, headers={"User-Agent": "a\tb", "Referer": "x"})
    for line in (
        b"GET /%0a2026-01-01%2000:00:00,000%20INFO HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET / HTTP/1.1\r\nHost: a%0ab\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: \x1b[2J\xff\r\n",
        b"\x1b[2J\n2026-01-01 00:00:00,000 INFO x: y\r\n",
    ):
        assert all(code < 500 for code in statuses(answers(collector, line + b"Connection: close\r\n\r\n")))

    assert odd_lines(collector) == []
    assert "\x1b" not in collector.log.read_text(encoding="utf-8")
    assert "Traceback" not in collector.log.read_text(encoding="utf-8")
