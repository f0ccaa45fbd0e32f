"""Forms as our own pages send them, for tests that do not open the page first."""

from collections.abc import Mapping
from typing import Any

import httpx

from sansang_collector.cookies import ACTING_COOKIE, form_token


def signed(browser: httpx.Client, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with the token of the browser's session, if it has one that may act."""
    secret = browser.cookies.get(ACTING_COOKIE) or browser.cookies.get(f"__Host-{ACTING_COOKIE}")
    return dict(fields) | ({"token": form_token(secret)} if secret else {})
