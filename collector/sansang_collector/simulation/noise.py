"""How much goes wrong where nothing is broken, and what a check finds behind broken parts. Repeatable.

The rates are those the diagnosis was tried with: lines that lose a little, bursts, slow machines, errors of their own.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from sansang_agent.contract.check import Check, DnsCheck, HostCheck, HttpCheck, IcmpCheck, PathCheck, TimestampCheck
from sansang_agent.contract.outcome import Reason, outcome_of
from sansang_agent.contract.report import Result
from sansang_agent.contract.rung import Component, Rung

from .faults import Fault, survives

BURST_SLOT_S = 15.0
APPLICATION = frozenset(
    {Component.DNS, Component.PDC, Component.SVC_TCP, Component.SVC_APP, Component.PC_APP, Component.PC}
)
"""What is not the network: a retry does not help against it."""
_REASONS = {
    Component.SVC_APP: Reason.HTTP_STATUS,
    Component.SVC_TCP: Reason.REFUSED,
    Component.PC_APP: Reason.TLS_HANDSHAKE,
}
_DISTANCE_MS = {Rung.GATEWAY: 0.4, Rung.LINE: 2.5, Rung.CORE: 6.0, Rung.DNS: 9.0, Rung.INTERNET: 22.0}
_FAR_MS = 28.0


class Noise(NamedTuple):
    """Rates; :data:`QUIET` has none of it."""

    late: float = 0.03
    """Share of reports sent late …"""
    late_s: tuple[float, float] = (2.0, 9.0)
    """… by so many seconds."""
    restarts_per_day: float = 1.0
    away_per_day: float = 0.5
    """How often a machine is switched off for an hour in the middle of the day."""
    bursts_per_slot: float = 0.002
    """How often a commune's line loses 20–40 % for a while, for each :data:`BURST_SLOT_S`."""
    spurious: float = 0.003
    """Share of pages that fail by themselves."""
    slow_machines: float = 0.02
    slow_timeouts: float = 0.15
    """Share of a slow machine's questions to services that take too long."""
    losses: bool = True
    """Whether lines lose a little: most under 1 %, some to 5 %."""


QUIET = Noise(0, (0, 0), 0, 0, 0, 0, 0, 0, losses=False)
"""Nothing happens but faults and people's days."""


class Hit(NamedTuple):
    """A broken part on the way of a check."""

    kind: Component
    fault: Fault


class Line(NamedTuple):
    """How a commune's line is at one moment: the share it loses by itself, and its delay in milliseconds."""

    loss: float
    delay_ms: float
    held_up_ms: float = 0.0
    """What slow parts on the way add."""


def base_loss(noise: Noise, dice: Random) -> float:
    """What a commune's line always loses: under 1 % for 70 of 100, to 3 % for 20, to 5 % for 10."""
    if not noise.losses:
        return 0.0
    low, high = dice.choices(((0.0, 0.01), (0.01, 0.03), (0.03, 0.05)), (70, 20, 10))[0]
    return dice.uniform(low, high)


def burst(noise: Noise, seed: str, at: float) -> float:
    """What a burst adds at this moment; the same whoever of the commune asks. ``seed``: the commune's."""
    if not noise.bursts_per_slot:
        return 0.0
    dice = Random(f"{seed}/burst/{at // BURST_SLOT_S:.0f}")  # noqa: S311  # a simulation must be repeatable
    return dice.uniform(0.2, 0.4) if dice.random() < noise.bursts_per_slot else 0.0


def find(check: Check, hits: Sequence[Hit], line: Line, dice: Random, at_ms: int) -> tuple[Result, Fault | None]:
    """What the check finds behind ``hits``, and the fault that made it fail."""
    if isinstance(check, HostCheck):
        return Result(check=check.id, at=at_ms, outcome=outcome_of(None)), None
    if slow := sum(hit.fault.slow_ms for hit in hits):
        line = line._replace(held_up_ms=2 * slow * dice.random())
    if isinstance(check, IcmpCheck):
        return _echoes(check, hits, line, dice, at_ms)
    culprit = next((hit for hit in hits if dice.random() < _effect(hit)), None)
    if culprit is None:
        return good(check, line, dice, at_ms), None
    return bad(check, _reason(check, culprit), at_ms), culprit.fault


def good(check: Check, line: Line, dice: Random, at_ms: int) -> Result:
    """An answer as a healthy line gives it."""
    delay = delay_of(check, line)
    phases = {"connect": _ms(delay, dice)}
    if isinstance(check, DnsCheck):
        phases = {"resolve": _ms(delay, dice)}
    elif isinstance(check, HttpCheck | TimestampCheck):
        phases |= {"tls": _ms(2 * delay, dice), "first_byte": _ms(delay + 30, dice), "transfer": _ms(4, dice)}
    elif isinstance(check, PathCheck):
        return Result(check=check.id, at=at_ms, outcome=outcome_of(None), address="192.0.2.1")
    status = 200 if isinstance(check, HttpCheck) else None
    return Result(check=check.id, at=at_ms, outcome=outcome_of(None), phases_ms=phases, status=status)


def bad(check: Check, reason: Reason, at_ms: int) -> Result:
    """An answer that did not come, or was wrong."""
    status = 503 if reason is Reason.HTTP_STATUS else None
    return Result(check=check.id, at=at_ms, outcome=outcome_of(reason), reason=reason, status=status)


def _echoes(check: IcmpCheck, hits: Sequence[Hit], line: Line, dice: Random, at_ms: int) -> tuple[Result, Fault | None]:
    loss = 1 - (1 - line.loss) * survives(hit.fault.loss for hit in hits)
    lost = sum(dice.random() < loss for _ in range(check.count))
    if lost == check.count and dice.random() < loss ** (2 * check.count):  # two more trains confirm it
        culprit = max((hit.fault for hit in hits), key=lambda fault: fault.loss, default=None)
        failed = bad(check, Reason.TIMEOUT, at_ms)
        return _with_echoes(failed, check.count, lost, None), culprit
    lost = min(lost, check.count - 1)
    delay = delay_of(check, line)
    times = tuple(sorted(_ms(delay, dice) for _ in range(4)))
    assert len(times) == 4
    return _with_echoes(Result(check=check.id, at=at_ms, outcome=outcome_of(None)), check.count, lost, times), None


def _with_echoes(result: Result, sent: int, lost: int, times: tuple[float, float, float, float] | None) -> Result:
    jitter = round(times[2] - times[0], 3) if times else None
    return Result(
        check=result.check, at=result.at, outcome=result.outcome, reason=result.reason,
        sent=sent, lost=lost, rtt_ms=times, jitter_ms=jitter,
    )  # fmt: skip


def _effect(hit: Hit) -> float:
    """How often a question with two retries fails behind it."""
    if hit.fault.down:
        return 1.0
    return hit.fault.loss if hit.kind in APPLICATION else hit.fault.loss**3


def _reason(check: Check, hit: Hit) -> Reason:
    if hit.kind is Component.DNS and check.rung is not Rung.DNS:
        return Reason.SERVFAIL
    return _REASONS.get(hit.kind, Reason.TIMEOUT)


def delay_of(check: Check, line: Line) -> float:
    """How long one way there and back takes, milliseconds."""
    distance = _DISTANCE_MS.get(check.rung, _FAR_MS)
    return (distance if check.rung is Rung.GATEWAY else distance + line.delay_ms) + line.held_up_ms


def _ms(middle: float, dice: Random) -> float:
    return round(middle * dice.uniform(0.85, 1.35), 3)
