"""What makes people, their shifts and steps, or addresses of ours wrong, each by itself.

Pure; see :data:`sansang_agent.contract.strict.Rule` for how mistakes are told.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from sansang_agent.contract.mistake import mark, wrong
from sansang_agent.contract.strict import INVALID

from . import vietnam
from .settings import Step, Takes

Found = Iterator[tuple[str, str]]
STEPS_TO = ("on_call", "next", "everyone", "fallback")
_EMAIL = re.compile(r"[^\s@<>,;\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_PHONE = re.compile(r"\+?\(?\d(?:[ .()-]{0,2}\d){7,14}")
_COMMUNE = re.compile(r"\d{5}")


def is_email(text: str) -> bool:
    """One address, without a name."""
    return _EMAIL.fullmatch(text) is not None


def person(parts: Mapping[str, Any]) -> Found:
    """Names that do not fit into a line, and addresses that are none."""
    name = parts.get("name", "-")
    if not name.strip() or not name.isprintable() or len(name) > 80:
        yield "name", wrong("must be one line of 1 to 80 characters")
    if parts.get("email") and not is_email(parts["email"]):
        yield "email", wrong("'{text}' is not an e-mail address", text=parts["email"])
    if parts.get("phone") and not _PHONE.fullmatch(parts["phone"]):
        yield "phone", wrong("'{text}' is not a telephone number: 8 to 15 digits", text=parts["phone"])


def takes(parts: Mapping[str, Any]) -> Found:
    """Codes that no commune has, and what is named twice."""
    for number, code in enumerate(parts.get("communes", ())):
        if code is not INVALID and not _COMMUNE.fullmatch(code):
            yield f"communes[{number}]", wrong("'{text}' is not a commune's code of five digits", text=code)
    for key in ("owners", "communes", "systems"):
        yield from _doubles(key, parts.get(key, ()))


def shift(parts: Mapping[str, Any]) -> Found:
    """Nobody, nobody's turn, and days that no calendar has."""
    for key in ("people", "days"):
        if parts.get(key, "some") == ():
            yield key, wrong("is empty; a shift needs at least one")
        yield from _doubles(key, parts.get(key, ()))
    if parts.get("from_day") is not None:
        yield from _day("from_day", parts["from_day"])
        if not parts.get("rotate_days"):
            yield "from_day", wrong("counts with 'rotate_days' only")
    if parts.get("rotate_days"):
        if parts.get("from_day", "") is None or "from_day" not in parts:
            yield "rotate_days", wrong("needs 'from_day': the first day of the first one's turn")
        if len(parts.get("people", "two")) < 2:
            yield "rotate_days", wrong("needs two people at least")


def team(parts: Mapping[str, Any]) -> Found:
    """Steps that begin late, go back in time or lead from nowhere."""
    name = parts.get("name", "-")
    if not name.strip() or not name.isprintable() or len(name) > 80:
        yield "name", wrong("must be one line of 1 to 80 characters")
    steps: tuple[Any, ...] = parts.get("steps", (Step(after_minutes=0),))
    if not steps:
        yield "steps", wrong("is empty; the first one tells who is on call")
    elif steps[0] is not INVALID:
        if steps[0].after_minutes:
            yield "steps[0].after_minutes", wrong("must be 0: the first step tells of the fault")
        if steps[0].to == "next":
            yield "steps[0].to", wrong("there is nobody before the first step that one could come next to")
    for number, (before, after) in enumerate(pairwise(steps), start=1):
        if INVALID not in (before, after) and after.after_minutes <= before.after_minutes:
            late = wrong("must be more than the {minutes:g} of the step before", minutes=before.after_minutes)
            yield f"steps[{number}].after_minutes", late
    for number, step in enumerate(steps):
        if step is not INVALID and step.to == f"team:{parts.get('id')}":
            yield f"steps[{number}].to", wrong("is this team itself; say on_call, next, everyone or fallback")


def addresses(parts: Mapping[str, Any]) -> Found:
    """Where alerts are found by people, and where they listen."""
    url = parts.get("public_url", "")
    if url and not is_web_address(url):
        form = mark("'{text}' is not a URL that starts with https:// and ends with a host or a path")
        yield "public_url", wrong(form, text=url)
    elif url.startswith("http://") and not is_loopback(url):
        yield "public_url", wrong("must start with https://: a link acknowledges for whoever reads it on the way")
    host, colon, port = parts.get("listen", "127.0.0.1:0").rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port[:6]) < 65536):
        yield "listen", wrong("'{text}' is not host:port", text=parts["listen"])
    soon, late = parts.get("recovery_after_minutes", 3), parts.get("unstable_after_minutes", 30)
    if soon > late:
        if "unstable_after_minutes" in parts:
            yield "unstable_after_minutes", wrong("must be at least recovery_after_minutes ({minutes:g})", minutes=soon)
        else:
            yield "recovery_after_minutes", wrong("must be at most unstable_after_minutes ({minutes:g})", minutes=late)
    scheme, slashes, rest = parts.get("ledger", "").partition("://")
    if slashes and scheme != "postgresql+psycopg":
        yield "ledger", wrong("'{scheme}://' is not used: give a file or postgresql+psycopg://…", scheme=scheme)
    elif slashes and ":" in rest.rpartition("@")[0]:
        yield "ledger", wrong("holds a password; keep it in a file of PostgreSQL's (passfile=… or ~/.pgpass)")


def is_web_address(text: str) -> bool:
    """``https://host[:port][/path]`` or the same with http, and nothing after it."""
    try:
        url = urlsplit(text)
        whole = bool(url.hostname) and url.port != 0
    except ValueError:
        return False
    plain = not any(mark in text for mark in "?#@ \t\r\n")
    return url.scheme in ("http", "https") and whole and plain


def is_loopback(url: str) -> bool:
    """Whether only this machine can be meant."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def holidays(spans: tuple[Any, ...]) -> Found:
    """Days that no calendar has, spans that end before they begin, and whole lives of holidays."""
    for number, text in enumerate(spans):
        if text is INVALID:
            continue
        key = f"holidays[{number}]"
        first, dots, last = text.partition("..")
        found = [*_day(key, first), *(_day(key, last) if dots else ())]
        yield from found
        if dots and not found:
            length = vietnam.day_of(last) - vietnam.day_of(first) + 1
            if length < 1:
                yield key, wrong("'{text}' ends before it begins", text=text)
            elif length > 60:
                yield (
                    key,
                    wrong("'{text}' are {count} days; at most 60 are holidays at a time", text=text, count=length),
                )


def in_order(row: Takes) -> Takes:
    """The same row however its lists are ordered."""
    return Takes(
        owners=tuple(sorted(row.owners)), communes=tuple(sorted(row.communes)), systems=tuple(sorted(row.systems))
    )


def _day(key: str, text: str) -> Found:
    try:
        vietnam.day_of(text)
    except ValueError as error:
        yield key, error.args[0]


def _doubles(key: str, items: tuple[Any, ...]) -> Found:
    seen: set[Any] = set()
    for number, item in enumerate(items):
        if item is INVALID:
            continue
        if item in seen:
            yield f"{key}[{number}]", wrong("'{text}' is there already", text=item)
        seen.add(item)
