"""What a probe asks before it looks a name up or sends anything, during one run of one check of the centre's.

Policy with the moment and with what is this machine's own filled in.
"""

from typing import NamedTuple

from .clock import Clock
from .policy import Asked, Moment, Own, Policy


class CentreGuard(NamedTuple):
    """Of one run; see :class:`sansang_agent.probes.Guard`."""

    policy: Policy
    own: Own
    kind: str
    """Of the check."""
    clock: Clock

    def name(self, host: str, port: int | None) -> str | None:
        """Why a name may not be looked up; a dns check's question goes to a resolver whatever the kind."""
        kind = "" if self.kind == "dns" else self.kind
        return self.policy.judge_name(Asked(host, port, kind), self._now())

    def address(self, address: str, host: str, port: int | None) -> str | None:
        """Why an address may not be asked."""
        return self.policy.judge_address(address, self.own, Asked(host, port, self.kind), self._now())

    def page(self, host: str, path: str) -> str | None:
        """Why a page may not be asked."""
        return self.policy.judge_page(host, path, self.own)

    def _now(self) -> Moment:
        return Moment(self.clock.mono(), self.clock.wall())
