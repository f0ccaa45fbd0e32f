"""What an account may be called, and how a name that somebody types is compared with it. Pure.

A closed set of letters, so that no two names look alike but differ: Vietnamese and English ones, digits, and ``. _ -``.
"""

import re
import unicodedata

LONGEST = 64

_VOWELS = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_VIETNAMESE = "đ" + "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES)
_NAME = re.compile(rf"[a-z0-9{_VIETNAMESE}][a-z0-9{_VIETNAMESE}._-]{{0,{LONGEST - 1}}}")


def folded(typed: str) -> str:
    """What is compared: composed letters (NFC), no space around, no capitals; of what is far too long the beginning."""
    return unicodedata.normalize("NFC", typed[: 4 * LONGEST].strip()).casefold()[: 4 * LONGEST]


def is_name(text: str) -> bool:
    """Whether an account can have this name, which is folded already."""
    return _NAME.fullmatch(text) is not None
