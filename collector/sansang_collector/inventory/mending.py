"""What spreadsheets and habits do to a cell, undone: lost zeros, decimal commas, days the Vietnamese way, yes and no.

Only import mends, because it shows what will be written first. Pure.
"""

import re
from typing import NamedTuple

from .headings import Table, plain


class Mended(NamedTuple):
    """A cell's text as it is meant, and a note where something was guessed."""

    text: str
    note: str = ""


_YES = {"co", "x", "yes", "1", "true"}
_NO = {"khong", "no", "0", "false", "chua"}
_LINE_KINDS = {
    "tslcd": "tslcd2",
    "tslcd cap ii": "tslcd2",
    "tslcd cap 2": "tslcd2",
    "truyen so lieu chuyen dung": "tslcd2",
    "mang truyen so lieu chuyen dung": "tslcd2",
    "cap quang": "ftth",
    "internet cap quang": "ftth",
    "internet": "ftth",
    "mang di dong": "4g",
    "di dong 4g": "4g",
}
_OWNERS = {
    "dien luc": "power",
    "xa": "commune_it",
    "can bo cntt": "commune_it",
    "cntt xa": "commune_it",
    "vnpt": "telecom",
    "vien thong": "telecom",
    "duong truyen": "telecom",
}
_CODE = re.compile(r"""(?:=?["']?)(\d{1,5})(?:\.0+)?["']?""")
_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_NUMBER = re.compile(r"(-?\d+)(?:[,.](\d+))?\s*(?:mbps|mb/s|m)?", re.IGNORECASE)
_CODES = {("communes", "code"), ("lines", "commune"), ("contacts", "commune")}
_NUMBERS = {"lat", "lon", "down_mbps", "up_mbps"}


def mended(table: Table, column: str, text: str) -> Mended:
    """What ``text`` in ``column`` of somebody's spreadsheet means; as it is where nothing is known to be wrong."""
    if (table.name, column) in _CODES:
        return _code(text)
    if column in _NUMBERS:
        match = _NUMBER.fullmatch(text)
        return Mended(f"{match[1]}.{match[2]}" if match[2] else match[1]) if match else Mended(text)
    if column == "connected_on":
        match = _DATE.fullmatch(text)
        return Mended(f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}") if match else Mended(text)
    if column == "ups":
        said = plain(text)
        return Mended("yes" if said in _YES else "no" if said in _NO else text)
    return Mended(_word(table, column, text))


def _code(text: str) -> Mended:
    match = _CODE.fullmatch(text)
    if match is None:
        return Mended(text)
    code = match[1].zfill(5)
    return Mended(code, f"'{text}' is taken as '{code}' (spreadsheets drop leading zeros)" if code != text else "")


def _word(table: Table, column: str, text: str) -> str:
    if column == "kind":
        return _LINE_KINDS.get(plain(text), text.lower()) if table.name == "lines" else text.lower()
    if column in ("owner", "terminal_owner"):
        return _OWNERS.get(plain(text), text)
    if column in ("id", "access_node", "uplink") and table.name in ("lines", "access_nodes"):
        return text.lower()
    return text
