import time
import unicodedata

import pytest

from sansang_agent.probes.page_text import composed, decoded, readings, title

VIETNAMESE = "Cổng Dịch vụ công tỉnh Lạng Sơn"


def as_windows_1258(text: str) -> bytes:
    """As Windows writes it: letters with one mark as they are, a second mark behind its letter."""
    marks = {0x300: 0xCC, 0x309: 0xD2, 0x303: 0xDE, 0x301: 0xEC, 0x323: 0xF2}
    written = bytearray()
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tones = [bytes([marks[ord(each)]]) for each in parts if ord(each) in marks]
        base = unicodedata.normalize("NFC", "".join(each for each in parts if ord(each) not in marks))
        written += base.encode("windows-1258") + b"".join(tones)
    return bytes(written)


def page(head: str = "") -> str:
    return f"<html><head>{head}<title>{VIETNAMESE}</title></head></html>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (page().encode(), "text/html"),
        (page().encode("utf-8-sig"), "text/html; charset=windows-1252"),
        (page().encode("utf-16"), "text/html"),
        (b"\xfe\xff" + page().encode("utf-16-be"), "text/html; charset=utf-8"),
        (page().encode("utf-16-le"), "text/html; charset=UTF-16LE"),
        (as_windows_1258(page()), 'text/html; charset="windows-1258"'),
        (as_windows_1258(page('<meta charset="windows-1258">')), "text/html"),
        (
            as_windows_1258(page("<META http-equiv=Content-Type content='text/html; charset=windows-1258'>")),
            "text/html",
        ),
        (page('<meta charset="utf-16">').encode(), "text/html"),
        (unicodedata.normalize("NFD", page()).encode(), "text/html"),
        (page().encode("ascii", errors="xmlcharrefreplace"), "text/html"),
        (page().replace("ô", "&ocirc;").encode(), "text/html"),
    ],
    ids=lambda each: each.hex()[:8] if isinstance(each, bytes) else each,
)
def test_a_vietnamese_title_is_read_however_it_is_written(body: bytes, content_type: str) -> None:
    assert title(decoded(body, content_type)) == VIETNAMESE


@pytest.mark.parametrize(
    "charset", ["no-such-charset", "hex", "idna", "punycode", "undefined", "utf-7", "unicode_escape", "mbcs"]
)
def test_a_charset_that_is_none_for_pages_is_no_fault(charset: str) -> None:
    assert "title" in decoded(b"<title>abc \xff +2AA-</title>", f"text/html; charset={charset}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<TITLE lang=vi>\n  A &amp;\n B </TITLE>", "A & B"),
        ("<title></title><title>second</title>", ""),
        ("<titles>no</titles><title>yes</title>", "yes"),
        ("<title>never closed", ""),
        ("<title", ""),
        ("<title>&#" + "1" * 9000 + ";</title>", "\ufffd"),
        ("no title", ""),
    ],
)
def test_a_title_is_one_plain_line(text: str, expected: str) -> None:
    assert title(text) == expected


PAGE = 262_144


@pytest.mark.parametrize(
    "text",
    [
        "<title>" * (PAGE // 7),
        "<title" * (PAGE // 6),
        "<title>a</titl" * (PAGE // 14),
        "e" + "\u0300\u0316" * (PAGE // 4),
    ],
    ids=["titles", "titles that do not end their first tag", "titles that do not end", "marks upon marks"],
)
def test_a_page_made_to_keep_us_busy_does_not(text: str) -> None:
    began = time.process_time()
    title(text)
    readings(text)

    assert time.process_time() - began < 1.0


def test_marks_are_composed_wherever_they_stand() -> None:
    text = ("x " * 700 + VIETNAMESE) * 3

    assert composed(unicodedata.normalize("NFD", text)) == text


def test_a_page_with_entities_has_two_readings() -> None:
    assert readings("D&#7883;ch v&#7909;") == ("D&#7883;ch v&#7909;", "Dịch vụ")
    assert readings("&#" + "1" * 9000 + ";") == ("&#" + "1" * 9000 + ";",)
