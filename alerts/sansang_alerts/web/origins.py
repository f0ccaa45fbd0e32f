"""Whether a form was sent by one of our own pages, as the browser itself says. Pure.

Beside the token that every form carries; a program that is no browser says nothing, and has to have the token.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit


def is_ours(headers: Mapping[str, str]) -> bool:
    """``Sec-Fetch-Site`` where there is one, else ``Origin``, which has to be the host that was asked."""
    site = headers.get("sec-fetch-site", "")
    if site:
        return site == "same-origin"
    origin = headers.get("origin", "")
    return not origin or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
