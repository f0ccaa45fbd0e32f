"""What one machine of the fast world meets at a moment: broken parts on its ways, and what its line loses by itself.

Worked out once for each stretch in which nothing of it changes; nearly every question falls into the one before.
"""

from collections.abc import Mapping, Sequence

from sansang_agent.contract.assignment import Role
from sansang_collector.profiles.election import Machine

from .noise import Hit
from .quick_scene import Scene, Sky

_NOTHING: Mapping[str, tuple[Hit, ...]] = {}


class Outlook:
    """One machine's."""

    def __init__(self, machine: Machine, scene: Scene) -> None:
        self._scene = scene
        self._commune = "" if machine.role is Role.VANTAGE else machine.commune
        self._key = f"{machine.commune}/{machine.name}"
        self._loose = scene.mains.loose(self._commune)
        self._from = self._until = 0.0
        self._hits = _NOTHING
        self._calm_from = self._calm_until = 0.0
        self._line = self._echoes = 0.0

    def hits(self, check: str, at: float) -> tuple[Hit, ...]:
        """The broken parts on the way of a check."""
        if not self._from <= at < self._until:
            self._from, self._until, sky = self._scene.sky(at)
            self._hits = self._under(sky)
        return self._hits.get(check, ())

    def loss(self, hits: Sequence[Hit], at: float, *, line: bool) -> float:
        """The share of echoes that get lost behind ``hits``; ``line``: and on the commune's own line."""
        if not hits:
            return self.line_loss(at) and self._echoes if line and self._commune else 0.0
        left = 1.0
        for hit in hits:
            left *= 1 - self._scene.share(hit.fault, at)
        if line and self._commune:
            left *= 1 - self.line_loss(at)
        return 1 - left

    def is_plugged(self, at: float) -> bool:
        """Whether what its cable ends in is there."""
        return not any(begins <= at < ends for begins, ends in self._loose)

    def line_loss(self, at: float) -> float:
        """What the commune's line loses by itself."""
        if not self._calm_from <= at < self._calm_until:
            self._calm_from, self._calm_until, self._line = self._scene.line(self._commune, at)
            self._echoes = 1 - (1 - self._line)  # as it comes out behind broken parts, to the last bit
        return self._line

    def _under(self, sky: Sky) -> Mapping[str, tuple[Hit, ...]]:
        """By check, the machine's own software with the rest."""
        found = sky.by_check.get(self._commune, _NOTHING)
        own = sky.software.get(self._key) if self._commune else None
        if not own:
            return found
        spoilt = self._scene.world.places[self._commune].software
        return {**found, **{check: (*found.get(check, ()), *own) for check in spoilt}}
