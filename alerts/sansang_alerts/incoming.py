"""What people write back, whatever brought it, and which code is in it. Pure."""

import re
from enum import StrEnum
from typing import NamedTuple

LONGEST_TEXT = 500
"""Further on nobody looks for a code."""

_DIGITS = re.compile(r"(?<!\w)([0-9]{3})[ -]?([0-9]{3})(?!\w)")
_CODE = re.compile(r"(?<!\w)([0-9A-HJKMNP-TV-Z]{6})(?!\w)")
"""Crockford's base 32, as incidents are called."""


class Heard(NamedTuple):
    """One message of somebody's."""

    channel: str
    chat: str
    """Whose it is to the channel: a chat's id, or a telephone number."""
    text: str
    is_group: bool = False
    message_id: str = ""


class Word(StrEnum):
    """What a message may be about."""

    PAIRING = "pairing"
    CODE = "code"


class Found(NamedTuple):
    """A code in a message."""

    word: Word
    code: str


def codes(text: str) -> list[Found]:
    """What a text may mean, the likeliest first: six digits pair a chat, or are a fault's code that has no letter."""
    text = text[:LONGEST_TEXT].upper()
    pairing = [Found(Word.PAIRING, "".join(found)) for found in _DIGITS.findall(text)]
    named = [Found(Word.CODE, found) for found in _CODE.findall(_read_as_meant(text))]
    # a word of six letters is a word, until nothing else is found
    named.sort(key=lambda found: found.code.isalpha())
    return [*pairing[:1], *named[:3]]


def _read_as_meant(text: str) -> str:
    """What people write for digits: O is 0, I and L are 1, as Crockford has it, but only within a code."""
    return re.sub(r"(?<!\w)[0-9A-Z]{6}(?!\w)", lambda found: found[0].translate(_MEANT), text)


_MEANT = str.maketrans("OIL", "011")
