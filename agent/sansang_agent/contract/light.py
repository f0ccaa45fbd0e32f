"""A traffic light over several results: the state of a rung, the same on the PC and at the centre.

Pure: outcomes in, a light out.
"""

from collections.abc import Iterable
from enum import StrEnum

from .outcome import Outcome


class Light(StrEnum):
    """The state of a rung, shown by colour and by shape."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_CONFIGURED = "not_configured"


def light_of(outcomes: Iterable[Outcome]) -> Light:
    """No result: not configured; nothing measured: unknown; all measured failed: failed; some: degraded; none: ok."""
    seen = list(outcomes)
    measured = [outcome for outcome in seen if outcome is not Outcome.UNKNOWN]
    if not seen:
        return Light.NOT_CONFIGURED
    if not measured:
        return Light.UNKNOWN
    failed = sum(outcome is Outcome.FAILED for outcome in measured)
    if failed == len(measured):
        return Light.FAILED
    return Light.DEGRADED if failed else Light.OK
