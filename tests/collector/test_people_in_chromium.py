"""Logging in, one's account and /people in a real browser: they fit a phone, have no barrier, and need no script."""

from collections.abc import Iterator
from typing import Any

import pytest

from sansang_collector import people
from sansang_collector.rights import Held
from tests.collector.test_pages_in_chromium import ARGUMENTS, VIEWS, picture
from tests.support.accounts import ADMIN, PASSWORD, add_person, deeds, forget_people
from tests.support.web_collector import COMMUNE, WebCollector, web_collector

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only where chromium is

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    with web_collector(tmp_path_factory.mktemp("people")) as running:
        running.report()
        yield running


@pytest.fixture
def running(shared: WebCollector) -> WebCollector:
    forget_people(shared)
    add_person(shared, "quản-trị", ADMIN)
    return shared


def opened(browser: Any, running: WebCollector, view: str = "wide", **more: Any) -> Any:
    return browser.new_context(**VIEWS[view], base_url=running.url, locale="vi-VN", **more)


def log_in(page: Any, name: str = "quản-trị", password: str = PASSWORD) -> None:
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main form button")


@pytest.mark.parametrize("view", ["phone", "dark", "wide"])
def test_every_page_about_people_fits_and_has_no_barrier(browser: Any, running: WebCollector, view: str) -> None:
    from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # noqa: PLC0415  # as above
        Axe,
    )

    person = add_person(running, "nguyễn.thị.một.cái.tên.rất.dài", [Held("commune", COMMUNE), Held("viewer", "05983")])
    with opened(browser, running, view) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))

        def fits(name: str) -> None:
            picture(page, f"{name}-{view}")
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, (
                name
            )
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()

        page.goto("/people")
        fits("not-signed-in")
        log_in(page, password="sai mật khẩu rồi")
        fits("login-wrong")
        log_in(page)
        page.wait_for_url("**/people")
        own = running.read_ledger(lambda it: people.find(it, "quản-trị"))
        assert own
        for name, address in (
            ("people", "/people"),
            ("person", f"/people/{person}"),
            ("own-person", f"/people/{own.id}"),
            ("person-confirm", f"/people/{person}/confirm?deed=withdraw&role=commune&commune={COMMUNE}"),
            ("account", "/account?done=1"),
            ("communes", "/"),
            ("fleet", "/fleet"),
        ):
            page.goto(address)
            fits(name)
        page.goto(f"/people/{person}/confirm?deed=password")
        page.click("main form button")
        page.wait_for_selector("main code")
        fits("start-password")
        assert [text for text in complaints if "401" not in text] == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_person_is_let_in_works_and_leaves(browser: Any, running: WebCollector, scripts: bool) -> None:
    with opened(browser, running, java_script_enabled=scripts) as context:
        page = context.new_page()
        page.goto("/fleet?state=silent")
        log_in(page)
        assert page.url == f"{running.url}/fleet?state=silent"
        page.click("nav.places >> text=Người dùng")
        page.fill("main #name", "Lò.Văn.Bình")
        page.select_option("#role", "technician")
        page.check("#where-everywhere")
        page.click("main form button")
        password = page.inner_text("main code")
        page.click("header >> text=Đăng xuất")
        assert page.url == f"{running.url}/login"
        page.goto("/")
        log_in(page, "lò.văn.bình", password)
        assert page.inner_text("header .leave a") == "lò.văn.bình"
        assert page.locator("nav.places >> text=Người dùng").count() == 0
        page.click("header .leave a")
        page.fill("#password", password)
        page.fill("#new", "mật khẩu do tôi đặt")
        page.fill("#again", "mật khẩu do tôi đặt")
        page.click("main form button")
        assert "Đã đổi mật khẩu" in page.inner_text("main")

    assert [who for who, _, _ in deeds(running, "password")] == ["lò.văn.bình"]


def _answers(html: str) -> Any:
    return lambda route: route.fulfill(content_type="text/html", body=html)


def test_a_form_on_another_site_brings_nothing_about(browser: Any, running: WebCollector) -> None:
    """A page of localhost, which is another site than 127.0.0.1, posts to the collector with the browser's cookies."""
    person = add_person(running, "an")
    elsewhere = running.url.replace("127.0.0.1", "localhost")
    with opened(browser, running) as context:
        page = context.new_page()
        page.goto("/people")
        log_in(page)
        page.wait_for_url("**/people")
        for address, fields in (
            ("/logout", {}),
            (f"/people/{person}/deeds", {"deed": "disable"}),
            ("/login", {"name": "an", "password": PASSWORD}),
        ):
            inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
            attack = f'<form method="post" action="{running.url}{address}">{inputs}<button>x</button></form>'
            context.route(f"{elsewhere}/attack", _answers(attack))
            page.goto(f"{elsewhere}/attack")
            with page.expect_response(f"{running.url}{address}") as answer:
                page.click("button")
            assert answer.value.status == 403, address
        page.goto("/account")
        assert page.inner_text("header .leave a") == "quản-trị"

    account = running.read_ledger(lambda it: people.get(it, person))
    assert account
    assert account.disabled_at is None
