"""Pages over real HTTP: what the agent reported is what people read."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import GoodbyeReason
from tests.support.collector_process import running_collector
from tests.support.web_collector import COMMUNE, WebCollector, web_collector

DVC = {"dvc": {"phases_ms": {"resolve": 3.1, "tls": 30.2}, "detail": "notAfter 2026-06-25 <script>", "status": 200}}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    with web_collector(tmp_path_factory.mktemp("empty")) as running:
        yield running


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    """Good for a minute, then the line and the service fail."""
    with web_collector(tmp_path_factory.mktemp("reporting")) as running:
        for _ in range(4):
            running.report()
            running.turn_clock(15)
        running.report([("hop", Reason.TIMEOUT), ("dvc", Reason.TLS_EXPIRED)], DVC)
        running.turn_clock(2)
        yield running


def page(collector: WebCollector, address: str, status: int = 200, **headers: str) -> str:
    answer = collector.client.get(address, headers={"Accept": "text/html", **headers}, follow_redirects=True)
    assert answer.status_code == status, answer.text
    return answer.text


def text(html: str) -> str:
    """What stays of a page when its tags go."""
    return " ".join(" ".join(part.partition(">")[2] for part in html.split("<")).split())


def test_the_first_page_shows_a_commune_by_name_and_its_ladder(collector: WebCollector) -> None:
    shown = text(page(collector, "/"))

    assert "Xã Tân Tiến" in shown
    assert "Đường truyền: Mất" in shown
    assert "1 máy" in shown
    assert "liên lạc 2 giây trước" in shown


def test_a_machine_in_no_commune_is_named_so_in_the_pages_language(tmp_path: Path) -> None:
    with running_collector(tmp_path) as nowhere, nowhere.client("read") as reader:
        nowhere.token("agent", "00000", "may-1")
        pages = [reader.get(f"{path}?lang=en").text for path in ("/", "/communes/00000", "/agents/1")]
        name = reader.get("/api/v1/communes/00000").json()["name"]

    assert all("This computer (in no commune)" in page for page in pages)
    assert name == "Máy này (không thuộc xã nào)"


def test_a_sandbox_says_so_on_every_page(collector: WebCollector) -> None:
    for address in ("/", f"/communes/{COMMUNE}", f"/agents/{collector.agent}"):
        assert "Chạy thử Hộp cát: mọi đích là máy giả trên máy này" in text(page(collector, address))


def test_a_rung_without_a_check_is_not_configured_and_not_red(collector: WebCollector) -> None:
    shown = text(page(collector, f"/agents/{collector.agent}"))

    assert "Máy trạm Chưa cấu hình" in shown


def test_an_agents_page_shows_outcome_reason_evidence_and_source(collector: WebCollector) -> None:
    html = page(collector, f"/agents/{collector.agent}")
    shown = text(html)

    assert "Hỏng: chứng thư đã hết hạn" in shown
    assert "đo lúc 12:01:00, 2 giây trước" in shown
    assert "tra tên miền 3,10 ms" in shown
    assert "kiểm tra tại chỗ" in shown
    assert "notAfter 2026-06-25 &lt;script&gt;" in html


def test_a_checks_time_line_shows_the_change(collector: WebCollector) -> None:
    html = page(collector, f"/agents/{collector.agent}")

    assert "Hỏng (chứng thư đã hết hạn), 12:01:00 – 12:01:02, 2 giây" in html
    assert "Tốt, 12:00:00 – 12:01:00, 1 phút" in html
    assert "thiếu số đo 5 giờ 58 phút" in html


def test_a_day_is_shown_when_asked_for(collector: WebCollector) -> None:
    assert "thiếu số đo 23 giờ 58 phút" in page(collector, f"/agents/{collector.agent}?hours=24")


def test_a_communes_page_shows_its_rungs_over_time_and_its_machines(collector: WebCollector) -> None:
    shown = text(page(collector, f"/communes/{COMMUNE}"))

    assert "Xã Tân Tiến" in shown
    assert "Mất từ 12:01:00" in shown
    assert "may-1" in shown


def test_a_report_code_leads_to_its_machine_at_that_moment(tmp_path: Path) -> None:
    with web_collector(tmp_path) as running:
        code = running.report([("hop", Reason.TIMEOUT)])
        running.turn_clock(15)
        running.report()

        shown = text(page(running, f"/find?code={code.lower()[:3]}-{code[3:]}"))

    assert f"Báo cáo {code} được lập lúc 12:00:00." in shown
    assert "Lúc đó: Hỏng (không trả lời)" in shown
    assert "Lúc đó: Tốt" in shown


@pytest.mark.parametrize("code", ["ZZZZZZ", "abc", "<b>abc"])
def test_a_code_that_never_arrived_is_said_plainly(collector: WebCollector, code: str) -> None:
    html = page(collector, f"/find?code={code}", 404)

    assert "Chưa thấy mã" in html
    assert "<b>" not in html


def test_without_any_agent_reporting_the_page_still_stands(empty: WebCollector) -> None:
    shown = text(page(empty, "/"))

    assert "chưa liên lạc lần nào" in shown
    assert "Chưa cấu hình" in shown


def test_without_any_agent_the_first_page_says_what_to_do(tmp_path: Path) -> None:
    with web_collector(tmp_path) as running:
        running.forget_agents()

        shown = text(page(running, "/"))

    assert "Chưa có máy nào được đăng ký." in shown
    assert "sansang-collector join-code" in shown


def test_a_silent_machine_is_shown_as_silent_and_its_results_as_old(tmp_path: Path) -> None:
    with web_collector(tmp_path) as running:
        running.report()
        running.turn_clock(3600)

        shown = text(page(running, f"/agents/{running.agent}"))

    assert "mất liên lạc từ 12:00:00" in shown
    assert "số đo đã cũ" in shown


def test_a_machine_that_said_goodbye_is_not_called_lost(tmp_path: Path) -> None:
    with web_collector(tmp_path) as running:
        running.report(goodbye=GoodbyeReason.SHUTDOWN)
        running.turn_clock(3600)

        shown = [text(page(running, address)) for address in ("/", f"/communes/{COMMUNE}", f"/agents/{running.agent}")]

    assert "1 máy , 1 tắt đúng dự kiến" in shown[0].replace("máy,", "máy ,")
    assert all("máy tắt lúc 12:00:00, có báo trước" in each for each in shown[1:])
    assert not any("mất liên lạc" in each for each in shown)


def test_english_is_kept_once_asked_for(collector: WebCollector) -> None:
    with httpx.Client(base_url=collector.url, headers=dict(collector.client.headers)) as client:
        assert '<html lang="vi">' in client.get("/", headers={"Accept-Language": "en"}).text
        assert '<html lang="en">' in client.get("/?lang=en").text
        again = client.get("/").text

    assert '<html lang="en">' in again
    assert "Down" in again


def test_an_unknown_language_is_vietnamese(collector: WebCollector) -> None:
    assert '<html lang="vi">' in page(collector, "/?lang=xx")


@pytest.mark.parametrize("address", ["/communes/99999", "/agents/4711", "/nowhere"])
def test_what_is_not_there_is_a_page_for_a_browser(collector: WebCollector, address: str) -> None:
    assert "Lỗi 404" in page(collector, address, 404)


@pytest.mark.parametrize("address", ["/agents/x", "/agents/1?hours=0", "/agents/1?at=nan", "/?offset=-1"])
def test_an_address_that_cannot_be_is_refused(collector: WebCollector, address: str) -> None:
    assert "Máy chủ không hiểu địa chỉ này." in page(collector, address, 422)


@pytest.mark.parametrize("address", ["/", "/communes/06019", "/agents/1", "/find?code=ABCDEF", "/api/v1/communes"])
def test_nothing_is_shown_without_a_credential(collector: WebCollector, address: str) -> None:
    assert httpx.get(collector.url + address).status_code == 401


def test_pages_run_only_our_own_files_and_are_not_kept(collector: WebCollector) -> None:
    headers = collector.client.get("/").headers

    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_hold_no_inline_style_or_script(collector: WebCollector) -> None:
    html = page(collector, f"/agents/{collector.agent}")

    assert " style=" not in html
    assert "<style" not in html
    assert "<script defer src=" in html
    assert html.count("<script") == html.count("<script defer src=")


def test_static_files_are_kept_by_their_content(collector: WebCollector) -> None:
    address = page(collector, "/").partition('rel="stylesheet" href="')[2].partition('"')[0]

    answer = httpx.get(collector.url + address)

    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]


def test_nothing_but_static_files_is_served_as_one(collector: WebCollector) -> None:
    assert httpx.get(collector.url + "/static/..%2fpages.py").status_code == 404
