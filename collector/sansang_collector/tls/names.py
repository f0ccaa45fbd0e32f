"""Which names and addresses this server's certificate is for: all that people and machines may reach it by. Pure."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from sansang_collector.settings import CollectorSettings

_ALWAYS = ("localhost", "127.0.0.1", "::1")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62}\.?)*")


def names_of(settings: CollectorSettings, machine: str) -> frozenset[str]:
    """``machine``: this computer's host name."""
    said = (*_ALWAYS, urlsplit(settings.public_url).hostname or "", *settings.hosts, settings.listen_host, machine)
    return frozenset(name for each in said for name in _usable(each.strip("[]")))


def _usable(name: str) -> Iterator[str]:
    try:
        address = ip_address(name)
    except ValueError:
        try:
            plain = name.lower().encode("idna").decode() if not name.isascii() else name.lower()
        except UnicodeError:
            return
        if _NAME.fullmatch(plain):
            yield plain
    else:
        if not address.is_unspecified:
            yield str(address)
