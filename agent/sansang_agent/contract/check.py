"""What is probed: one struct per kind of check, told apart by ``kind``.

Durations are seconds. A field that only the local administrator may set says so; the centre never sets it.
"""

from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from .mistake import mark
from .rung import Network, Rung

Identifier = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$(?!\n)",
        description=mark("a name of lower-case letters, digits, _ . - (a letter or digit first; at most 64)"),
    ),
]
"""The name of a thing somebody entered: a line, an access node, a service."""

CheckName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9][a-z0-9_.:-]{0,95}$(?!\n)",
        description=mark("a name of lower-case letters, digits, _ . : - (a letter or digit first; at most 96)"),
    ),
]
"""A check's name, a metric label and a key. A colon parts a kind of thing from which one: ``terminal:06001-a``."""

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86400)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100)]


class _Common(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    id: CheckName
    rung: Rung
    target: str
    """What is asked: an address, ``host:port`` or a URL, by kind. ``{gateway}`` and ``{dns}`` are this PC's own."""
    name: str = ""
    """What people call it (Vietnamese, NFC); empty shows the target."""
    network: Network = Network.BOTH
    period: Seconds = 15.0
    phase: Annotated[float, msgspec.Meta(ge=0, lt=86400)] | None = None
    """Seconds into the period at which it is run, counted from the epoch of the collector's clock; the centre spreads
    machines by it. None: a share of the period that is this machine's own."""
    timeout: Seconds = 4.0
    confirm: bool = True
    """Ask again (3 tries, 1 s apart) before saying failed; off for shared services."""
    mandatory: bool = True
    """Whether citizens' files cannot be handled without it."""
    source: str = ""
    """Where the target comes from, shown with it (for example "check on site")."""


class IcmpCheck(_Common, tag="icmp", tag_field="kind", frozen=True):
    """A train of echoes (RFC 792, RFC 4443). ``target``: address or name."""

    count: Count = 5
    gap: Seconds = 0.2
    fallback_ports: tuple[Port, ...] = (80, 443, 53)
    """Tried by TCP connect when this process may not send ICMP; an answer or a refusal both mean the host is there."""


_FOR_SENDING = 0.5
"""The part of a train's time that sending may take; the rest is for the last echo to come back."""


def gap_of(check: IcmpCheck, left: float) -> float:
    """Seconds between two echoes of the train, with ``left`` seconds for all of it."""
    return min(check.gap, left * _FOR_SENDING / max(1, check.count - 1))


class TcpCheck(_Common, tag="tcp", tag_field="kind", frozen=True):
    """A TCP connect (RFC 9293). ``target``: ``host:port``."""

    refused_is_ok: bool = False
    """A refusal proves the host is there: right for a gateway, wrong for a service."""


class DnsCheck(_Common, tag="dns", tag_field="kind", frozen=True):
    """One question to one resolver (RFC 1035). ``target``: resolver as ``address[:port]``."""

    query: str
    type: str = "A"
    expect: tuple[str, ...] = ()
    """Addresses or networks; at least one answer must lie in one of them. Empty: any answer is right."""


class TlsCheck(_Common, tag="tls", tag_field="kind", frozen=True):
    """A TLS handshake and the facts of the certificate. ``target``: ``host:port``."""

    server_name: str = ""
    ca_file: str = ""
    """A CA file on this machine (local administrator only); empty: the system's."""


class HttpCheck(_Common, tag="http", tag_field="kind", frozen=True):
    """A GET (RFC 9110) with a stopwatch per phase. ``target``: URL."""

    status: tuple[int, ...] = ()
    """Statuses that are right; empty: any 2xx or 3xx that ends in a 2xx."""
    contains: str = ""
    """Text the page must have, or it is not the service's page (``wrong_content``)."""
    pattern: str = ""
    """A regular expression that must be found in the page (``wrong_content``); pattern.py says which are allowed."""
    json: dict[str, str] = {}
    """Dotted path → the value a JSON answer must have there, as JSON writes it (``true``, ``3``) or as plain text."""
    redirects: Annotated[int, msgspec.Meta(ge=0, le=10)] = 5
    max_bytes: Annotated[int, msgspec.Meta(ge=1024, le=4_194_304)] = 262_144
    ca_file: str = ""
    """A CA file on this machine (local administrator only); empty: the system's."""
    proxy: str = ""
    """A proxy to go through, ``http://host:port`` (local administrator only); empty: straight."""


class TimestampCheck(_Common, tag="timestamp", tag_field="kind", frozen=True):
    """A time stamp over random bytes, asked for by HTTP POST (RFC 3161). ``target``: URL."""

    ca_file: str = ""
    """A CA file on this machine for an https target (local administrator only); empty: the system's."""


class HostCheck(_Common, tag="host", tag_field="kind", frozen=True):
    """This machine: adapters, routes, clock, disk, power. ``target``: always ``local``."""


class PathCheck(_Common, tag="path", tag_field="kind", frozen=True):
    """The first answering hop beyond the gateway on the way to ``target`` (an address), by limited TTL."""

    first_ttl: Annotated[int, msgspec.Meta(ge=1, le=30)] = 2
    max_ttl: Annotated[int, msgspec.Meta(ge=1, le=30)] = 5


class SnmpVersion(StrEnum):
    """Which SNMP a device is asked by: communities (RFC 1901), or users with authentication and privacy (RFC 3414)."""

    V2C = "2c"
    V3 = "3"


class SnmpAuth(StrEnum):
    """How an SNMPv3 user is authenticated (RFC 3414, RFC 7860)."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class SnmpPriv(StrEnum):
    """How an SNMPv3 user's messages are encrypted (RFC 3414, RFC 3826; 256 bits as draft-blumenthal-aes-usm has it)."""

    DES = "des"
    AES128 = "aes128"
    AES256 = "aes256"


class SnmpCheck(_Common, tag="snmp", tag_field="kind", frozen=True):
    """What a device says of itself and of its interfaces (RFC 3418, RFC 2863). ``target``: ``host[:port]``.

    Secrets are never in a check: it names files on this machine that hold them (local administrator only, 0600).
    """

    period: Seconds = 60.0
    confirm: bool = False
    """Off: the probe itself asks a silent device three times."""
    version: SnmpVersion = SnmpVersion.V2C
    community_file: str = ""
    """For version 2c: the file that holds the community."""
    user: str = ""
    """For version 3: the user; always with authentication and privacy."""
    auth: SnmpAuth = SnmpAuth.SHA256
    auth_file: str = ""
    """For version 3: the file that holds the authentication passphrase."""
    priv: SnmpPriv = SnmpPriv.AES128
    priv_file: str = ""
    """For version 3: the file that holds the privacy passphrase."""
    interfaces: Annotated[tuple[str, ...], msgspec.Meta(max_length=64)] = ()
    """Names of the interfaces that are told, ``*`` and ``?`` stand for letters; empty: the first 64."""


class UnsupportedCheck(_Common, tag="unsupported", tag_field="kind", frozen=True):
    """Stands in a machine's profile for a check of the centre's that this version does not know: never asked, and said
    to be ``unknown(not_supported)``.
    """

    WRITTEN: ClassVar[bool] = False
    """Whether a person may write it into a file."""


Check = (
    IcmpCheck
    | TcpCheck
    | DnsCheck
    | TlsCheck
    | HttpCheck
    | TimestampCheck
    | HostCheck
    | PathCheck
    | SnmpCheck
    | UnsupportedCheck
)

KINDS: dict[str, type[Check]] = {
    "icmp": IcmpCheck,
    "tcp": TcpCheck,
    "dns": DnsCheck,
    "tls": TlsCheck,
    "http": HttpCheck,
    "timestamp": TimestampCheck,
    "host": HostCheck,
    "path": PathCheck,
    "snmp": SnmpCheck,
}
"""The kinds people write."""


def kind_of(check: Check) -> str:
    """The ``kind`` a check is written with."""
    tag = check.__struct_config__.tag
    assert isinstance(tag, str)
    return tag


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The checks of one agent, content-addressed by :func:`sansang_agent.contract.codec.profile_hash`."""

    VERSION: ClassVar[int] = 1

    label: str = ""
    """Shown beside every result of this profile, for example "sandbox: stand-ins on loopback"."""
    checks: tuple[Check, ...] = ()
