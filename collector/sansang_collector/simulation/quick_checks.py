"""A check as a machine of the fast world runs it: what every run of it has in common, worked out once. Pure."""

from typing import NamedTuple

from sansang_agent.contract.check import Check, HostCheck, HttpCheck, IcmpCheck
from sansang_agent.contract.rung import Rung

from . import noise

PAGE_TRIPS = 4
"""Connection, encryption, question and answer."""
LEAST_JITTER, JITTER = 0.85, 0.5
"""An answer takes so many times as long at least, and so much more at most."""


class Run(NamedTuple):
    """A check as one machine runs it; what its run costs is worked out once."""

    check: Check
    id: str
    period: float
    phase: float
    live_s: float
    """How old its result may be and still be news."""
    echoes: int
    """Of a train; 0 for other checks."""
    train_s: float
    """How long a whole train takes."""
    tries: int
    is_service: bool
    is_page: bool
    is_own: bool
    """It looks at the machine's own adapters and asks nobody."""
    crosses_line: bool
    """Whether the commune's line may lose it."""
    ms: float
    """How long an answer takes, before its jitter."""
    trips: int
    """Ways there and back until then."""


def run_of(check: Check, share: float, delay_ms: float) -> Run:
    """``share``: the machine's own part of a period; ``delay_ms``: its line's."""
    is_train = isinstance(check, IcmpCheck)
    echoes = check.count if isinstance(check, IcmpCheck) else 0
    line = noise.Line(0.0, delay_ms)
    ms = noise.delay_of(check, line)
    if check.rung is Rung.SERVICE:
        ms = PAGE_TRIPS * ms + 34 if isinstance(check, HttpCheck) else ms
    return Run(
        check=check,
        id=check.id,
        period=check.period,
        phase=share * check.period if check.phase is None else check.phase,
        live_s=2 * max(15.0, check.period),
        echoes=echoes,
        train_s=(echoes - 1) * check.gap if isinstance(check, IcmpCheck) else 0.0,
        tries=3 if check.confirm else 1,
        is_service=check.rung is Rung.SERVICE,
        is_page=isinstance(check, HttpCheck),
        is_own=isinstance(check, HostCheck),
        crosses_line=not is_train or check.rung is not Rung.GATEWAY,
        ms=ms,
        trips=PAGE_TRIPS if isinstance(check, HttpCheck) else 1,
    )
