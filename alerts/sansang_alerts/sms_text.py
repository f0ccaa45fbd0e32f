"""How long an SMS is, as networks count, and Vietnamese without its marks. Pure.

A text of the GSM alphabet (3GPP TS 23.038) takes seven bits a character, any other sixteen; a text that does not fit
into one message is sent as several, each of which gives up six octets to say which part it is.
"""

import unicodedata
from collections.abc import Callable, Iterator

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = "\f^{}\\[~]|€"
_SEPTETS = dict.fromkeys(_BASIC, 1) | dict.fromkeys(_EXTENDED, 2)
"""What a character takes up; those behind an escape take two."""
_ALONE, _OF_MANY = 160, 153
_WIDE_ALONE, _WIDE_OF_MANY = 70, 67

_PLAIN = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "–": "-",
        "—": "-",
        "−": "-",
        "·": "-",
        "•": "-",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "‘": "'",
        "’": "'",
        "‹": "<",
        "›": ">",
        "…": "...",
        "→": "->",
        "≤": "<=",
        "≥": ">=",
        "×": "x",
        "₫": "VND",
        "°": " do",
        "µ": "u",
        "\t": " ",
        "\f": " ",
        "\v": " ",
        "\r": " ",
    }
)


def unaccented(text: str) -> str:
    """``text`` in the GSM alphabet: letters lose their marks, signs get plain ones, and what is left is ``?``."""
    bare = unicodedata.normalize("NFKD", text.replace("\r\n", "\n").translate(_PLAIN))
    return "".join(_plain(letter) for letter in bare)


def _plain(letter: str) -> str:
    if letter in _SEPTETS:
        return letter
    if letter in _PLAIN_SIGNS:
        return _PLAIN_SIGNS[letter]
    kind = unicodedata.category(letter)
    # marks go, and so does what only directs the eye; other control characters would direct a telephone
    return "" if kind[0] == "M" or kind == "Cf" else " " if kind[0] in "CZ" else "?"


_PLAIN_SIGNS = {"`": "'", "″": '"', "′": "'", "⁄": "/"}
"""Those that only come out of taking others apart, and one that no telephone's alphabet has."""


def is_gsm(text: str) -> bool:
    """Whether every character is of the GSM alphabet."""
    return all(letter in _SEPTETS for letter in text)


def septets(text: str) -> int:
    """How much of a message a text of the GSM alphabet takes; raises ValueError for any other."""
    try:
        return sum(_SEPTETS[letter] for letter in text)
    except KeyError as error:
        raise ValueError(f"not in the GSM alphabet: {error.args[0]!r}") from None


def split(text: str) -> tuple[str, ...]:
    """The texts of the messages it is sent as: one where it fits, and no character is torn."""
    narrow = is_gsm(text)
    alone, of_many = (_ALONE, _OF_MANY) if narrow else (_WIDE_ALONE, _WIDE_OF_MANY)
    if sum(map(_length(narrow), text)) <= alone:
        return (text,)
    return tuple(_filled(text, of_many, narrow))


def parts(text: str) -> int:
    """As how many messages it is charged."""
    return len(split(text))


def fitted(text: str, most: int) -> str:
    """``text``, cut where it would need more than ``most`` messages, with three dots for what is missing."""
    if parts(text) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if parts(_dotted(text[:middle])) <= most else (low, middle - 1)
    return _dotted(text[:low])


def _dotted(text: str) -> str:
    return text.rstrip() + "..."


def _length(narrow: bool) -> Callable[[str], int]:
    return _SEPTETS.__getitem__ if narrow else _units


def _units(letter: str) -> int:
    """Of sixteen bits."""
    return 2 if ord(letter) > 0xFFFF else 1


def _filled(text: str, room: int, narrow: bool) -> Iterator[str]:
    length = _length(narrow)
    begins, used = 0, 0
    for at, letter in enumerate(text):
        if used + length(letter) > room:
            yield text[begins:at]
            begins, used = at, 0
        used += length(letter)
    yield text[begins:]
