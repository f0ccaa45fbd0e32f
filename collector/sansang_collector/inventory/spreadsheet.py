"""Bytes of a table as people save them, to rows of text: encodings, separators, decomposed letters. Pure.

What can be taken without loss is taken and noted; an encoding that must be guessed is only taken where the caller
shows the outcome to a person first.
"""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from typing import NamedTuple

from sansang_collector.refusal import Gettext, in_english

_LETTERS = set("àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ")
_SEPARATORS = (",", ";", "\t")
_LOOKED_AT = 20
"""Lines that tell the separator."""
BY_IMPORT = "take it in with: sansang-collector inventory import"


class Row(NamedTuple):
    """One row that is not empty; ``number`` as a spreadsheet program counts, from 1."""

    number: int
    cells: list[str]


class Sheet(NamedTuple):
    """A table's rows, and what had to be done to read them."""

    rows: list[Row]
    notes: list[str]


def read_sheet(data: bytes, guess: bool, _: Gettext = in_english) -> Sheet:
    """The rows of ``data``. ``guess``: bytes that are no Unicode may be read as Windows-1258.

    ValueError says what is wrong with the whole file, in words for its owner and the language of ``_``.
    """
    text, notes = _decoded(data, guess, _)
    if unicodedata.normalize("NFC", text) != text:
        text = unicodedata.normalize("NFC", text)
        notes.append(_("letters and their marks stood apart (NFD); they are taken as composed (NFC)"))
    separator = _separator(text)
    if separator != ",":
        notes.append(
            _("columns are separated by semicolons") if separator == ";" else _("columns are separated by tabs")
        )
    return Sheet(_rows(text, separator, _), notes)


def _decoded(data: bytes, guess: bool, _: Gettext) -> tuple[str, list[str]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _unicode(data, "utf-16", _), [_('is UTF-16 (Excel\'s "Unicode Text")')]
    if b"\x00" in data[:64]:
        wide = "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
        return _unicode(data, wide, _), [_("is UTF-16 without a mark at its beginning")]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        return _windows(data, error.start, guess, _)


def _unicode(data: bytes, encoding: str, _: Gettext) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        said = _("looks like UTF-16, but is cut or damaged at byte {byte}")
        raise ValueError(said.format(byte=error.start)) from None


def _windows(data: bytes, at: int, guess: bool, _: Gettext) -> tuple[str, list[str]]:
    line = data.count(b"\n", 0, at) + 1
    try:
        text = unicodedata.normalize("NFC", data.decode("cp1258"))
    except UnicodeDecodeError:
        text = ""
    strange = sorted({letter for letter in text if letter.isalpha() and not _is_vietnamese(letter)})
    if not text or strange:
        what = _(" ('{letter}' is no Vietnamese letter)").format(letter=strange[0]) if strange else ""
        said = _("is neither UTF-8 (see line {line}) nor Windows-1258{what}; save it again as 'CSV UTF-8'")
        raise ValueError(said.format(line=line, what=what))
    if not guess:
        said = _("is not UTF-8 (see line {line}) but, it seems, Windows-1258; {remedy}")
        raise ValueError(said.format(line=line, remedy=BY_IMPORT))
    return text, [_("is no Unicode; it is read as Windows-1258, so look at the names below")]


def _is_vietnamese(letter: str) -> bool:
    return letter.isascii() or letter.lower() in _LETTERS


def _separator(text: str) -> str:
    """The separator that parts most of the first lines into as many cells each; a comma where nothing tells."""
    lines = [re.sub(r'"[^"]*"', "", line) for line in text.splitlines()[:_LOOKED_AT] if line.strip()]

    def weight(one: str) -> tuple[int, int, bool]:
        counts = Counter(line.count(one) for line in lines if one in line)
        count, alike = max(counts.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return alike, count, one == ","

    return max(_SEPARATORS, key=weight)


def _rows(text: str, separator: str, _: Gettext) -> list[Row]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[Row] = []
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                rows.append(Row(number, [" ".join(cell.split()) for cell in cells]))
    except csv.Error as error:
        said = _("row {row} cannot be read as a row of a table: {why}")
        raise ValueError(said.format(row=number + 1, why=error)) from None
    return rows


def written(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A table as bytes: UTF-8 with the mark that lets spreadsheet programs read it right, and commas."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")
