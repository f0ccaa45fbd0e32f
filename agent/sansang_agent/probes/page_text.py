"""A page's bytes as text, and its title; whatever a server sends, the work grows no faster than its length. Pure."""

import re
import unicodedata

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{1,300}?charset=[\"']?\s{0,9}([\w.:-]+)", re.IGNORECASE)
_META_WITHIN = 1024
"""Bytes in which a page must name its charset (HTML, "determining the character encoding")."""
_TITLE_OPENS = re.compile(r"<title(?=[\s>/])", re.IGNORECASE)
_TITLE_CLOSES = re.compile(r"</title", re.IGNORECASE)
_TITLE_LENGTH = 200
_TITLE_SOURCE = 2000
"""Characters of a title that are looked at, before its entities are undone."""
_PIECES = re.compile(r"[\x00-\x7f]*[^\x00-\x7f]{0,1000}")
"""Composing takes the square of a run of marks: pieces, each begun before an ASCII letter, keep that bounded."""


def decoded(body: bytes, content_type: str) -> str:
    """The text, by its byte order mark, the charset named in ``content_type`` or by the page, else UTF-8.

    What does not fit is replaced.
    """
    for name in (*_marked(body), *_named(content_type), *_in_page(body)):
        try:
            return body.decode(name, errors="replace")
        except (LookupError, ValueError):
            continue  # no such charset, or one that is not for pages
    return body.decode("utf-8", errors="replace")


def _marked(body: bytes) -> tuple[str, ...]:
    return tuple(name for mark, name in _BYTE_ORDER_MARKS if body.startswith(mark))


def _named(content_type: str) -> tuple[str, ...]:
    found = _CHARSET.search(content_type)
    return (found[1],) if found else ()


def _in_page(body: bytes) -> tuple[str, ...]:
    """A page that can be read so far is not of two bytes a letter, whatever it says."""
    found = _META.search(body[:_META_WITHIN])
    name = found[1].decode("ascii", errors="replace") if found else ""
    return (name,) if name and not name.lower().startswith("utf-16") else ()


def title(text: str) -> str:
    """The page's title in one line; empty where it has none."""
    opens = _TITLE_OPENS.search(text)
    start = text.find(">", opens.end()) + 1 if opens else 0
    closes = _TITLE_CLOSES.search(text, start) if start else None
    if closes is None:
        return ""
    source = text[start : min(closes.start(), start + _TITLE_SOURCE)]
    return composed(" ".join(_without_entities(source).split()))[:_TITLE_LENGTH]


def readings(text: str) -> tuple[str, ...]:
    """The text composed, and once more with its entities undone where it has any."""
    plain = _without_entities(text)
    return (composed(text),) if plain == text else (composed(text), composed(plain))


def _without_entities(text: str) -> str:
    if "&" not in text:
        return text
    import html  # noqa: PLC0415  # its list of names costs every PC a third of a megabyte

    try:
        return html.unescape(text)
    except ValueError:  # a number of thousands of digits
        return text


def composed(text: str) -> str:
    """Vietnamese letters are written in two ways; both are the same text (NFC)."""
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFC", piece) for piece in _PIECES.findall(text))
