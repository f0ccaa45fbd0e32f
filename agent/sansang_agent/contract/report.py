"""What agent and collector say to each other: results, reports, envelopes and answers.

JSON, version 1. Unknown fields are ignored so that a newer agent can talk to an older collector. What comes by the
thousand is not tracked by the garbage collector (``gc=False``): such values hold no references back to themselves.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from .check import Profile
from .outcome import Outcome, Reason

VERSION = 1
MAX_COMPRESSED_BYTES = 1_048_576
MAX_BODY_BYTES = 8_388_608
MAX_REPORTS = 1_000
"""Reports in one envelope."""

MAX_INTERFACES = 64
"""Interfaces in one result."""

Hex128 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Text = Annotated[str, msgspec.Meta(max_length=2000)]
Ratio = Annotated[float, msgspec.Meta(ge=0, le=1)]
NonNegative = Annotated[float, msgspec.Meta(ge=0)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=2_678_400_000)]
"""A span that was measured: up to 31 days, far more than any probe takes; sums of a few are still a number."""
Natural = Annotated[int, msgspec.Meta(ge=0, le=9_007_199_254_740_991)]
Span = tuple[Natural, Natural]
"""First and last sequence number, both included."""


class Why(StrEnum):
    """What made the agent write a report."""

    PERIODIC = "periodic"
    CHANGE = "change"
    REQUEST = "request"
    GOODBYE = "goodbye"


class GoodbyeReason(StrEnum):
    """Why an agent stops on purpose."""

    SHUTDOWN = "shutdown"
    SLEEP = "sleep"
    LOGOFF = "logoff"
    UPDATE = "update"
    RESTART = "restart"
    STOP = "stop"


class Hop(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One answering router of a path."""

    ttl: Natural
    address: str
    rtt_ms: Milliseconds | None = None


