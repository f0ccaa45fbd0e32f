"""What a machine is called in its commune when nobody says: by its host name, as far as that can be a name. Pure."""

import re
import unicodedata
from collections.abc import Iterable

NAMELESS = "pc"
LONGEST = 56
"""Leaves room for a number behind it."""
_CANNOT_BE = re.compile(r"[^A-Za-z0-9_.-]+")


def plain_text(told: str) -> str:
    """What a machine says of itself, in one line: whatever would not be seen, or would turn the line round, is gone."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in told).split())


def name_of(host: str) -> str:
    """A name as agents.NAME has it."""
    without_marks = unicodedata.normalize("NFKD", host.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(letter for letter in without_marks if not unicodedata.combining(letter))
    return _CANNOT_BE.sub("-", letters).strip("-_.")[:LONGEST].rstrip("-_.") or NAMELESS


def free_name(host: str, taken: Iterable[str]) -> str:
    """The name, with the first free number behind it where another machine has it, in whatever case."""
    wanted, known = name_of(host), {name.casefold() for name in taken}
    if wanted.casefold() not in known:
        return wanted
    number = 2
    while f"{wanted}-{number}".casefold() in known:
        number += 1
    return f"{wanted}-{number}"
