"""The way to the collector: one kept-alive HTTPS connection, a bearer token, one POST at a time.

Every failure to get an answer is one :class:`LinkError` with an English sentence; answers are judged elsewhere.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from . import tls_settings
from .config import CollectorConfig
from .hindrance import Hindrance, hindrance_of
from .names import NameFailure
from .probes import Names
from .wire_http import Connection, Response, WireError

CONNECT_S = 8.0
EXCHANGE_S = 30.0
MOST_ADDRESSES = 3
MAX_ANSWER = 1_048_576
LONGEST_TOKEN = 4096
PATH = "/api/v1/reports"
CONFIG_PATH = "/api/v1/agent/config"

Body = Callable[[], bytes]
"""Makes what is sent, at the moment of sending."""

_log = logging.getLogger(__name__)


class LinkError(Exception):
    """No answer was had; the reports stay where they are. ``hindrance``: what a person can do something about."""

    def __init__(self, message: str, hindrance: Hindrance | None = None) -> None:
        super().__init__(message)
        self.hindrance = hindrance


class Link:
    """One collector."""

    def __init__(self, config: CollectorConfig, names: Names, user_agent: str) -> None:
        self._config = config
        self._names = names
        self._user_agent = user_agent
        self._place = place_of(config.url)
        self._connection: Connection | None = None

    async def post(self, make: Body) -> Response:
        """Send the gzipped JSON that ``make`` gives to the collector and return its answer; raises :class:`LinkError`.

        ``make`` is called when the connection stands: a body may say what time it is.
        """
        more = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return await self._exchange("POST", PATH, more, make)

    async def get(self, path: str, known: str) -> Response:
        """Ask for what lies at ``path`` unless it is still ``known`` (a hash); raises :class:`LinkError`."""
        return await self._exchange("GET", path, {"If-None-Match": f'"{known}"'} if known else {}, bytes)

    async def _exchange(self, method: str, path: str, more: dict[str, str], make: Body) -> Response:
        try:
            async with asyncio.timeout(EXCHANGE_S):
                return await self._asked(method, path, more, make)
        except TimeoutError as exc:
            await self.close()
            raise LinkError(f"no answer from {self._place.host} within {EXCHANGE_S:g} s") from exc
        except (OSError, WireError, NameFailure) as exc:
            await self.close()
            raise LinkError(f"{self._place.host}: {exc}", hindrance_of(exc)) from exc
        except asyncio.CancelledError:
            await self.close()
            raise

    async def _asked(self, method: str, path: str, more: dict[str, str], make: Body) -> Response:
        headers, target = self._headers() | more, self._place.base + path
        kept = self._connection is not None and self._connection.is_usable()
        connection = await self._connected()
        try:
            return await connection.request(method, target, headers, make(), MAX_ANSWER)
        except (WireError, ConnectionError) as exc:
            if not kept or (isinstance(exc, WireError) and not exc.fresh):
                raise
            _log.debug("the kept connection was closed meanwhile (%s); connecting again", exc)
        await self.close()
        connection = await self._connected()
        return await connection.request(method, target, headers, make(), MAX_ANSWER)

    def _headers(self) -> dict[str, str]:
        return {
            "Host": self._place.authority,
            "User-Agent": self._user_agent,
            "Authorization": f"Bearer {read_token(Path(self._config.token_file))}",
            "Accept": "application/json, application/problem+json",
        }

    async def _connected(self) -> Connection:
        if self._connection is not None and self._connection.is_usable():
            return self._connection
        await self.close()
        tls = tls_settings.client(self._config.ca) if self._place.tls else None
        self._connection = await connect(self._place, tls, self._names)
        return self._connection

    async def close(self) -> None:
        """Close the connection; the next post opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


class Place(NamedTuple):
    """Where a collector is, taken from its URL."""

    host: str
    port: int
    tls: bool
    authority: str
    base: str
    """The path before ours."""


def place_of(url: str) -> Place:
    """The place that a URL as :mod:`config_rules` allows it names."""
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    return Place(parts.hostname or "", port, tls, parts.netloc, parts.path.rstrip("/"))


async def connect(place: Place, tls: ssl.SSLContext | None, names: Names) -> Connection:
    """A connection to the first of the place's addresses that gives one; raises LinkError, OSError or NameFailure."""
    addresses = (await names.resolve(place.host, CONNECT_S))[:MOST_ADDRESSES]
    failure: Exception = LinkError(f"{place.host} has no address")
    for address in addresses:
        try:
            async with asyncio.timeout(CONNECT_S):
                return await Connection.open(address, place.port, tls, place.host)
        except TimeoutError:
            failure = LinkError(f"{place.host}: no connection to {address} port {place.port} in {CONNECT_S:g} s")
        except OSError as exc:
            failure = exc
    raise failure


def read_token(path: Path) -> str:
    """The token in ``path``, read anew for each envelope so that a renewed one counts; raises :class:`LinkError`."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as exc:
        raise LinkError(f"the token file {path} cannot be read: {exc}") from exc
    if not is_token(token):
        raise LinkError(f"the token file {path} does not hold a token")
    return token


def is_token(text: str) -> bool:
    """Whether ``text`` can stand in a header as a bearer token."""
    return 0 < len(text) <= LONGEST_TOKEN and text.isascii() and text.isprintable() and " " not in text
