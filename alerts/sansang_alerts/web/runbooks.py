"""What to do about each kind of fault, as pages: docs/vi/runbooks, which a wheel carries beside this module.

Open to everybody, for whoever is woken by a message need not log in to read what is in the source. The text is turned
into HTML by a library that lets no HTML through, and links lead to pages that are shown here, or nowhere.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, HTTPException, Request
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.responses import Response

from sansang_alerts.runbooks import PATH
from sansang_alerts.texts.phrases import Phrases

from . import shell

_CARRIED = Path(__file__).parent / "runbook_pages"
_IN_SOURCE = Path(__file__).resolve().parents[3] / "docs" / "vi" / "runbooks"
_CONTENTS = "README"
_PAGE = re.compile(r"([a-zA-Z0-9-]+)\.md(#.*)?")

router = APIRouter(include_in_schema=False)


class Page(NamedTuple):
    """One of them, ready to be shown."""

    title: str
    text: Markup


@router.api_route(PATH, methods=["GET", "HEAD"])
def contents(request: Request) -> Response:
    """Which there are, by what broke and by alert."""
    return _shown(request, page(_CONTENTS))


@router.api_route(PATH + "/{name}", methods=["GET", "HEAD"])
def one(request: Request, name: str) -> Response:
    """One of them."""
    if name not in names():
        raise HTTPException(404)
    return _shown(request, page(name))


@cache
def names() -> frozenset[str]:
    """All pages but the list of them."""
    return frozenset(path.stem for path in _folder().glob("*.md")) - {_CONTENTS}


@cache
def page(name: str) -> Page:
    """The page of this name, which is one of :func:`names`."""
    tokens = _markdown().parse((_folder() / f"{name}.md").read_text(encoding="utf-8"))
    title = next((token.content for token in tokens if token.type == "inline"), "")
    for token in tokens:
        if token.children:
            token.children = list(_led(token.children))
    made = _markdown().renderer.render(tokens, _markdown().options, {})
    return Page(title, Markup(made))  # noqa: S704  # html=False: what looks like HTML in it is escaped


@cache
def _folder() -> Path:
    return _CARRIED if _CARRIED.is_dir() else _IN_SOURCE


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _led(parts: Iterable[Token]) -> Iterator[Token]:
    """Parts of a line with their links turned to pages shown here; of other links only the words are left."""
    leads = True
    for part in parts:
        if part.type == "link_open":
            where = _address(str(part.attrGet("href")))
            part.attrSet("href", where)
            leads = bool(where)
        if leads or part.type not in ("link_open", "link_close"):
            yield part


def _address(link: str) -> str:
    found = _PAGE.fullmatch(link)
    if found and found[1] in names():
        return f"{PATH}/{found[1]}"
    return PATH if found and found[1] == _CONTENTS else ""


def _shown(request: Request, found: Page) -> Response:
    phrases = Phrases(shell.language_of(request), 0.0)
    return shell.page("runbook.html", phrases, title=found.title, text=found.text, contents=PATH)
