"""Two spellings of one name: Hòa and Hoà, Thụy and Thuỵ differ only in the letter that bears the tone. Pure."""

import unicodedata

_TONES = "\u0300\u0301\u0303\u0309\u0323"


def spelling(name: str) -> str:
    """What is the same for both ways of writing a name: each word's letters, then its tone."""
    return " ".join(_word(word) for word in name.lower().split())


def _word(word: str) -> str:
    letters = unicodedata.normalize("NFD", word)
    bare = "".join(letter for letter in letters if letter not in _TONES)
    return unicodedata.normalize("NFC", bare) + "".join(letter for letter in letters if letter in _TONES)
