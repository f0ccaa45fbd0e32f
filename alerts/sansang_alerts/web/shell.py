"""The page around every page of alerts: templates, language, and headers that let a browser run nothing.

Templates get ``_``, ``phrases`` and ``now``; what others wrote they say through ``plain``.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from sansang_agent.contract.words import DEFAULT_LANGUAGE, LANGUAGES, catalogue
from sansang_alerts.texts.phrases import Phrases
from sansang_alerts.texts.plain import plain

STYLE_PATH = "/alerts/style.css"
_STYLE = Path(__file__).parent / "static" / "style.css"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    # with no-referrer browsers would send forms with the origin "null"
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


def language_of(request: Request, otherwise: str = DEFAULT_LANGUAGE) -> str:
    """The one asked for by ``?lang=``, or else whoever reads it has chosen before."""
    asked = request.query_params.get("lang", "")
    return asked if asked in LANGUAGES else otherwise


def page(template: str, phrases: Phrases, status: int = 200, **context: Any) -> Response:
    """``template`` in a language."""
    environment = _environment(phrases.language)
    text = environment.get_template(template).render(
        context, phrases=phrases, now=phrases.now, style=style_address(), language=phrases.language
    )
    return HTMLResponse(text, status, headers=_HEADERS)


def style() -> Response:
    """The one style sheet; its address changes with its content."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(_style_bytes(), media_type="text/css; charset=utf-8", headers=headers)


@cache
def style_address() -> str:
    """With a mark of its content."""
    return f"{STYLE_PATH}?v={hashlib.sha256(_style_bytes()).hexdigest()[:12]}"


@cache
def _style_bytes() -> bytes:
    return _STYLE.read_bytes()


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("sansang_alerts.web"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    translations = catalogue("sansang_alerts", language)
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["plain"] = plain
    return environment
