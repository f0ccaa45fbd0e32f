"""Takes secrets out of what other sides say, and makes it short and plain enough to keep and to print. Pure."""

import html
import unicodedata
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import msgspec

LONGEST = 300
"""Of what is kept of an answer, in characters."""

Scrub = Callable[[str | bytes], str]


def scrubber(*hidden: str) -> Scrub:
    """What makes a text or an answer's body printable: without these secrets, in one line, short."""
    forms = sorted({form for secret in hidden if secret for form in _forms(secret)}, key=len, reverse=True)

    def scrub(said: str | bytes) -> str:
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        for form in forms:
            text = text.replace(form, "***")
        return _short(" ".join("".join(_printable(letter) for letter in text).split()))

    return scrub


def _forms(secret: str) -> set[str]:
    """All that an answer may make of it."""
    escaped = msgspec.json.encode(secret).decode()[1:-1]
    return {secret, escaped, quote(secret, safe=""), quote_plus(secret), html.escape(secret)}


def _printable(letter: str) -> str:
    return " " if unicodedata.category(letter)[0] in "CZ" else letter


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
