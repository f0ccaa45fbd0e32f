"""Whether a page is the service's: its status, its text, and its title as evidence. Pure."""

import html
import re
import unicodedata

from sansang_agent.contract.check import HttpCheck
from sansang_agent.contract.outcome import Reason

from .http_exchange import Response

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_TITLE_LENGTH = 200


def judge(check: HttpCheck, response: Response) -> tuple[Reason | None, str]:
    """What is wrong with the last answer (None: nothing) and its evidence."""
    text = decoded(response)
    seen = _described(response.status, title(text))
    right = response.status in check.status if check.status else 200 <= response.status < 300
    if not right:
        return Reason.HTTP_STATUS, seen
    if check.contains and _composed(check.contains) not in _composed(text):
        return Reason.WRONG_CONTENT, seen
    return None, seen


def is_redirect(check: HttpCheck, response: Response) -> bool:
    """Whether to go on to another address, unless the redirect itself is the answer wanted."""
    return response.status in REDIRECTS and response.status not in check.status and "location" in response.headers


def decoded(response: Response) -> str:
    """The body as text, in the charset it names, else UTF-8; what does not fit is replaced."""
    named = _CHARSET.search(response.headers.get("content-type", ""))
    try:
        return response.body.decode(named[1] if named else "utf-8", errors="replace")
    except LookupError:
        return response.body.decode("utf-8", errors="replace")


def title(text: str) -> str:
    """The page's title in one line; empty where it has none."""
    found = _TITLE.search(text)
    return " ".join(html.unescape(found[1]).split())[:_TITLE_LENGTH] if found else ""


def _described(status: int, page_title: str) -> str:
    return f"HTTP {status}, title: {page_title}" if page_title else f"HTTP {status}, no title"


def _composed(text: str) -> str:
    """Vietnamese letters are written in two ways; both are the same text."""
    return unicodedata.normalize("NFC", text)
