"""What people write back, whatever brought it, and which code is in it. Pure."""

import re
from enum import StrEnum
from typing import NamedTuple

LONGEST_TEXT = 500
"""Further on nobody looks for a code."""
MOST_CODES = 3

_DIGITS = re.compile(r"(?<!\w)([0-9]{3})[ -]?([0-9]{3})(?!\w)")
_SIX = re.compile(r"(?<!\w)[0-9A-Z]{6}(?!\w)")
_CODE = re.compile("[0-9A-HJKMNP-TV-Z]{6}")
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
    is_sure: bool = True
    """Whether it was surely meant as one: six letters may be any word."""


def codes(text: str) -> list[Found]:
    """What a text may mean, the likeliest first: six digits pair a chat, or are a fault's code that has no letter."""
    text = text[:LONGEST_TEXT].upper()
    pairing = [Found(Word.PAIRING, "".join(found)) for found in _DIGITS.findall(text)]
    named = [found for found in map(_named, _SIX.findall(text)) if found is not None]
    named.sort(key=lambda found: not found.is_sure)
    return [*pairing[:1], *named[:MOST_CODES]]


def _named(written: str) -> Found | None:
    """People write O for 0, and I or L for 1, as Crockford has it."""
    meant = written.translate(_MEANT)
    return Found(Word.CODE, meant, not written.isalpha()) if _CODE.fullmatch(meant) else None


_MEANT = str.maketrans("OIL", "011")
