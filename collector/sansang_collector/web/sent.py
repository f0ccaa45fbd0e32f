"""Reads what a request sent, up to a length, and as a message of ours where it is to be one."""

from typing import TypeVar

import msgspec
from fastapi import HTTPException, Request

T = TypeVar("T")


async def body_of(request: Request, most: int) -> bytes:
    """The whole body; raises HTTPException (413) once it is longer than ``most`` bytes."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            # Whatever is still on its way is not read: the connection cannot be used again.
            raise HTTPException(413, f"the body is longer than {most} bytes", {"Connection": "close"})
    return bytes(body)


async def message_of(request: Request, kind: type[T], most: int) -> T:
    """The body as a ``kind``; raises HTTPException (413, 422)."""
    body = await body_of(request, most)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise HTTPException(422, str(error)) from error
