"""Tables for spreadsheets: UTF-8 with the mark that Excel needs, in which no cell can be a formula. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence

MARK = b"\xef\xbb\xbf"
"""Before the first line; Excel takes a file without it for the system's own encoding."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula or command (OWASP: CSV injection), also full-width."""


def lines(rows: Iterable[Sequence[str | int]]) -> bytes:
    """Rows in RFC 4180's form; texts that would be formulas are marked as text, line ends within cells are spaces."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([cell if isinstance(cell, int) else _text(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _text(value: str) -> str:
    plain = " ".join(value.splitlines()) if "\n" in value or "\r" in value else value
    return f"'{plain}" if value.lstrip(" ").startswith(_FORMULA) else plain
