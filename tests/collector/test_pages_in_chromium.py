"""The pages in a real browser: they fit a phone, are accessible, stay true without a reload, and make no noise.

Pictures of every page (wide, phone, dark, paper) go to the folder named by SANSANG_PICTURES, where that is set.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sansang_agent.contract.outcome import Reason
from tests.support.province import province
from tests.support.web_collector import COMMUNE, Evidence, WebCollector, web_collector

pytestmark = pytest.mark.needs("chromium")

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
VIEWS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "paper": {"viewport": {"width": 794, "height": 1123}},
}
PAGES = {
    "communes": "/",
    "fleet": "/fleet",
    "blind-spots": "/fleet/blind-spots",
    "commune": f"/communes/{COMMUNE}",
    "agent": "/agents/1?hours=24",
    "no-code": "/find?code=x",
}


CONFIRM = "/fleet/confirm?deed=retire&id=2&id=3"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only where chromium is

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    """Good, then a line that fails, a hole, and half the ladder failing."""
    evidence: Evidence = {
        "gw": {"rtt_ms": (0.41, 0.52, 0.6, 0.71), "sent": 5, "lost": 0, "fallback": "tcp"},
        "dvc": {"phases_ms": {"resolve": 3.1, "connect": 12.0, "tls": 30.2}, "detail": "notAfter 2026-06-25"},
    }
    with web_collector(tmp_path_factory.mktemp("browser")) as running:
        for failing in ([], [], [("hop", Reason.TIMEOUT)], []):
            running.report(failing, evidence)
            running.turn_clock(15)
        running.turn_clock(3 * 3600)
        running.report([("out", Reason.NO_PERMISSION), ("dvc", Reason.TLS_EXPIRED)], evidence)
        yield running


@pytest.fixture
def page(browser: Any, collector: WebCollector) -> Iterator[Any]:
    with opened(browser, collector, VIEWS["wide"]) as found:
        yield found


class opened:  # noqa: N801  # reads as a verb in a with statement
    """A page with a credential, whose every complaint fails the test, but for the one that the test provokes."""

    def __init__(  # a test names what it needs
        self,
        browser: Any,
        collector: WebCollector,
        view: dict[str, Any],
        provoked: str = "\0",
        secret: str = "",
    ) -> None:
        self.context = browser.new_context(
            **view,
            base_url=collector.url,
            locale="vi-VN",
            extra_http_headers={"Authorization": f"Bearer {secret or collector.read_secret}"},
        )
        self.complaints: list[str] = []
        self._provoked = provoked

    def __enter__(self) -> Any:
        page = self.context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def __exit__(self, kind: object, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert [complaint for complaint in self.complaints if self._provoked not in complaint] == []


def picture(page: Any, name: str) -> None:
    """Keep one where somebody wants to look: making it takes as long as the page does."""
    folder = os.environ.get("SANSANG_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("view", VIEWS)
def test_every_page_fits_and_has_no_barrier(browser: Any, collector: WebCollector, view: str) -> None:
    from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # noqa: PLC0415  # as above
        Axe,
    )

    screen = opened(browser, collector, VIEWS[view])
    with screen as page:
        for name, address in PAGES.items():
            page.emulate_media(media="print" if view == "paper" else "screen")
            page.goto(address)
            picture(page, f"{name}-{view}")
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

            assert too_wide <= 0, name
            if view != "paper":
                found = Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
        screen.complaints[:] = [each for each in screen.complaints if "404" not in each]  # the page of an unknown code


def test_a_failure_appears_without_a_reload_and_focus_stays(browser: Any, tmp_path: Path) -> None:
    with web_collector(tmp_path) as running:
        running.report()
        with opened(browser, running, VIEWS["wide"]) as page:
            page.goto("/")
            page.evaluate("window.sameDocument = true")
            page.locator(f"#commune-{COMMUNE}").focus()
            running.turn_clock(15)
            running.report([("hop", Reason.TIMEOUT)])

            page.locator(".tile.failed").wait_for()

            assert page.evaluate("window.sameDocument")
            assert page.evaluate("document.activeElement.id") == f"commune-{COMMUNE}"


def test_a_lost_server_is_said_and_forgotten_when_it_is_back(browser: Any, collector: WebCollector) -> None:
    with opened(browser, collector, VIEWS["wide"], provoked="ERR_INTERNET_DISCONNECTED") as page:
        page.clock.install()
        page.goto("/")
        page.wait_for_function("() => document.querySelector('#offline').hidden")
        page.context.set_offline(True)
        page.evaluate("stream.dispatchEvent(new Event('error'))")
        page.clock.run_for(5000)

        page.locator("#offline").wait_for(state="visible")
        assert "Mất kết nối với máy chủ" in page.locator("#offline").inner_text()

        page.context.set_offline(False)
        page.evaluate("stream.dispatchEvent(new Event('open'))")
        page.locator("#offline").wait_for(state="hidden")


def test_a_stretch_of_a_time_line_is_read_with_the_keyboard(page: Any) -> None:
    page.goto("/agents/1?hours=6")
    stretch = page.locator("#strip-dvc-1782460860, .stretch.failed").first

    stretch.focus()

    assert "Hỏng" in stretch.locator("xpath=ancestor::figure").locator(".picked").inner_text()


def test_the_first_tab_leads_past_the_header(page: Any) -> None:
    page.goto("/")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"


def test_a_province_fits_every_screen_and_has_no_barrier(browser: Any, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  # as above

    with province(tmp_path, each=1) as running:
        for width in (320, 768, 1920):
            view = {"viewport": {"width": width, "height": 800}}
            with opened(browser, running, view, secret=running.token("admin")) as page:
                for address in ("/", "/fleet", "/fleet/blind-spots", "/communes/06286", CONFIRM):
                    page.goto(address)
                    picture(
                        page, f"province-{address.strip('/').partition('?')[0].replace('/', '-') or 'wall'}-{width}"
                    )

                    assert page.evaluate("document.documentElement.scrollWidth") <= width, address
                    if width != 768:  # which has nothing that neither of the others has
                        found = Axe().run(page)
                        assert found.violations_count == 0, f"{address}: {found.generate_report()}"


def test_the_wall_narrows_while_somebody_types_and_stays_so_when_it_renews(browser: Any, tmp_path: Path) -> None:
    with province(tmp_path, each=1) as running, opened(browser, running, VIEWS["wide"]) as page:
        page.goto("/")
        page.locator("#q").press_sequentially("Khánh Khê")
        assert page.locator(".tile:visible").count() == 1

        page.evaluate("refresh()")
        assert page.locator(".tile:visible").count() == 1
        assert page.evaluate("document.activeElement.value") == "Khánh Khê"
        assert page.url.endswith("/?q=Kh%C3%A1nh+Kh%C3%AA")

        page.locator("#q").fill("")
        page.evaluate("refresh()")
        page.wait_for_function("() => document.querySelectorAll('.tile:not([hidden])').length === 65")


def test_an_admin_ticks_a_page_confirms_and_the_ticks_outlive_a_renewal(browser: Any, tmp_path: Path) -> None:
    with province(tmp_path, each=1) as running:
        context = browser.new_context(**VIEWS["wide"], base_url=running.url, locale="vi-VN")
        page = context.new_page()
        page.goto(f"/login/{running.link('admin')}")
        page.goto("/fleet?state=goodbye")
        ticked = page.locator("tbody input:checked")
        page.locator("#tick-all").check()
        page.evaluate("refresh()")
        number = ticked.count()
        page.get_by_role("button", name="Cho nghỉ").click()
        page.get_by_role("button", name="Đồng ý, thực hiện").click()
        page.wait_for_url("**/fleet?**done=*")

        assert number > 0
        assert f"Đã thay đổi {number} máy." in page.locator("main").inner_text()
        context.close()


def test_a_code_typed_into_the_search_box_leads_to_the_machine(page: Any, collector: WebCollector) -> None:
    code = collector.newest_code
    page.goto("/")
    page.locator("#code").fill(code.lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/agents/**")

    assert f"Báo cáo {code}" in page.locator("main").inner_text()
