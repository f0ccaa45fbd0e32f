"""Joining in a real browser: a code is made, shown and withdrawn, a machine that waits is let in; without barriers."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.collector.test_join_codes import WRITTEN
from tests.collector.test_pages_in_chromium import VIEWS, browser, picture
from tests.support.joining import ask, new_claim
from tests.support.province import province
from tests.support.web_collector import WebCollector

__all__ = ["browser"]

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    with province(tmp_path_factory.mktemp("province"), 1) as started:
        yield started


def fits_without_barrier(page: Any, name: str) -> None:
    from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # noqa: PLC0415  # where it is
        Axe,
    )

    picture(page, name)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, name
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("view", ["wide", "phone", "dark"])
def test_an_admin_makes_a_code_withdraws_it_and_lets_a_machine_in(
    browser: Any,  # pytest's way to name a fixture
    running: WebCollector,
    view: str,
) -> None:
    claim = new_claim()
    complaints: list[str] = []
    context = browser.new_context(**VIEWS[view], base_url=running.url, locale="vi-VN")
    with httpx.Client(base_url=running.url, timeout=20) as client:
        word = ask(client, claim, "QUAY-TIEP-DAN").json()["word"]
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"/login/{running.link('admin')}")

        page.goto("/fleet/join")
        fits_without_barrier(page, f"join-{view}")
        page.locator("#join-commune").select_option("06286")
        page.get_by_role("button", name="Tạo mã").click()
        (code,) = set(WRITTEN.findall(page.locator("main").inner_text()))
        side = page.locator("svg.qr").bounding_box()["width"]
        fits_without_barrier(page, f"join-made-{view}")
        page.goto("/fleet/join")
        fits_without_barrier(page, f"join-live-{view}")
        page.get_by_role("button", name=f"Thu hồi {code[:3]}").click()

        page.goto("/fleet")
        fits_without_barrier(page, f"waiting-{view}")
        page.get_by_role("checkbox", name=word).check()
        page.evaluate("refresh()")
        page.locator("#waiting-commune").select_option("06286")
        page.get_by_role("button", name="Cho vào").click()
        fits_without_barrier(page, f"waiting-confirm-{view}")
        page.get_by_role("button", name="Đồng ý, thực hiện").click()
        page.wait_for_url("**/fleet?decided=1")
        let_in = ask(client, claim)

    context.close()
    assert 150 < side < 250
    assert let_in.json()["commune"] == "06286"
    assert complaints == []
