"""How urgent an incident is and whose it is: who cannot serve now, or soon will not. Pure.

Severity follows the hours: one commune down at night is a warning that waits; an hour before opening it is critical.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sansang_agent.contract.rung import PLACES, Component, Owner
from sansang_agent.contract.severity import Severity
from sansang_collector.diagnosis.context import Judged
from sansang_collector.diagnosis.verdict import Level, Verdict
from sansang_collector.inventory.calendars import Calendar
from sansang_collector.inventory.model import Inventory
from sansang_collector.inventory.openings import next_opening
from sansang_collector.serving import Serving, State
from sansang_collector.topology import Part

SOON_S = 3600.0
"""Before an opening so much time is left to repair what is down."""
SETTLED_S = 180.0
"""Whether a commune can serve is known for sure so long after something broke; before, the cause alone says it."""
ON_THE_WAY = frozenset(
    {
        Component.SITE_POWER, Component.POWER_AREA, Component.LAN, Component.TERMINAL, Component.ACCESS_LINK,
        Component.ACCESS_NODE, Component.ARC, Component.RING, Component.SHARED_RISK, Component.CORE,
    }
)  # fmt: skip
"""Without these a commune reaches nothing."""
_NOTES = frozenset({Component.PC, Component.PC_APP})
_WORKS = frozenset({State.SERVING, State.LIMITED, State.PLANNED_WORK})


class Setting(NamedTuple):
    """What severity depends on beside the verdict."""

    parts: Mapping[str, Part]
    """By id."""
    calendars: Mapping[str, Calendar]
    counters: Mapping[str, int]
    """By commune: how many citizens are served at."""
    mandatory: Collection[str]
    """Services that no centre can do without, by id."""
    serving: Mapping[str, Serving] = {}
    """By commune, as last judged."""


def setting(inventory: Inventory, parts: Sequence[Part], calendars: Mapping[str, Calendar]) -> Setting:
    """Of an inventory and its graph's parts; ``serving`` is left to whoever has it."""
    return Setting(
        {part.id: part for part in parts},
        calendars,
        {one.code: one.counters or len(one.counter_agents) for one in inventory.communes},
        frozenset(one.id for one in inventory.services if one.mandatory),
    )


def judge(setting: Setting, verdict: Verdict, hit: Sequence[str], now: float) -> Judged:
    """Of what hits these communes at ``now``, Unix seconds."""
    owner = _owner(setting, verdict.part)
    kind = kind_of(verdict.part)
    if verdict.expected_off or kind in _NOTES:
        return Judged(owner, Severity.INFO)
    stopped = [one for one in hit if _stops(setting, verdict, kind, one, now)]
    open_now = [one for one in stopped if is_open(setting.calendars, one, now)]
    counters = sum(setting.counters.get(one, 0) for one in open_now)
    shared = len(stopped) > 1 and verdict.felt is Level.DOWN
    if shared or any(_opens_soon(setting.calendars, one, now) for one in stopped):
        return Judged(owner, Severity.CRITICAL, counters)
    awake = [one for one in hit if _opens_soon(setting.calendars, one, now)]
    return Judged(owner, Severity.WARNING, counters, "" if awake or not hit else hit[0])


def kind_of(part: str) -> Component:
    """What a part is, by its id; the collector where an id is none."""
    kind = part.partition(":")[0]
    return Component(kind) if kind in Component.__members__.values() else Component.COLLECTOR


def is_open(calendars: Mapping[str, Calendar], commune: str, at: float) -> bool:
    """Whether it is open; a commune without a calendar always is."""
    calendar = calendars.get(commune)
    return calendar is None or calendar.is_open(at)


def expected_on(calendars: Mapping[str, Calendar], commune: str, since: float) -> float | None:
    """When the people of a commune that went off at ``since`` should be back: at its next opening."""
    calendar = calendars.get(commune)
    return None if calendar is None else next_opening(calendar, since)


def _owner(setting: Setting, part: str) -> Owner:
    known = setting.parts.get(part)
    return PLACES[kind_of(part)].owner if known is None else known.owner


def _opens_soon(calendars: Mapping[str, Calendar], commune: str, now: float) -> bool:
    """Whether it is open, or will be within the hour."""
    if is_open(calendars, commune, now):
        return True
    at = next_opening(calendars[commune], now)
    return at is not None and at - now <= SOON_S


def _stops(setting: Setting, verdict: Verdict, kind: Component, commune: str, now: float) -> bool:
    """Whether the commune cannot serve because of it, in its hours."""
    if verdict.felt is not Level.DOWN:
        return False
    known = setting.serving.get(commune)
    if known is not None and now - verdict.onset > SETTLED_S and known.state in _WORKS:
        return False
    return kind in ON_THE_WAY or _takes_what_is_needed(setting, verdict)


def _takes_what_is_needed(setting: Setting, verdict: Verdict) -> bool:
    services = verdict.services or ((verdict.part.partition(":")[2],) if verdict.part.startswith("svc_") else ())
    return not services or any(one in setting.mandatory for one in services)
