"""The collector speaks TLS itself: to those who trust its authority, with a deadline, and renewed while it runs."""

import hashlib
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sansang_collector.settings import CollectorSettings
from sansang_collector.tls import accepting, own
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.reports import body, report
from tests.support.serving import serving


def shaken(port: int, trust: ssl.SSLContext) -> ssl.SSLSocket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    try:
        return trust.wrap_socket(connection, server_hostname="localhost")
    except BaseException:
        connection.close()
        raise


def trusting(data: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(own.files_in(data).ca))


def shown(port: int, trust: ssl.SSLContext) -> str:
    """SHA-256 of the certificate served."""
    with shaken(port, trust) as connection:
        return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    config = tmp_path_factory.mktemp("tls") / "collector.yml"
    config.write_text("tls: own\nhosts: [sansang.example]\n", encoding="utf-8")
    with running_collector(config.parent / "data", config) as started:
        yield started


def test_reports_pages_and_metrics_come_over_tls(collector: CollectorProcess) -> None:
    assert collector.url.startswith("https://127.0.0.1:")
    with collector.client("agent", "05983", "pc-1") as agent:
        assert agent.post("/api/v1/reports", content=body(report(1))).json()["stored"]
    with collector.client("read") as reader:
        page = reader.get("/", headers={"Accept": "text/html"})
        assert (page.status_code, "strict-transport-security" in page.headers) == (200, False)
    with collector.client("metrics") as scraper:
        ends = re.findall(
            r"(?m)^sansang_collector_certificate_expiry_timestamp_seconds (\S+)$", scraper.get("/metrics").text
        )
        (group,) = scraper.get("/api/v1/sd").json()
    assert [396 * 86_400 < end - time.time() < 398 * 86_400 for end in map(float, ends)] == [True]
    assert group["labels"]["__scheme__"] == "https"


def test_a_session_opened_over_tls_is_for_tls_only(collector: CollectorProcess) -> None:
    link = collector.run("link", "--data", str(collector.data), "--url", collector.url)
    with collector.client() as browser:
        cookies = browser.get(link).headers.get_list("set-cookie")

    (session,) = [cookie for cookie in cookies if cookie.startswith("__Host-sansang_session=")]
    assert "; Secure" in session


def test_who_does_not_trust_the_authority_sends_nothing(collector: CollectorProcess) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(collector.port, ssl.create_default_context())
    with httpx.Client(base_url=collector.url, timeout=20) as client, pytest.raises(httpx.ConnectError):
        client.get("/-/healthy")


def test_old_versions_of_tls_are_not_spoken(collector: CollectorProcess) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with shaken(collector.port, old) as connection:
        assert connection.version() == "TLSv1.2"
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        shaken(collector.port, old)


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"a" * 500])
def test_whatever_is_no_tls_is_closed_at_once(collector: CollectorProcess, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", collector.port), timeout=20) as connection:
        connection.sendall(said)
        answer = b""
        try:
            while piece := connection.recv(4096):
                answer += piece
        except ConnectionResetError:
            pass
    assert b"HTTP/" not in answer
    with collector.client() as client:
        assert client.get("/-/healthy").status_code == 200


def test_it_says_where_it_is_and_stops_as_asked(tmp_path: Path) -> None:
    config = tmp_path / "collector.yml"
    config.write_text("tls: own\n", encoding="utf-8")
    with running_collector(tmp_path / "data", config) as collector:
        with socket.create_connection(("127.0.0.1", collector.port)), shaken(collector.port, collector.trust()):
            assert collector.stop() == 0
        log = collector.log.read_text(encoding="utf-8")

    assert f"ready on {collector.url}" in log
    assert "Traceback" not in log


def test_a_lost_authority_is_a_sentence_and_no_collector(tmp_path: Path) -> None:
    config = tmp_path / "collector.yml"
    config.write_text("tls: own\n", encoding="utf-8")
    with running_collector(tmp_path / "data", config):
        pass
    own.files_in(tmp_path / "data").ca.unlink()

    with pytest.raises(RuntimeError, match=r"ca\.pem\. .*every machine has to be enrolled again") as raised:
        CollectorProcess(tmp_path / "data", config)
    assert "Traceback" not in str(raised.value)


def test_a_certificate_is_renewed_while_connections_stay(tmp_path: Path) -> None:
    now = [time.time() - 300 * 86_400]
    settings = CollectorSettings(data_dir=str(tmp_path), tls="own")
    with serving(settings, now) as (application, port):
        trust = trusting(tmp_path)
        first = shown(port, trust)
        assert application.collector.tls_identity.certificate_sha256 == first
        assert application.collector.tls_identity.ca_pem == own.files_in(tmp_path).ca.read_text(encoding="ascii")
        with shaken(port, trust) as old:
            now[0] += 300 * 86_400
            assert application.reload("test") == ""
            second = shown(port, trust)
            old.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert old.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert second != first
        assert application.collector.tls_identity.certificate_sha256 == second


def test_files_that_changed_are_served_after_a_reload_and_bad_ones_are_not(tmp_path: Path) -> None:
    now = [time.time()]
    at = own.files_in(tmp_path)
    own.prepare(at, frozenset({"localhost"}), now[0])
    settings = CollectorSettings(
        data_dir=str(tmp_path / "data"),
        tls="files",
        tls_certificate=str(at.certificate),
        tls_key=str(at.key),
        tls_ca=str(at.ca),
    )
    with serving(settings, now) as (application, port):
        trust = trusting(tmp_path)
        first = shown(port, trust)
        own.prepare(at, frozenset({"localhost", "new.example"}), now[0])
        assert shown(port, trust) == first
        assert application.reload("test") == ""
        second = shown(port, trust)
        assert second != first
        at.key.write_bytes(b"")
        assert application.reload("test") == f"{at.key} holds no PEM private key"
        assert shown(port, trust) == second
        assert application.collector.tls_identity.certificate_sha256 == second
        assert application.collector.tls_identity.ca_pem == at.ca.read_text(encoding="ascii")


def test_a_handshake_that_does_not_come_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "HANDSHAKE_SECONDS", 0.2)
    with serving(CollectorSettings(data_dir=str(tmp_path), tls="own"), [time.time()]) as (application, port):
        for said in (b"", b"\x16\x03\x01\x02\x00\x01"):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(said)
                assert connection.recv(10) == b""
        until(lambda: len(application.entrance.connections) == 0)


def test_connections_count_before_their_handshake_and_the_oldest_makes_room(tmp_path: Path) -> None:
    settings = CollectorSettings(data_dir=str(tmp_path), tls="own", connections=100)
    with serving(settings, [time.time()]) as (application, port):
        silent = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(100)]
        until(lambda: len(application.entrance.connections) == 100)
        with shaken(port, trusting(tmp_path)) as newcomer:
            newcomer.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert newcomer.recv(4096).startswith(b"HTTP/1.1 200 ")
            assert len(application.entrance.connections) == 100
            assert silent[0].recv(10) == b""
        for each in silent:
            each.close()
        until(lambda: len(application.entrance.connections) == 0)
