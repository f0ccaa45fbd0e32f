"""Where a login may lead: to a path of this site, never to another one. Pure."""

import re

FIRST = "/"
LONGEST = 2000

_OWN = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
"""Browsers take ``//`` and ``/\\`` for the beginning of another host, and drop tabs and line ends before they look."""
_IN_AND_OUT = ("/login", "/logout")


def own_path(asked: str) -> str:
    """``asked`` where it is a path of this site, which may have a query; else the first page."""
    if len(asked) > LONGEST or _OWN.fullmatch(asked) is None:
        return FIRST
    path = asked.partition("?")[0].partition("#")[0]
    return FIRST if path in _IN_AND_OUT or path.startswith("/login/") else asked
