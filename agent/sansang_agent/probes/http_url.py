"""URLs taken apart for asking (RFC 3986), and whether two of them are the same site. Pure."""

import re
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from sansang_agent.contract.outcome import Reason
from sansang_agent.names import literal

from .reasons import ProbeError

_PORTS = {"http": 80, "https": 443}
_ALLOWED = "/?#[]@!$&'()*+,;=:%~"
"""What stays as it is in a path and query (RFC 3986); all else is percent-encoded."""


_NAME = re.compile(r"[A-Za-z0-9._-]{1,254}")


class Place(NamedTuple):
    """A URL taken apart."""

    secure: bool
    host: str
    port: int
    host_header: str
    path: str

    @property
    def url(self) -> str:
        """The whole URL again, as a proxy wants it."""
        return f"{'https' if self.secure else 'http'}://{self.host_header}{self.path}"


def place_of(url: str) -> Place:
    """Take a URL apart, its path made of characters HTTP allows; ProbeError where it is not http or https."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise ProbeError(Reason.NOT_SUPPORTED, f"cannot ask {url}") from error
    if not _is_host(host):
        raise ProbeError(Reason.NOT_SUPPORTED, f"cannot ask {url}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    header = parts.netloc.rpartition("@")[2]
    return Place(parts.scheme == "https", host, port, header, quote(path, safe=_ALLOWED))


def _is_host(host: str) -> bool:
    """An address, or a name whose labels DNS and TLS can carry."""
    if literal(host):
        return True
    labels = host.removesuffix(".").split(".")
    return bool(_NAME.fullmatch(host)) and all(1 <= len(label) <= 63 for label in labels)


def joined(url: str, location: str) -> str:
    """Where a redirect at ``url`` leads to; ProbeError where that is nonsense."""
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise ProbeError(Reason.NOT_SUPPORTED, f"cannot ask {location}") from error


def is_elsewhere(host: str, asked: str) -> bool:
    """Whether ``host`` is another site than ``asked``; ``www.`` and other names below a name are the same one."""
    one, other = host.lower().removeprefix("www."), asked.lower().removeprefix("www.")
    return one != other and not one.endswith(f".{other}") and not other.endswith(f".{one}")
