"""Incidents and planned work in a real browser: they fit a phone, have no barrier, stay true, keep what is typed."""

from collections.abc import Iterator
from typing import Any

import pytest

from sansang_collector.incidents import deeds
from sansang_collector.incidents.deeds import By
from sansang_collector.rights import EVERYWHERE, Held
from tests.collector.test_pages_in_chromium import ARGUMENTS, VIEWS, picture
from tests.support.accounts import PASSWORD, add_person, make_cheap
from tests.support.incidents import KHANH_KHE
from tests.support.troubled import Trouble, troubled

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only where chromium is

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trouble]:
    with troubled(tmp_path_factory.mktemp("trouble")) as found:
        make_cheap(found.running)
        add_person(found.running, "lan", [Held("technician", EVERYWHERE)])
        yield found


@pytest.fixture(scope="module")
def signed_in(browser: Any, trouble: Trouble) -> Any:
    """What a browser keeps of a session, so that each view need not log in."""
    with browser.new_context(base_url=trouble.running.url, locale="vi-VN") as context:
        page = context.new_page()
        page.goto("/login?next=/incidents")
        page.fill("#name", "lan")
        page.fill("#password", PASSWORD)
        page.click("main form button")
        page.wait_for_url("**/incidents")
        return context.storage_state()


def opened(browser: Any, trouble: Trouble, signed_in: Any, view: str = "wide") -> Any:
    return browser.new_context(**VIEWS[view], base_url=trouble.running.url, locale="vi-VN", storage_state=signed_in)


@pytest.mark.parametrize("view", ["phone", "dark"])
def test_every_page_of_incidents_fits_and_has_no_barrier(
    browser: Any, trouble: Trouble, signed_in: Any, view: str
) -> None:
    from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # noqa: PLC0415  # as above
        Axe,
    )

    pages = {
        "incidents": "/incidents",
        "incident": f"/incidents/{trouble.dark}",
        "maintenance": "/maintenance",
        "wall-with-causes": "/",
        "commune-with-causes": f"/communes/{KHANH_KHE}",
    }
    with opened(browser, trouble, signed_in, view) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        for name, address in pages.items():
            page.goto(address)
            picture(page, f"{name}-{view}")
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, (
                name
            )
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
        assert complaints == []


def test_an_incident_is_acknowledged_with_one_tap_and_noted(browser: Any, trouble: Trouble, signed_in: Any) -> None:
    with opened(browser, trouble, signed_in, "phone") as context:
        page = context.new_page()
        page.goto("/incidents")
        page.click(f"#incident-{trouble.lossy}")
        page.click("text=Nhận xử lý: tôi đang làm")
        page.wait_for_selector(".facts >> text=lan")
        page.fill("#note-text", "đang thay bộ chuyển mạch")
        page.click("button[value=note]")
        page.wait_for_selector(".story >> text=đang thay bộ chuyển mạch")
        assert page.locator("button[value=acknowledge]").count() == 0


def test_a_page_shows_what_others_do_and_keeps_what_is_being_typed(
    browser: Any, trouble: Trouble, signed_in: Any
) -> None:
    with opened(browser, trouble, signed_in) as context:
        page = context.new_page()
        page.goto(f"/incidents/{trouble.ring}")
        page.click("summary")
        page.fill("#resolve-why", "đã hàn xong")
        page.focus("#note-text")
        page.keyboard.type("đang đi")
        collector = trouble.running.app.collector

        trouble.running.write_ledger(lambda it: deeds.note(it, trouble.ring, "trạm báo", By("an", collector.now())))

        page.wait_for_selector(".story >> text=trạm báo", timeout=30_000)
        assert page.input_value("#resolve-why") == "đã hàn xong"
        assert page.input_value("#note-text") == "đang đi"
        assert page.evaluate("document.activeElement.id") == "note-text"
        assert page.is_visible("#resolve-why")


def test_what_is_being_tapped_is_not_taken_away_under_the_finger(
    browser: Any, trouble: Trouble, signed_in: Any
) -> None:
    with opened(browser, trouble, signed_in, "phone") as context:
        page, link = context.new_page(), f"#incident-{trouble.dark}"
        page.goto("/incidents")
        page.wait_for_timeout(1_500)  # the refresh that follows the opening of the stream
        page.hover(link)
        page.mouse.down()
        with page.expect_response("**/incidents"):
            page.evaluate("soon()")
        page.wait_for_timeout(300)
        page.mouse.up()
        page.wait_for_url(f"**/incidents/{trouble.dark}")
