"""Reads what a request sent, within limits of length and time, as a message or a form of ours where it is to be one."""

import asyncio
from typing import TypeVar
from urllib.parse import parse_qs

import msgspec
from fastapi import HTTPException, Request

from sansang_collector import body as bodies
from sansang_collector import cookies
from sansang_collector.access import NotAllowedError

T = TypeVar("T")

STALE = "this form does not belong to this session; load its page again"
"""Said of a form whose page was opened before its session began."""


async def body_of(request: Request, most: int) -> bytes:
    """The whole body; raises HTTPException (413) once it is longer than ``most`` bytes, (408) if it takes too long."""
    try:
        async with asyncio.timeout(bodies.READ_SECONDS):
            return await _read(request, most)
    except TimeoutError:
        detail = f"the body did not arrive within {bodies.READ_SECONDS:.0f} s"
        raise HTTPException(408, detail, {"Connection": "close"}) from None


async def _read(request: Request, most: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            # Whatever is still on its way is not read: the connection cannot be used again.
            raise HTTPException(413, f"the body is longer than {most} bytes", {"Connection": "close"})
    return bytes(body)


async def message_of(request: Request, kind: type[T], most: int) -> T:
    """The body as a ``kind``; raises HTTPException (408, 413, 422)."""
    body = await body_of(request, most)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:  # nested without end
        raise HTTPException(422, str(error)) from error


Form = dict[str, list[str]]
"""A form's fields; those left empty too."""


async def fields_of(request: Request, most: int) -> Form:
    """The body as a form that needs no token; raises HTTPException (413)."""
    return parse_qs((await body_of(request, most)).decode("utf-8", "replace"), keep_blank_values=True)


async def form_of(request: Request, most: int) -> Form:
    """The body as a form that a page of this session carried; raises HTTPException (413), NotAllowedError (403).

    Whoever comes with a bearer token, which no other site can make a browser send, needs none in the form.
    """
    form = await fields_of(request, most)
    if not request.headers.get("authorization"):
        secret = cookies.acting(request) or cookies.reading(request)
        if secret is None or not cookies.is_form_token(secret, said(form, "token")):
            raise NotAllowedError(403, STALE)
    return form


def said(form: Form, name: str) -> str:
    """What a field says; nothing where there is none."""
    return form.get(name, [""])[0]
