"""A link shows an alert to whoever opens it, and only the button on its page acknowledges."""

import asyncio
from html import unescape
from pathlib import Path

import pytest

from sansang_alerts import alert_rows
from sansang_alerts.fault import Happening
from sansang_alerts.links import LIFE_S, Links
from sansang_alerts.opening import Opened
from tests.alerts.desks import settings
from tests.alerts.web.visiting import LINKS, RING, House


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """One engine is enough for what no query tells apart."""
    return tmp_path / "alerts.db"


@pytest.fixture
def house(ledger: Opened) -> House:
    return House(ledger, settings())


def taken_by(house: House) -> str:
    with house.ledger.read() as connection:
        found = alert_rows.of_fault(connection, RING)
    assert found is not None
    return found.standing.acknowledged_by


async def test_the_link_of_a_message_shows_what_is_broken_and_a_button(house: House) -> None:
    await house.open()
    body = house.channels["mail"].got[0].body
    link = next(word for word in body.split() if word.startswith("https://"))

    page = await house.visitor.get(link)

    assert page.status_code == 200
    assert "Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ 08:14" in unescape(page.text)
    assert "<button>" in page.text
    assert "script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"


async def test_who_only_looks_changes_nothing(house: House) -> None:
    await house.open()
    link = house.link()

    for _ in range(3):
        await house.visitor.head(link)
        await house.visitor.get(link)
        await house.visitor.get(link, headers={"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender"})
        await house.visitor.get(link, headers={"User-Agent": "Zalo link preview"})
        await house.visitor.request("OPTIONS", link)
    assert (await house.visitor.head(link)).status_code == 200
    assert taken_by(house) == ""
    assert house.nudged == 0


async def test_the_button_acknowledges_and_says_so(house: House) -> None:
    await house.open()

    pressed = await house.press(house.link())
    page = await house.visitor.get(pressed.headers["location"])

    assert pressed.status_code == 303
    assert taken_by(house) == "a"
    assert house.nudged == 1
    assert "Anh/chị đã nhận xử lý lúc 08:14" in page.text
    assert "<button>" not in page.text


async def test_a_link_that_is_replayed_says_who_has_it(house: House) -> None:
    await house.open()
    mine, theirs = house.link("a"), house.link("b")
    held = LINKS.read(RING.code, mine.partition("?t=")[2])
    assert held is not None

    await house.press(theirs)
    again = await house.visitor.post(mine, data={"form": LINKS.form(held)})
    page = await house.visitor.get(again.headers["location"])

    assert taken_by(house) == "b"
    assert "Trực B đã nhận xử lý lúc 08:14" in page.text


async def test_of_two_at_once_one_has_it(house: House) -> None:
    await house.open()

    await asyncio.gather(house.press(house.link("a")), house.press(house.link("b")))
    pages = [(await house.visitor.get(house.link(who))).text for who in ("a", "b")]

    winner = taken_by(house)
    assert sum("Anh/chị đã nhận" in page for page in pages) == 1
    assert f"Trực {winner.upper()} đã nhận" in pages["ba".index(winner)]


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
async def test_another_sites_form_is_not_taken(house: House, headers: dict[str, str]) -> None:
    await house.open()

    pressed = await house.press(house.link(), **headers)

    assert (pressed.status_code, taken_by(house)) == (403, "")


@pytest.mark.parametrize("form", ["", "0" * 32, "é", LINKS.token("M4T7QX", "a", 0)])
async def test_a_post_without_the_pages_token_is_not_taken(house: House, form: str) -> None:
    await house.open()

    pressed = await house.visitor.post(house.link(), data={"form": form})

    assert (pressed.status_code, taken_by(house)) == (403, "")


async def test_a_link_is_of_one_alert_and_one_person(house: House) -> None:
    await house.open()
    good = house.link("a")
    token = good.partition("?t=")[2]
    forged = [
        good.replace("a.", "b."),
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        good.replace("M4T7QX", "K7F2QD"),
        good.partition("?")[0],
        f"/a/M4T7QX?t={token.replace('.', '.9', 1)}",
        "/a/M4T7QX?t=" + "9" * 5000,
        "/a/M4T7QX?t=a.١٢٣.ff",
        "/a/%00?t=a.1.%00",
        Links("another key", "https://bao-tin.example.vn").link("M4T7QX", "a", house.now),
        LINKS.link("M4T7QX", "nobody", house.now),
    ]

    for link in forged:
        shown, pressed = await house.visitor.get(link), await house.press(link)
        assert (shown.status_code, pressed.status_code) == (403, 403), link
        assert "Văn Quan" not in shown.text
    assert taken_by(house) == ""


async def test_an_old_link_shows_and_acknowledges_nothing(house: House) -> None:
    await house.open()
    link = house.link()
    house.now += LIFE_S

    page, pressed = await house.visitor.get(link), await house.press(link)

    assert "Liên kết này đã quá cũ" in page.text
    assert (pressed.status_code, taken_by(house)) == (403, "")


async def test_what_is_over_has_no_button(house: House) -> None:
    await house.open()
    await house.tell(Happening.RECOVERED, RING)

    page = await house.visitor.get(house.link())

    assert "<button>" not in page.text
    assert "Đã hết từ 08:14" in page.text


async def test_a_body_that_is_too_large_is_not_read(house: House) -> None:
    await house.open()

    pressed = await house.visitor.post(house.link(), content=b"form=" + b"0" * 20_000)

    assert pressed.status_code == 413


async def test_english_is_asked_for(house: House) -> None:
    await house.open()

    page = await house.visitor.get(house.link() + "&lang=en")

    assert "I take it on" in page.text


def test_a_link_ends_in_a_letter_or_digit_and_needs_an_address() -> None:
    assert LINKS.link("M4T7QX", "a", 1.0)[-1].isalnum()
    assert Links("key", "").link("M4T7QX", "a", 1.0) == ""
