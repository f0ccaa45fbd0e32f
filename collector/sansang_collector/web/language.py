"""Which language a page is written in: the one asked for with ``?lang=``, the one asked for earlier, Vietnamese.

``Accept-Language`` is not heeded: counter PCs often run an English Windows in front of people who read Vietnamese.
"""

from starlette.requests import Request
from starlette.responses import Response

from sansang_agent.contract.words import DEFAULT_LANGUAGE, LANGUAGES

COOKIE = "sansang_lang"
_YEAR_S = 365 * 86400


def language_of(request: Request) -> str:
    """``vi`` or ``en``."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return asked
    return DEFAULT_LANGUAGE


def remember(request: Request, response: Response) -> None:
    """Keep a choice made with ``?lang=`` for a year."""
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        response.set_cookie(COOKIE, asked, max_age=_YEAR_S, httponly=True, samesite="lax")
