"""Style sheet, scripts and icon: our own files only, addressed by their content so that browsers may keep them.

They hold nothing but what is in the source, so they answer without a credential: the sign-in page needs them too.
"""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"


@cache
def address(name: str) -> str:
    """The path of static file ``name`` with a mark of its content; FileNotFoundError where there is none."""
    mark = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={mark}"


class _LastingFiles(StaticFiles):
    """Files whose address changes with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        marked = b"v=" in scope["query_string"]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if marked else "no-cache"
        return response


def mount(app: FastAPI) -> None:
    """Serve the files below ``/static``."""
    app.mount("/static", _LastingFiles(directory=FOLDER), name="static")
