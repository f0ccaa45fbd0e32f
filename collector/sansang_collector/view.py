"""What pages and the API show: plain frozen views, made by overview.py from the ledger.

Times are Unix seconds; ``None`` means never or not known, and is shown as such.
"""

import msgspec

from sansang_agent.contract.light import Light
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Device, Interface
from sansang_agent.contract.rung import Network, Rung

from .liveness import State
from .serving import Serving


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """The newest result of one check of one agent, with what its profile says about it."""

    check: str
    kind: str | None
    rung: Rung | None
    target: str
    name: str
    network: Network
    mandatory: bool
    source: str
    outcome: Outcome
    reason: Reason | None
    at: float
    since: float | None
    """Since when the outcome has been what it is, as far as intervals tell."""
    live: bool
    """False where the newest result is older than two periods: shown, but not as the present."""
    duration_ms: float | None
    rtt_ms: tuple[float, float, float, float] | None
    loss: float | None
    """Lost echoes as a ratio."""
    phases_ms: dict[str, float] | None
    status: int | None
    cert_expiry: float | None
    fallback: str | None
    detail: str | None
    period_s: float = 15.0
    """How often its profile asks; a result speaks for about this long."""
    jitter_ms: float | None = None
    device: Device | None = None
    interfaces: tuple[Interface, ...] = ()
    """What a device told of its interfaces by SNMP; counters as the device counts."""


class RungView(msgspec.Struct, frozen=True, kw_only=True):
    """One rung of an agent's or a commune's ladder."""

    rung: Rung
    light: Light
    since: float | None
    checks: tuple[CheckView, ...] = ()


class AgentView(msgspec.Struct, frozen=True, kw_only=True):
    """One machine."""

    id: int
    name: str
    commune: str
    commune_name: str
    label: str
    """The label of its profile, for example that it is a sandbox."""
    version: str
    last_contact: float | None
    silent: bool
    """No authenticated envelope for longer than three reports' time, for whatever reason; ``state`` tells it."""
    state: State
    """How it stands with the collector: only ``silent`` is a fault."""
    state_since: float | None
    """Since when; None where it is online or was never seen."""
    state_why: str
    """Of ``goodbye`` its reason; of ``expected_off`` ``hours`` or ``habit``; of ``revoked`` why; else empty."""
    back: float | None
    """When a machine that is away is expected again, as far as it is known."""
    role: str
    goodbye: str | None
    """Why it went silent on purpose, where it said so."""
    clock_skew_s: float | None
    spool_rows: int
    spool_oldest: float | None
    dropped: int
    """Reports the agent had to drop, ever."""
    rungs: tuple[RungView, ...]
    others: tuple[CheckView, ...] = ()
    """Checks whose rung is not known because no profile that came names it."""

    @property
    def checks(self) -> tuple[CheckView, ...]:
        """All of them, nearest rung first."""
        return (*(check for rung in self.rungs for check in rung.checks), *self.others)


class CommuneView(msgspec.Struct, frozen=True, kw_only=True):
    """One commune: the light of each rung over all its agents, best agent first."""

    code: str
    name: str
    light: Light
    agents: int
    silent_agents: int
    """Not in contact, for whatever reason."""
    last_contact: float | None
    rungs: tuple[RungView, ...]
    missed_agents: int = 0
    """Of the silent ones, those that should be in contact: state ``silent``."""
    away_agents: int = 0
    """Of the silent ones, those that said goodbye or are off as usual at this hour: not lost."""
    labels: tuple[str, ...] = ()
    """The labels of its agents' profiles, each once, for example that an agent is a sandbox."""
    serving: Serving | None = None
    """Whether it can serve citizens now; None where the inventory does not have it."""


class FleetView(msgspec.Struct, frozen=True, kw_only=True):
    """One machine in the list of the whole fleet: how it stands, without its results."""

    id: int
    commune: str
    commune_name: str
    district: str
    """The former district, empty where none is entered."""
    name: str
    role: str
    state: str
    """``online``, ``goodbye``, ``expected_off``, ``silent``, ``retired``, ``never_seen``, ``revoked`` or
    ``quarantined``."""
    state_since: float | None
    why: str
    """Of a goodbye its reason; of a machine off as usual ``hours`` or ``habit``; of a revoked one why."""
    back: float | None
    """When a machine that is away is expected again."""
    last_contact: float | None
    version: str
    clock_skew_s: float | None
    spool_rows: int | None
    spool_oldest: float | None
    config: str
    """``current`` or ``lagging`` behind what the centre has for it; ``own`` where that is nothing."""
    dropped: int
    """Reports it had to drop, ever."""
    still_reports: bool
    """Whether it goes on reporting although it is retired."""
    refused_at: float | None = None
    """When it was last turned away because its token has ended, since the collector was started."""


class IntervalView(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of one outcome; ``reason`` is of its first result, ``late`` says part of it arrived afterwards."""

    outcome: Outcome
    reason: Reason | None
    first_at: float
    last_at: float
    late: bool
    revision: int
    light: Light | None = None
    """The light of a rung's stretch; ``outcome`` then is ``failed`` for degraded too."""
    incident: int | None = None
    """The number of the incident that a rung's stretch belongs to, once it was revised."""


class PointView(msgspec.Struct, frozen=True, kw_only=True):
    """All results of one check from ``at`` on, over one step. Times are milliseconds."""

    at: float
    count: int
    ok: int
    failed: int
    unknown: int
    reasons: dict[Reason, int]
    """Results by what kept them from being ok."""
    loss: float | None
    """Lost echoes as a ratio."""
    rtt_min_ms: float | None
    rtt_ms: float | None
    """Mean of the trains' medians."""
    rtt_max_ms: float | None
    total_ms: float | None
    """Mean duration of probes with phases, in all."""
    total_max_ms: float | None


class HistoryView(msgspec.Struct, frozen=True, kw_only=True):
    """A check of one agent, or a rung of one commune, over time."""

    commune: str
    agent: int | None = None
    check: str | None = None
    rung: Rung | None = None
    first: float = msgspec.field(name="from")
    last: float = msgspec.field(name="to")
    items: list[IntervalView]
    """Stretches of one outcome, in order; what lies between them was not measured."""
    step: int | None = None
    """Seconds a point covers; points are of checks only."""
    points: list[PointView] | None = None
    """Steps in which something was measured, in order."""


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the append-only change table; ``id`` is the server-sent event's id."""

    id: int
    at: float
    kind: str
    """``outcome``, ``contact``, ``late``, ``agent`` or ``incident``."""
    commune: str
    agent: int | None
    """None for what is of no single machine."""
    check: str | None
    outcome: Outcome | None
    reason: Reason | None
    incident: int | None = None


class MomentView(msgspec.Struct, frozen=True, kw_only=True):
    """One result as history keeps it: when, and what came out."""

    at: float
    outcome: Outcome
    reason: Reason | None


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """The report behind a six-character code: whose, and when it was taken."""

    code: str
    agent: int
    stream: str
    seq: int
    at: float
    """Unix seconds, by the report's own wall clock where its boot has ended since."""
