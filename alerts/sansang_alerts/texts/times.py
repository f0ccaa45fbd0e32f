"""Moments in sentences that are ready before anybody knows when they are told: marked, filled in when told. Pure.

So that ``since 08:14`` becomes ``since 08:14 on 26 Nov`` for whoever is told on another day.
"""

import re
from collections.abc import Callable

_MARK = re.compile(r"<t:(\d{1,12})(:T)?>")
_MOST = 10**12 - 1


def marked(at: float, *, seconds: bool = False) -> str:
    """In the place of a moment (Unix seconds) that is to be told to the minute, or to the second."""
    return f"<t:{min(max(int(at), 0), _MOST)}{':T' if seconds else ''}>"


def filled(text: str, clock: Callable[[float], str], second: Callable[[float], str]) -> str:
    """A sentence with its moments as ``clock`` and ``second`` tell them."""
    return _MARK.sub(lambda found: (second if found[2] else clock)(float(found[1])), text)
