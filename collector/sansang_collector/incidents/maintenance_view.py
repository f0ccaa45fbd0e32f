"""What pages and the API show of planned work. Times are Unix seconds."""

import msgspec

from sansang_collector.commune import Places
from sansang_collector.rights import Communes

from .incident_view import HitView
from .maintenance import Announced, Maintenance, State, is_short_notice, notice_days
from .naming import Naming
from .restricting import is_shown

Names = tuple[Places, Naming]


class PartView(msgspec.Struct, frozen=True):
    """A part that is worked on."""

    id: str
    name: str
    """Its own name, or its id's."""


class MaintenanceView(Announced, frozen=True, kw_only=True):
    """One piece of planned work, or a power cut."""

    state: State
    parts: tuple[PartView, ...]
    communes: tuple[HitView, ...]
    """Those that may be seen."""
    partial: bool
    """Whether it is about others too."""
    notice_days: int
    """Working days between announcement and beginning."""
    short_notice: bool
    """Whether that is less than the law asks for planned work (Decree 224/2026/NĐ-CP, Article 13)."""


def view_of(one: Maintenance, now: float, seen: Communes, names: Names, holidays: frozenset[int]) -> MaintenanceView:
    """What somebody who sees these communes is shown."""
    places, naming = names
    shown = [code for code in one.communes if seen.has(code)]
    return MaintenanceView(
        **{name: getattr(one, name) for name in Announced.__struct_fields__},
        state=one.state(now),
        parts=tuple(PartView(part, naming.part(part).name) for part in one.parts if is_shown(part, seen, naming)),
        communes=tuple(HitView(code, places.name_of(code)) for code in shown),
        partial=len(shown) < len(one.communes),
        notice_days=notice_days(one.announced_at, one.begins, holidays),
        short_notice=is_short_notice(one, one.announced_at, holidays),
    )
