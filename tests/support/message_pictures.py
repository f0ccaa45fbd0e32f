"""Draws the pictures of the guide for on-call staff from the golden texts: what a telephone and a mailbox show.

``python -m tests.support.message_pictures`` renews docs/images/tin-*.png; it needs Chromium, as the tests of pages do.
"""

import html
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import sansang_alerts
from sansang_agent.contract.words import catalogue

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "alerts"
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
STYLE = """
* { box-sizing: border-box; margin: 0 }
body { font: 15px/1.45 "Noto Sans", "DejaVu Sans", sans-serif; color: #16202b; background: #fff; padding: 16px;
  display: flex; gap: 20px; align-items: flex-start; width: max-content }
.device { background: #e9eef4; border: 1px solid #b8c4d1; border-radius: 22px; overflow: hidden; width: 390px }
.device.wide { width: 760px; background: #fff; border-radius: 10px }
header { background: #23415f; color: #fff; padding: 10px 16px; font-weight: 600; display: flex;
  justify-content: space-between }
.device.sms header { background: #44515e }
section { padding: 12px; display: flex; flex-direction: column; gap: 10px }
p { background: #fff; border: 1px solid #d3dbe4; border-radius: 14px 14px 14px 4px; padding: 9px 12px;
  white-space: pre-wrap; overflow-wrap: anywhere }
p.said { align-self: flex-end; background: #d8ebff; border-radius: 14px 14px 4px 14px }
time { font-size: 12px; color: #55636f; align-self: center }
.wide p { border: 0; padding: 4px; font-size: 14px }
.wide h1 { font-size: 17px; padding: 4px }
"""


class Shown(NamedTuple):
    """One message of a device: what time it came, and what it says or is answered."""

    clock: str
    story: str = ""
    answer: str = ""
    says: str = ""
    """What the bot says to an answer: a msgid."""


class Device(NamedTuple):
    """A telephone or a mailbox with its messages."""

    title: str
    medium: str
    shown: Sequence[Shown]


PICTURES = {
    "tin-zalo": (
        Device(
            "Zalo – Trực đường truyền 1",
            "zalo",
            (Shown("08:14", "01-opened"), Shown("08:26", "06-acknowledged"), Shown("09:05", "09-recovered")),
        ),
        Device(
            "Zalo – Trực đường truyền 2",
            "zalo",
            (
                Shown("08:24", "05-escalated"),
                Shown("08:26", answer="M4T7QX"),
                Shown("08:26", says="You have taken {code} on. Nobody else is called any more."),
                Shown("09:05", "09-recovered"),
            ),
        ),
    ),
    "tin-sms": (
        Device(
            "Tin nhắn SMS",
            "sms",
            (Shown("08:14", "01-opened"), Shown("08:24", "05-escalated"), Shown("09:05", "09-recovered")),
        ),
        Device(
            "Tin nhắn SMS",
            "sms",
            (Shown("08:20", "16-silent"), Shown("08:31", "03-updated"), Shown("08:50", "04-unstable")),
        ),
    ),
    "tin-thu": (Device("Hộp thư", "email", (Shown("08:14", "01-opened"),)),),
    "tin-tong-hop": (Device("Zalo – bot sansang", "zalo", (Shown("07:00", "14-digest"),)),),
}


def text_of(story: str, medium: str) -> str:
    """What the golden file says for a medium."""
    whole = (GOLDEN / f"{story}.vi.txt").read_text(encoding="utf-8")
    found = re.search(rf"^=== {medium}$\n(.*?)(?:\n=== |\Z)", whole, re.DOTALL | re.MULTILINE)
    if found is None:
        raise LookupError(f"{story}.vi.txt has no text for {medium}")
    return found[1].strip()


def page_of(devices: Sequence[Device]) -> str:
    """The page that is pictured."""
    drawn = "".join(_device(device) for device in devices)
    return f'<!doctype html><html lang="vi"><meta charset="utf-8"><style>{STYLE}</style><body>{drawn}</body></html>'


def _device(device: Device) -> str:
    said = "".join(_message(one, device.medium) for one in device.shown)
    kind = "wide" if device.medium == "email" else device.medium
    return f'<div class="device {kind}"><header>{html.escape(device.title)}</header><section>{said}</section></div>'


def _message(one: Shown, medium: str) -> str:
    if one.answer:
        return f'<time>{one.clock}</time><p class="said">{html.escape(one.answer)}</p>'
    told = catalogue(sansang_alerts.__name__, "vi").gettext(one.says).format(code="M4T7QX") if one.says else ""
    text = told or text_of(one.story, medium)
    if medium != "email":
        return f"<time>{one.clock}</time><p>{html.escape(text)}</p>"
    subject, _, body = text.removeprefix("Subject: ").partition("\n")
    return f"<h1>{html.escape(subject)}</h1><p>{html.escape(body.strip())}</p>"


def main() -> int:
    """Draw all of them."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only where chromium is

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(device_scale_factor=1.25)
        for name, devices in PICTURES.items():
            page.set_content(page_of(devices))
            page.locator("body").screenshot(path=IMAGES / f"{name}.png")
            print(IMAGES / f"{name}.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
