"""The shipped configurations of proxies: a real nginx before a real collector, and Caddy's as far as its text goes."""

import re
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from sansang_collector.client_address import Scope
from sansang_collector.entrance import Entrance
from sansang_collector.settings import CollectorSettings
from sansang_collector.tls import own
from tests.alerts.documents import ROOT
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.forms import signed
from tests.support.nginx import SHIPPED, nginx
from tests.support.reports import body, report, result
from tests.support.serving import serving

CADDY = (ROOT / "deploy" / "caddy" / "Caddyfile").read_text(encoding="utf-8")
NGINX = SHIPPED.read_text(encoding="utf-8")
ELSEWHERE = "127.0.0.2"
"""An address of this machine that is not the proxy's."""


class Behind(NamedTuple):
    collector: CollectorProcess
    url: str
    trust: ssl.SSLContext

    def client(self, *scope: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.collector.token(*scope)}"} if scope else {}
        return httpx.Client(base_url=self.url, headers=headers, verify=self.trust, timeout=20)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("proxied")
    at = own.files_in(folder)
    own.prepare(at, frozenset({"127.0.0.1", "sansang.example.org"}), time.time())
    config = folder / "collector.yml"
    config.write_text("listen: 127.0.0.1:9640\nproxies: [127.0.0.1]\n", encoding="utf-8")
    trust = ssl.create_default_context(cafile=str(at.ca))
    with (
        running_collector(folder / "data", config) as collector,
        nginx(folder / "nginx", collector.port, at.certificate, at.key) as port,
    ):
        yield Behind(collector, f"https://127.0.0.1:{port}", trust)


@pytest.mark.needs("nginx")
def test_reports_and_pages_pass(behind: Behind) -> None:
    with behind.client("agent", "05983", "pc-1") as agent:
        assert agent.post("/api/v1/reports", content=body(report(1))).json()["stored"]
    with behind.client("read") as reader:
        page = reader.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    assert "default-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.needs("nginx")
def test_a_link_opens_a_session_for_tls_only_and_forms_are_known_as_our_own(behind: Behind) -> None:
    link = behind.collector.run("link", "--admin", "--data", str(behind.collector.data), "--url", behind.url)
    with behind.client() as browser:
        cookies = browser.get(link).headers.get_list("set-cookie")
        forms = {"Origin": behind.url, "Content-Type": "application/x-www-form-urlencoded"}
        own_page = browser.post("/fleet/deeds", headers=forms, data=signed(browser, {}))
        unsigned = browser.post("/fleet/deeds", headers=forms, content="")
        elsewhere = forms | {"Origin": "https://other.example"}
        other_page = browser.post("/fleet/deeds", headers=elsewhere, data=signed(browser, {}))
    assert len(cookies) == 2
    assert all("; Secure" in cookie and "HttpOnly" in cookie for cookie in cookies)
    assert (own_page.status_code, unsigned.status_code, other_page.status_code) == (422, 403, 403)


@pytest.mark.needs("nginx")
def test_what_is_too_long_is_refused_before_the_collector(behind: Behind) -> None:
    with behind.client("agent", "05983", "pc-2") as agent:
        assert agent.post("/api/v1/reports", content=b" " * 1_048_576).status_code == 400
        assert agent.post("/api/v1/reports", content=b" " * 1_048_577).status_code == 413


@pytest.mark.needs("nginx")
def test_events_come_one_by_one(behind: Behind) -> None:
    gateway = report(1, results=[result("gw")])
    with (
        behind.client("agent", "05983", "pc-3") as agent,
        behind.client("read") as reader,
        reader.stream("GET", "/api/v1/stream") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        next(lines)
        agent.post("/api/v1/reports", content=body(gateway)).raise_for_status()
        found = next(line for line in lines if (line.startswith("data:") and "pc-3" in line) or "05983" in line)
    assert '"05983"' in found


@pytest.mark.needs("nginx", "linux")
def test_a_client_has_its_own_address_and_cannot_claim_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    look = Entrance.seen

    def noted(self: Entrance, scope: Scope) -> Scope:
        found = look(self, scope)
        seen.append((found["client"][0], found["scheme"]))
        return found

    monkeypatch.setattr(Entrance, "seen", noted)
    at = own.files_in(tmp_path)
    own.prepare(at, frozenset({"127.0.0.1"}), time.time())
    settings = CollectorSettings(data_dir=str(tmp_path / "data"), proxies=("127.0.0.1",))
    trust = ssl.create_default_context(cafile=str(at.ca))
    claims = {"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "gopher", "Forwarded": "for=198.51.100.2"}
    with (
        serving(settings, [time.time()]) as (_, port),
        nginx(tmp_path / "nginx", port, at.certificate, at.key) as proxy,
        httpx.Client(transport=httpx.HTTPTransport(verify=trust, local_address=ELSEWHERE)) as client,
    ):
        for headers in ({}, claims):
            client.get(f"https://127.0.0.1:{proxy}/-/healthy", headers=headers).raise_for_status()
        direct = httpx.HTTPTransport(local_address=ELSEWHERE)
        with httpx.Client(transport=direct) as passing_by:
            passing_by.get(f"http://127.0.0.1:{port}/-/healthy", headers=claims).raise_for_status()

    assert seen == [(ELSEWHERE, "https"), (ELSEWHERE, "https"), (ELSEWHERE, "http")]


@pytest.mark.parametrize("text", [NGINX, CADDY], ids=["nginx", "caddy"])
def test_either_sets_hsts_drops_forwarded_and_talks_to_the_collectors_default_address(text: str) -> None:
    assert 'Strict-Transport-Security "max-age=31536000"' in text
    assert CollectorSettings().listen in text
    assert re.search(r'proxy_set_header Forwarded +"";|header_up -Forwarded', text)
    assert not re.search(r"\$proxy_add_x_forwarded_for", text)


def test_caddys_braces_are_balanced_and_events_are_not_held_back() -> None:
    code = re.sub(r"#.*", "", CADDY)

    assert code.count("{") == code.count("}") == 4
    assert "flush_interval -1" in code
