"""Regular expressions that are safe to search a page with: what makes one a mistake, said before it is ever used.

Python's search cannot be stopped, and a pattern may come from the centre: so every repeat needs an upper bound.
"""

import re
from math import prod

from .mistake import mark, wrong

LONGEST = 200
"""Characters of a pattern."""
MOST_WAYS = 300
"""In how many ways a pattern may be tried at one place of a page; so many cost at most about a second a page."""

_TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<special>\(\?(?:[^:]))|(?P<bounds>\{(?P<low>\d*)(?P<comma>,?)"
    r"(?P<high>\d*)\})|(?P<close>\))|(?P<repeat>[*+])|(?P<option>\?)|(?P<bar>\|)|.",
    re.DOTALL,
)


def mistake(pattern: str) -> str:
    """What is wrong with ``pattern`` as something to search for in a page; empty where nothing is."""
    if len(pattern) > LONGEST:
        return wrong("must have at most {count} characters", count=LONGEST)
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return wrong("'{pattern}' is not a regular expression: {reason}", pattern=pattern, reason=str(error))
    return _unbounded(pattern)


def _unbounded(pattern: str) -> str:
    """Why a search could take for ever."""
    ways: list[int] = []
    after_group = False
    for token in _TOKEN.finditer(pattern):
        kind, text = token.lastgroup, token.group()
        if kind == "repeat" or (kind == "bounds" and token["comma"] and not token["high"]):
            return wrong("'{text}' has no upper bound; write for example {{0,100}}", text=text)
        if kind == "special" or (kind == "escape" and text[1].isdigit() and text[1] != "0"):
            return wrong(
                "'{text}' is not used here: look-around, flags and back-references may take for ever", text=text
            )
        if kind == "bounds" and after_group:
            return wrong("a group cannot be repeated with '{text}'; repeat what is in it", text=text)
        if kind == "bounds" and token["comma"]:
            ways.append(max(1, int(token["high"]) - int(token["low"] or 0) + 1))
        ways += [2] if kind in {"option", "bar"} else []
        after_group = kind == "close"
    if prod(ways) > MOST_WAYS:
        form = mark("'{pattern}' can be tried in {count} ways at every place, at most {most} are allowed")
        return wrong(form, pattern=pattern, count=prod(ways), most=MOST_WAYS)
    return ""