class Interface(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One interface of a device as IF-MIB (RFC 2863) has it; ``None`` and 0 stand for what the device does not tell.

    Counters are what the device counts, modulo 2^53, beyond which JSON and metrics are not exact.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    """ifName, else ifDescr; told apart by ``#index`` where two have the same."""
    index: Natural
    alias: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """What the device's owner calls it (ifAlias)."""
    admin: Natural = 0
    """ifAdminStatus: 1 up, 2 down, 3 testing."""
    oper: Natural = 0
    """ifOperStatus: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 not present, 7 lower layer down."""
    bps: Natural = 0
    """Rate in bit/s."""
    bits: Natural = 0
    """How wide the two octet counters are: 64 (ifXTable), or 32, which wraps within minutes on a fast line."""
    in_octets: Natural | None = None
    out_octets: Natural | None = None
    in_errors: Natural | None = None
    """32 bits wide, as are all the following."""
    out_errors: Natural | None = None
    in_discards: Natural | None = None
    out_discards: Natural | None = None


class Device(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a device says of itself (SNMPv2-MIB, RFC 3418)."""

    name: Annotated[str, msgspec.Meta(max_length=255)] = ""
    descr: Annotated[str, msgspec.Meta(max_length=255)] = ""
    uptime_s: NonNegative | None = None
    """sysUpTime: since its SNMP agent started; begins again at 0 after 497 days."""


class Result(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One answer of one check. Times are milliseconds; ``at`` is relative to the report's ``mono``."""

    check: Name
    at: int = 0
    outcome: Outcome
    reason: Reason | None = None
    sent: Natural | None = None
    lost: Natural | None = None
    rtt_ms: tuple[Milliseconds, Milliseconds, Milliseconds, Milliseconds] | None = None
    """Minimum, median, 95th percentile, maximum."""
    jitter_ms: Milliseconds | None = None
    resolution_ms: Milliseconds | None = None
    """How fine this platform's clock for the measurement is."""
    phases_ms: dict[str, Milliseconds] | None = None
    """By phase: resolve, connect, proxy, tls, first_byte, transfer; together the duration of the probe."""
    status: Natural | None = None
    """HTTP status of the last answer."""
    cert_expiry: float | None = None
    """Earliest notAfter of the chain seen, Unix seconds."""
    clock_offset_s: float | None = None
    """The server's clock minus this machine's, from an HTTP Date header or a time stamp, both in whole seconds."""
    address: str | None = None
    """The address that was asked."""
    hops: tuple[Hop, ...] | None = None
    device: Device | None = None
    interfaces: Annotated[tuple[Interface, ...], msgspec.Meta(max_length=MAX_INTERFACES)] | None = None
    pings: bool | None = None
    """Whether the host answered an echo while it was silent to what was asked; ``None``: not tried."""
    fallback: str | None = None
    """The other way it was measured, for example ``tcp`` where ICMP is not permitted."""
    detail: Text | None = None
    """Evidence for people: a title seen, a notAfter, an answer."""


class Nic(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A network adapter: state, rate in bit/s, error counters, addresses."""

    name: str
    up: bool
    bps: Natural = 0
    rx_errors: Natural = 0
    tx_errors: Natural = 0
    addresses: tuple[str, ...] = ()


class Power(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What feeds the machine: ``mains`` or ``battery``, and the charge in percent where there is one."""

    source: str
    percent: NonNegative | None = None


class Host(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The machine itself: uptime in seconds, CPU and memory in use as ratios, free bytes of the spool's disk."""

    uptime_s: NonNegative
    cpu: Ratio | None = None
    memory: Ratio | None = None
    disk_free_bytes: Natural | None = None
    nics: tuple[Nic, ...] = ()
    gateways: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    power: Power | None = None
    duplicates: tuple[str, ...] = ()
    """Addresses of this machine that another machine on the link uses, where the system noticed."""
    clock_skew_s: float | None = None
    """The collector's clock minus this machine's, as the agent last saw it."""


class Goodbye(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A planned silence; ``back`` is the wall time it is expected to end, where known."""

    reason: GoodbyeReason
    back: float | None = None


class RequestAnswer(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a machine found when the centre asked it to look now; its results are nobody's latest."""

    id: Hex128
    """The request's."""
    results: Annotated[tuple[Result, ...], msgspec.Meta(max_length=5)] = ()


class Report(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What one agent saw since its last report. Identity: (agent, stream, seq)."""

    stream: Hex128
    seq: Annotated[int, msgspec.Meta(ge=1, le=9_007_199_254_740_991)]
    boot: Name
    mono: NonNegative
    """Seconds since boot, counting sleep, when the report was taken."""
    wall: NonNegative
    why: Why
    start: str = ""
    """What began this run of the agent: ``boot`` or ``process``."""
    version: str = ""
    config: str = ""
    """Hash of the profile the checks belong to."""
    assigned: Annotated[str, msgspec.Meta(max_length=32)] = ""
    """Hash of the centre's assignment the profile was made of; empty: the machine's own configuration."""
    host: Host | None = None
    results: tuple[Result, ...] = ()
    answers: Annotated[tuple[RequestAnswer, ...], msgspec.Meta(max_length=5)] = ()
    goodbye: Goodbye | None = None


class Sent(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The sender's clocks at the moment of sending."""

    boot: Name
    mono: NonNegative
    wall: NonNegative


class SpoolState(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How much the agent still holds and which sequence numbers of its stream it had to drop."""

    rows: Natural = 0
    oldest: float | None = None
    bytes: Natural = 0
    dropped: tuple[Span, ...] = ()


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent writes at the moment of sending; reports stay the exact bytes the spool froze."""

    v: int
    sent: Sent
    spool: SpoolState = SpoolState()
    profiles: dict[str, Profile] = {}
    """Profiles by hash, sent when a process starts and when the collector asks."""
    reports: tuple[msgspec.Raw, ...] = ()


class Refused(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record that was not taken: which, where in it, why. ``why`` "conflict": same identity, other content."""

    index: int
    """Position of the report in the envelope, from 0."""
    why: str
    stream: str | None = None
    seq: int | None = None
    field: str | None = None


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast the collector wants to be told: seconds between live reports, backlog envelopes a second."""

    live_s: float = 15.0
    backlog_per_s: float = 4.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The collector's answer: what is durably in the log, what was refused, and what it wants to know."""

    stored: tuple[tuple[str, tuple[Span, ...]], ...] = ()
    refused: tuple[Refused, ...] = ()
    config: str | None = None
    """Hash of the assignment the centre has for this agent; None: it has none."""
    profiles_wanted: tuple[str, ...] = ()
    now: float
    pace: Pace = Pace()
    requests: Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(max_length=5)] = ()
    """Each an :class:`~sansang_agent.contract.assignment.Request`; one that cannot be read spoils no other."""
    token: str | None = None
    """The bearer token to use from now on; the one in use holds until this one was used once."""

    def __repr__(self) -> str:
        fields = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name != "token")
        return f"Answer({', '.join(fields)})"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem document (RFC 9457)."""

    title: str
    status: int
    detail: str = ""
    type: str = "about:blank"
    refused: tuple[Refused, ...] = ()
