"""Reads what a request sent, within limits of length and time, and as a message of ours where it is to be one."""

import asyncio
from typing import TypeVar

import msgspec
from fastapi import HTTPException, Request

from sansang_collector import body as bodies

T = TypeVar("T")


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
            raise HTTPException(413, f"the body is longer than {most} bytes")
    return bytes(body)


async def message_of(request: Request, kind: type[T], most: int) -> T:
    """The body as a ``kind``; raises HTTPException (408, 413, 422)."""
    body = await body_of(request, most)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise HTTPException(422, str(error)) from error
