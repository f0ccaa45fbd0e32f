"""What the collector's configuration file may say, as one frozen struct.

Strictness (unknown keys, types, every mistake at once) is the contract's loader; what values mean together is here.
"""

from pathlib import Path
from typing import Annotated

import msgspec

_PORT = r"(6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]\d{4}|\d{1,4})"

Listen = Annotated[
    str, msgspec.Meta(pattern=rf"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):{_PORT}$", description="host:port")
]
"""``host:port``; an IPv6 address in brackets; port 0 lets the system choose."""

HostName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]{1,253})$", description="a host name or an address, without port"
    ),
]
"""A name people and agents may reach the collector by, without port."""

PublicUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(https?://[^/\s?#]+(/[^\s?#]*)?)?$", description="a URL that starts with http:// or https://"
    ),
]


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long history is kept; see docs/deploy.md for what an agent takes."""

    raw_days: Annotated[float, msgspec.Meta(ge=1, le=3650)] = 7
    """Reports as they came, from their arrival, and single results."""
    raw_bytes: Annotated[int, msgspec.Meta(ge=10_000_000)] = 20_000_000_000
    """What log.db may hold; the oldest reports go before their days are over."""
    chunk_days: Annotated[float, msgspec.Meta(ge=1, le=3650)] = 400
    """Five-minute summaries."""
    interval_years: Annotated[float, msgspec.Meta(ge=1, le=100)] = 5
    """Stretches of one outcome."""


class CollectorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The collector's settings; every field has the default a newcomer needs."""

    listen: Listen = "127.0.0.1:9640"
    data_dir: str = "/var/lib/sansang-collector"
    """Holds log.db, ledger.db and tokens/; only the collector's user may read it."""
    hosts: tuple[HostName, ...] = ()
    """Names in the Host header that are answered beside loopback and the one of ``public_url``."""
    public_url: PublicUrl = ""
    """How people reach the collector, for links; empty: ``http://`` and the listening address."""

    inventory_dir: str = ""
    """A folder applied at the start and at each reload; empty: only ``inventory apply`` changes what is in force."""

    retention: Retention = Retention()

    token_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    """How old an enrolled machine's token gets before it is renewed by itself."""

    shards: Annotated[int, msgspec.Meta(ge=1, le=256)] = 8
    """Into how many scrapes the series of checks are parted with more than 200 agents."""

    @property
    def listen_host(self) -> str:
        """The address to listen on, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        """The port to listen on; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])

    @property
    def folder(self) -> Path:
        """``data_dir`` as a path."""
        return Path(self.data_dir)
