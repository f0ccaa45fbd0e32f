"""Reads a request's body within limits of size and time, and the fields of a form. What is announced is not trusted."""

import asyncio
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

READ_S = 15.0
MOST_FORM = 16_384
MOST_FIELDS = 30


async def read(request: Request, most: int) -> bytes:
    """At most ``most`` bytes; raises HTTPException 400, 408, 413 or 415."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise HTTPException(415, "send it without a Content-Encoding")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise _too_large(most)
    found = bytearray()
    try:
        async with asyncio.timeout(READ_S):
            async for chunk in request.stream():
                found += chunk
                if len(found) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise HTTPException(408, f"the body did not arrive within {READ_S:.0f} s", {"Connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(400, "the body ended too early") from None
    return bytes(found)


async def form(request: Request) -> dict[str, str]:
    """The fields of a form, the last of each name; raises HTTPException."""
    body = await read(request, MOST_FORM)
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(400, f"more than {MOST_FIELDS} fields") from None
    return dict(pairs)


def _too_large(most: int) -> HTTPException:
    # what is still on its way is not read: the connection cannot be used again
    return HTTPException(413, f"the body is larger than {most} bytes", {"Connection": "close"})
