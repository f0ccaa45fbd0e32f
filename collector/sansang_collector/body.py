"""Reads a request's body within limits of size and time, and inflates it within limits too.

Nothing is trusted: not the length announced, not the ratio of the compression, not that the rest will ever come.
"""

import asyncio
import zlib
from collections.abc import Mapping
from typing import Protocol

from starlette.types import Receive

from sansang_agent.contract.report import MAX_BODY_BYTES, MAX_COMPRESSED_BYTES

READ_SECONDS = 30.0
"""How long a whole body may take to arrive."""

_GZIP_WINDOW = 31


class BodyError(Exception):
    """A body that is not taken, and the status and title to say so."""

    def __init__(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})


class DisconnectedError(Exception):
    """The client went away in the middle of the body; there is nobody to answer."""


class _Sink(Protocol):
    def feed(self, chunk: bytes) -> None: ...

    def finish(self) -> bytes: ...


class _Plain:
    """Collects a body that is not compressed."""

    def __init__(self) -> None:
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        if len(self._body) + len(chunk) > MAX_BODY_BYTES:
            raise _too_large("the body", MAX_BODY_BYTES)
        self._body += chunk

    def finish(self) -> bytes:
        return bytes(self._body)


class _Gzip:
    """Inflates while the body arrives and never makes more than one byte too many."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP_WINDOW)
        self._taken = 0
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        self._taken += len(chunk)
        if self._taken > MAX_COMPRESSED_BYTES:
            raise _too_large("the compressed body", MAX_COMPRESSED_BYTES)
        try:
            self._body += self._inflate.decompress(chunk, MAX_BODY_BYTES + 1 - len(self._body))
        except zlib.error as error:
            raise BodyError(400, "Malformed body", f"not gzip: {error}") from error
        if len(self._body) > MAX_BODY_BYTES or self._inflate.unconsumed_tail:
            raise _too_large("the inflated body", MAX_BODY_BYTES)

    def finish(self) -> bytes:
        if not self._inflate.eof:
            raise BodyError(400, "Malformed body", "the gzip data ends too early")
        if self._inflate.unused_data:
            raise BodyError(400, "Malformed body", "there is something after the end of the gzip data")
        return bytes(self._body)


def whole(encoding: str, data: bytes) -> bytes:
    """A body that is all here and within the limits of :func:`read`, inflated; raises :class:`BodyError`."""
    if not encoding:
        return data
    sink = _sink(encoding.strip().lower())
    sink.feed(data)
    return sink.finish()


async def read(headers: Mapping[str, str], receive: Receive) -> bytes:
    """The body, inflated; raises :class:`BodyError` (400, 408, 411, 413, 415) or :class:`DisconnectedError`."""
    encoding = headers.get("content-encoding", "").strip().lower()
    sink = _sink(encoding)
    _check_length(headers, MAX_COMPRESSED_BYTES if encoding == "gzip" else MAX_BODY_BYTES)
    try:
        async with asyncio.timeout(READ_SECONDS):
            await _pour(receive, sink)
    except TimeoutError as error:
        detail = f"the body did not arrive within {READ_SECONDS:.0f} s"
        raise BodyError(408, "Request too slow", detail, {"Connection": "close"}) from error
    return sink.finish()


def _sink(encoding: str) -> _Sink:
    if encoding in {"", "identity"}:
        return _Plain()
    if encoding == "gzip":
        return _Gzip()
    detail = f"Content-Encoding {encoding!r} is not known; gzip and identity are"
    raise BodyError(415, "Unknown encoding", detail, {"Accept-Encoding": "gzip"})


def _check_length(headers: Mapping[str, str], limit: int) -> None:
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        raise BodyError(411, "Length required", "send a Content-Length or chunks")
    if length is not None and length.isdecimal() and int(length[:20]) > limit:
        raise _too_large("the body", limit)


async def _pour(receive: Receive, sink: _Sink) -> None:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        sink.feed(message.get("body", b""))
        more = message.get("more_body", False)


def _too_large(what: str, limit: int) -> BodyError:
    # Whatever is still on its way is not read: the connection cannot be used again.
    return BodyError(413, "Too large", f"{what} is larger than {limit} bytes", {"Connection": "close"})
