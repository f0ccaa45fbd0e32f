"""Whether a page is the service's: its status, its text, its values, and its title as evidence. Pure."""

import re
from typing import Any

from sansang_agent.contract.check import HttpCheck
from sansang_agent.contract.outcome import Reason

from . import page_text
from .http_exchange import Response

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PROXY_LOGIN_REQUIRED = 407
_LOGIN_REQUIRED = frozenset({PROXY_LOGIN_REQUIRED, 511})
"""… and Network Authentication Required (RFC 6585 §6): only a box on the way says these, never the service."""
_VALUE_LENGTH = 80
_SEARCHED = 262_144
"""Characters of a page that a pattern is looked for in."""
_MISSING = object()


def judge(check: HttpCheck, response: Response, elsewhere: str = "") -> tuple[Reason | None, str]:
    """What is wrong with the last answer (None: nothing) and its evidence.

    ``elsewhere``: the address of the last answer where it came from another site than the one asked.
    """
    text = decoded(response)
    lacking = _lacking(check, text)
    seen = described(response, elsewhere, lacking)
    right = response.status in check.status if check.status else 200 <= response.status < 300
    if not right:
        other = response.status in _LOGIN_REQUIRED or (elsewhere and _is_told_apart(check))
        return (Reason.WRONG_CONTENT if other else Reason.HTTP_STATUS), seen
    return (None if lacking is None else Reason.WRONG_CONTENT), seen


def _is_told_apart(check: HttpCheck) -> bool:
    """Whether somebody said how the service's page is known."""
    return bool(check.contains or check.pattern or check.json)


def _lacking(check: HttpCheck, text: str) -> str | None:
    """What the page lacks to be the service's, in words where its title does not say it all; None: nothing."""
    if check.contains or check.pattern:
        contains, pattern = page_text.composed(check.contains), page_text.composed(check.pattern)
        readings = page_text.readings(text)
        if not any(contains in each for each in readings):
            return ""
        if pattern and not any(re.search(pattern, each[:_SEARCHED]) for each in readings):
            return ""
    return _wrong_value(check.json, text) if check.json else None


def _wrong_value(wanted: dict[str, str], text: str) -> str | None:
    import json  # noqa: PLC0415  # only where an answer is to be JSON

    try:
        answer = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return "not JSON"
    for path, value in wanted.items():
        found = _at(answer, path)
        if found is _MISSING:
            return f"{path} is missing"
        written = _written(found)
        if value not in (found, written):
            return f"{path} is {written[:_VALUE_LENGTH]}"
    return None


def _written(value: Any) -> str:
    """As JSON writes it."""
    import json  # noqa: PLC0415

    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "nested too deep"


def _at(value: Any, path: str) -> Any:
    """What stands at a dotted path of keys and positions."""
    for step in path.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step[:9]) < len(value):
            value = value[int(step[:9])]
        else:
            return _MISSING
    return value


def is_redirect(check: HttpCheck, response: Response) -> bool:
    """Whether to go on to another address, unless the redirect itself is the answer wanted."""
    return response.status in REDIRECTS and response.status not in check.status and "location" in response.headers


def decoded(response: Response) -> str:
    """The body as text."""
    return page_text.decoded(response.body, response.headers.get("content-type", ""))


def described(response: Response, elsewhere: str = "", lacking: str | None = None) -> str:
    """An answer in one line, its title last, as service_causes.py reads it out."""
    place = f" at {elsewhere}" if elsewhere else ""
    words = f", {lacking}" if lacking else ""
    page_title = page_text.title(decoded(response))
    return f"HTTP {response.status}{place}{words}, " + (f"title: {page_title}" if page_title else "no title")
