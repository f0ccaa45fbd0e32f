"""The sandbox's world for tests, which wait half a second for what is silent and long for what answers.

One and the same time for both would be either long, where much is silent, or too short for a machine that is busy with
other tests: what answers there would be called silent.
"""

import msgspec

from sansang_agent.contract.check import Profile
from world import World

HURRIED_S = 0.5
PATIENT_S = 6.0
"""Less than the eight seconds after which all that has not answered is called silent."""


class HurriedWorld(World):
    """Its profile is that of the moment: break first, then ask."""

    @property
    def profile(self) -> Profile:
        """What an agent checks in this world, with the time that each check is worth."""
        whole = super().profile
        answering = [
            msgspec.structs.replace(check, timeout=HURRIED_S if self._is_silent(check.id) else PATIENT_S)
            for check in whole.checks
        ]
        return msgspec.structs.replace(whole, checks=tuple(answering))

    def _is_silent(self, check: str) -> bool:
        """Whether nothing answers it; of a service, also where nobody tells where that is."""
        near = {"gateway": self.gateway, "line": self.line, "internet": self.internet, "tslcd": self.tslcd}
        if check == "machine":
            return False
        if check in near:
            return near[check].behaviour == "silent"
        service = self.services.get(check)
        return self.dns.behaviour == "silent" or (service is not None and service.behaviour == "silent")
