"""What a request without a credential, or with one that does not suffice, is told: a program JSON, a browser a page."""

from html import escape

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from sansang_agent.contract.words import DEFAULT_LANGUAGE, catalogue

from .access import NotAllowedError
from .problem import problem

_TITLES = {401: "Not authenticated", 403: "Not permitted", 410: "Link spent"}


def refuse(request: Request, error: Exception) -> Response:
    """The answer to a :class:`NotAllowedError`."""
    assert isinstance(error, NotAllowedError)
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if error.status == 401 else {})
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_page(error.status), error.status, headers)
    return problem(error.status, _TITLES[error.status], error.detail, headers=headers)


def _page(status: int) -> str:
    _ = catalogue("sansang_collector", DEFAULT_LANGUAGE).gettext
    title = _("This link is spent or too old") if status == 410 else _("Not signed in")
    text = _("Ask whoever runs this server for a one-time link. On the server it is made by: {command}")
    if status == 403:
        title = _("Not permitted")
        text = _("What you signed in with does not open this page.")
    command = "<code>sansang-collector link</code>"
    return (
        f'<!doctype html><html lang="{DEFAULT_LANGUAGE}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(text).format(command=command)}</p></html>"
    )
