"""What is worked out of a result's own figures, the same for pages and metrics. Pure."""

from sansang_agent.contract.report import Result


def duration_ms(result: Result) -> float | None:
    """How long the probe took: all its phases together, or the median round trip; milliseconds."""
    if result.phases_ms:
        return sum(result.phases_ms.values())
    return result.rtt_ms[1] if result.rtt_ms else None


def loss(result: Result) -> float | None:
    """Lost echoes as a ratio, where echoes were sent."""
    return result.lost / result.sent if result.sent and result.lost is not None else None
