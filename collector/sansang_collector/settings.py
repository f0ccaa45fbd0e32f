"""What the collector's configuration file may say, as one frozen struct.

Strictness (unknown keys, types, every mistake at once) is the contract's loader; what values mean together is here.
"""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from sansang_agent.contract.mistake import mark

_PORT = r"(6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]\d{4}|\d{1,4})"

Listen = Annotated[
    str, msgspec.Meta(pattern=rf"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):{_PORT}$", description=mark("host:port"))
]
"""``host:port``; an IPv6 address in brackets; port 0 lets the system choose."""

HostName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]{1,253})$",
        description=mark("a host name or an address, without port"),
    ),
]
"""A name people and agents may reach the collector by, without port."""

PublicUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(https?://[^/\s?#]+(/[^\s?#]*)?)?$", description=mark("a URL that starts with http:// or https://")
    ),
]


AlertmanagerUrl = Annotated[
    str,
    msgspec.Meta(pattern=r"^https?://[^/\s?#]+(/[^\s?#]*)?$", description=mark("a URL such as http://127.0.0.1:9093")),
]

Proxy = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9a-fA-F:.]+(/\d{1,3})?$", description=mark("an address or a network such as 10.1.2.0/24")
    ),
]

Tls = Literal["auto", "own", "files", "off"]
Delivery = Literal["direct", "alertmanager", "off"]


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
    """How people reach the collector, for links; empty: the listening address."""

    tls: Tls = "auto"
    """Who proves this server to others: a small authority of its own, files, or nobody (something before it does).
    ``auto`` is ``off`` where it listens for this machine alone, else ``own``."""
    tls_certificate: str = ""
    """PEM: the certificate of ``tls: files``, and after it those between it and an authority."""
    tls_key: str = ""
    """PEM, unencrypted, readable by its owner only."""
    tls_ca: str = ""
    """PEM: the authority that machines are to trust with ``tls: files``; empty: they trust their system's."""
    proxies: tuple[Proxy, ...] = ()
    """Whose word on where a request came from (``X-Forwarded-For``, ``X-Forwarded-Proto``, ``Forwarded``) counts."""
    connections: Annotated[int, msgspec.Meta(ge=100, le=60_000)] = 5_000
    """Open at a time; those that nobody has proved to be theirs are closed first."""
    connections_per_address: Annotated[int, msgspec.Meta(ge=10, le=60_000)] = 200
    """Of one address and not yet proved to be anybody's; this machine and ``proxies`` may have any number."""

    inventory_dir: str = ""
    """A folder applied at the start and at each reload; empty: only ``inventory apply`` changes what is in force."""

    alerts: str = ""
    """The file that says who is told of incidents and how (alerts.yml); empty: nobody is."""
    delivery: Delivery = "direct"
    """Who says when people are told: this collector, an Alertmanager that incidents are handed to, or nobody."""
    alertmanagers: tuple[AlertmanagerUrl, ...] = ()
    """With ``delivery: alertmanager``: every member of the cluster, such as ``http://127.0.0.1:9093``."""
    alertmanager_token_file: str = ""
    """Holds what they want to be shown (``Authorization: Bearer …``); empty: nothing."""
    alertmanager_ca: str = ""
    """PEM: the authority of ``https://`` ones; empty: the system's."""

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

    @property
    def is_local(self) -> bool:
        """Whether nobody but this machine can connect."""
        try:
            return ip_address(self.listen_host).is_loopback
        except ValueError:
            return self.listen_host.lower() == "localhost"

    @property
    def listens_everywhere(self) -> bool:
        """Whether it listens on all addresses, so that the address it listens on is none to reach it by."""
        try:
            return ip_address(self.listen_host).is_unspecified
        except ValueError:
            return False

    @property
    def tls_kind(self) -> Literal["own", "files", "off"]:
        """What ``tls`` comes to."""
        if self.tls == "auto":
            return "off" if self.is_local else "own"
        return self.tls

    @property
    def tells(self) -> bool:
        """Whether anybody is told of incidents."""
        return self.delivery != "off" and bool(self.alerts)

    @property
    def address(self) -> str:
        """How people reach the collector, without a slash at the end."""
        scheme = "http" if self.tls_kind == "off" else "https"
        return (self.public_url or f"{scheme}://{self.listen}").rstrip("/")
