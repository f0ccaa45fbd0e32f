"""What a plan must fulfil, and which communes it is about, by the inventory in force. Pure."""

from collections.abc import Iterator

from sansang_agent.contract.scalars import closest
from sansang_collector import topology
from sansang_collector.inventory.calendars import days_of
from sansang_collector.inventory.model import Inventory
from sansang_collector.topology import Topology

from .maintenance import LONGEST_S, Plan
from .maintenance_words import PlanError, Refused


class Ground:
    """An inventory as plans are held against it; its topology is made when a plan first names a part."""

    def __init__(self, inventory: Inventory | None) -> None:
        self.inventory = inventory
        self.codes = frozenset(one.code for one in inventory.communes) if inventory else frozenset()
        self._topology: Topology | None = None

    @property
    def topology(self) -> Topology:
        """What its parts are and who crosses them."""
        if self._topology is None:
            assert self.inventory is not None
            self._topology = topology.build(self.inventory)
        return self._topology

    def holidays(self) -> frozenset[int]:
        """Days on which the province does not work."""
        return days_of(self.inventory.province.holidays) if self.inventory else frozenset()

    def below(self, parts: tuple[str, ...]) -> frozenset[str]:
        """Communes of which some check crosses one of these parts."""
        numbers = {self.topology.numbers[part] for part in parts}
        return frozenset(
            code
            for code, checks in self.topology.templates.items()
            if any(not numbers.isdisjoint(one.path) for one in checks.values())
        )


def check(plan: Plan, ground: Ground, now: float) -> None:
    """Raise the first :class:`PlanError` of a plan."""
    for error in mistakes(plan, ground, now):
        raise error


def mistakes(plan: Plan, ground: Ground, now: float) -> Iterator[PlanError]:
    """Everything wrong with it."""
    if not plan.title.strip():
        yield PlanError(Refused.TITLE, "title")
    if plan.ends <= plan.begins:
        yield PlanError(Refused.ORDER, "ends")
    elif plan.ends - plan.begins > LONGEST_S:
        yield PlanError(Refused.LONG, "ends", days=round(LONGEST_S / 86400))
    elif plan.ends <= now:
        yield PlanError(Refused.PAST, "ends")
    if plan.announced_at is not None and plan.announced_at > now:
        yield PlanError(Refused.ANNOUNCED, "announced_at")
    if not plan.parts and not plan.communes:
        yield PlanError(Refused.PLACES, "communes")
    elif ground.inventory is None:
        yield PlanError(Refused.INVENTORY)
    else:
        yield from _unknown(plan, ground)


def _unknown(plan: Plan, ground: Ground) -> Iterator[PlanError]:
    for code in plan.communes:
        if code not in ground.codes:
            yield PlanError(Refused.COMMUNE, "communes", commune=code, close=closest(code, ground.codes))
    for part in plan.parts:
        if part not in ground.topology.numbers:
            yield PlanError(Refused.PART, "parts", part=part, close=closest(part, ground.topology.numbers))


def communes_of(plan: Plan, ground: Ground) -> tuple[str, ...]:
    """All communes a good plan is about: those named and, below its parts, those that are not."""
    below = ground.below(plan.parts) if plan.parts else frozenset()
    return tuple(sorted({*plan.communes, *below}))
