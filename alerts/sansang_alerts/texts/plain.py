"""What others wrote, made plain: one line, no writing direction, nothing that a chat could take for markup. Pure.

Names come from the inventory, texts from anybody's Prometheus; what quotes them must still read as one message of ours.
"""

import re
import unicodedata

_ENDS_A_WORD = frozenset({"Cc", "Zl", "Zp", "Zs"})
_UNSEEN = frozenset({"Cf", "Cs", "Co", "Cn"})
"""Bidirectional and zero-width characters, and what has no letter at all."""
_HEAPED = re.compile(r"(\w[\u0300-\u036f]{2})[\u0300-\u036f]+")
_MARKUP = str.maketrans({"[": "(", "]": ")", "<": "‹", ">": "›", "`": "'", "*": "·", "\\": "/", "~": "-"})
_ADDRESS = re.compile(r"https?://[!-~]+\Z")
MOST_OF_AN_ADDRESS = 500
_ELLIPSIS = "…"


def plain(text: str, most: int = 400) -> str:
    """One line of at most ``most`` characters."""
    letters = [_letter(one) for one in unicodedata.normalize("NFC", text[: most * 8])]
    line = " ".join("".join(letters).translate(_MARKUP).split())
    return cut(_HEAPED.sub(r"\1", line), most)


def _letter(one: str) -> str:
    kind = unicodedata.category(one)
    if kind in _ENDS_A_WORD:
        return " "
    return "" if kind in _UNSEEN else one


def cut(text: str, most: int) -> str:
    """At most ``most`` characters of it, ended at a word where that leaves half of it."""
    if len(text) <= most:
        return text
    short = text[: most - 1]
    at = short.rfind(" ")
    if not text[most - 1].isspace() and at > most // 2:
        short = short[:at]
    return f"{short.rstrip(' ,;:–-(')}{_ELLIPSIS}"


def address(url: str, public_url: str = "") -> str:
    """A whole http address, behind ``public_url`` where it is a path; empty where it is none."""
    whole = f"{public_url.rstrip('/')}{url}" if url.startswith("/") and public_url else url
    return whole if len(whole) <= MOST_OF_AN_ADDRESS and _ADDRESS.match(whole) else ""


def units(text: str) -> int:
    """Its length as chats and UCS-2 count it: letters beyond the first plane are two."""
    return len(text) + sum(one > "\uffff" for one in text)
