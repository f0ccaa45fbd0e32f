"""The first page: every commune a tile with one light, what needs somebody on top, the others by former district.

Decides only what stands where; overview.py says how the communes are.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from sansang_agent.contract.light import Light
from sansang_collector import overview, serving
from sansang_collector.access import require
from sansang_collector.gazetteer import Gazetteer, findable
from sansang_collector.rights import Right
from sansang_collector.view import CommuneView

from . import incident_lines, shell
from .incident_lines import Line
from .phrases import Phrases
from .who import SeesCentre

router = APIRouter(dependencies=[Depends(require(Right.SEE_CENTRE))], include_in_schema=False)

PAGE_SIZE = 200
"""Communes on one page: a province fits, the country does not."""

LINES_SHOWN = 6
"""Incidents above the tiles; the page of incidents has them all."""

_SHAPES = {
    serving.State.CANNOT_SERVE: "failed",
    serving.State.LIMITED: "degraded",
    serving.State.NOT_MEASURED: "unknown",
    serving.State.PLANNED_WORK: "planned",
    serving.State.CLOSED: "away",
    serving.State.SERVING: "ok",
}
"""The worst first; symbol and colour of each state."""
_SILENT = frozenset({"unknown", "not_configured"})
_LIGHTS = (Light.FAILED, Light.DEGRADED, Light.UNKNOWN, Light.OK, Light.NOT_CONFIGURED)
_PROBLEMS = frozenset({serving.State.CANNOT_SERVE, serving.State.LIMITED})


class Tile(NamedTuple):
    """One commune on the wall."""

    commune: CommuneView
    name: str
    district: str
    plain: str
    """What it is found by."""
    shape: str
    word: str
    facts: str
    since: float | None
    """Since when the rungs behind the state have been what they are, where that is known."""
    needs_somebody: bool
    causes: list[Line]
    """Incidents that hit it, the most urgent first."""

    @property
    def edge(self) -> str:
        """Its colour: of the incident where the commune itself says nothing."""
        return self.causes[0].shape if self.causes and self.shape in _SILENT else self.shape


class Group(NamedTuple):
    """Tiles under one heading: those that need somebody (``district`` is None), or a former district's."""

    district: str | None
    tiles: list[Tile]


class Count(NamedTuple):
    """How many communes are in a state."""

    shape: str
    word: str
    number: int


@router.get("/")
def wall(
    request: Request,
    who: SeesCentre,
    q: Annotated[str, Query(max_length=100)] = "",
    problems: Literal["", "1"] = "",
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """All communes, or those whose name or former district has all the words of ``q``.

    Who may see only communes of their own sees those; who sees one and no wall is sent to its page.
    """
    theirs = who.communes(Right.SEE_CENTRE)
    if theirs.only and who.communes(Right.SEE_FLEET).is_empty:
        return RedirectResponse(f"/communes/{theirs.only}", 303)
    collector = shell.collector_of(request)
    present = collector.present()
    with collector.store.read() as connection:
        change = overview.newest_change(connection)
        found = overview.communes(
            connection, present, collector.board.province(connection, present, theirs.only), theirs
        )
        lines = [line for line in incident_lines.under_way(request, connection, who) if line.is_told]
        situations = incident_lines.groups(request, connection, who, lines)
    say = shell.phrases(request)
    causes = incident_lines.by_commune(lines, theirs)
    tiles = _tiles(found, collector.inventory.gazetteer, say, present.at, causes)
    words = findable(q).split()
    chosen = [
        tile for tile in tiles if all(word in tile.plain for word in words) and (tile.needs_somebody or not problems)
    ]
    offset = shell.within(offset, PAGE_SIZE, len(chosen))
    return shell.page(
        request,
        "wall.html",
        change=change,
        groups=_groups(chosen[offset : offset + PAGE_SIZE]),
        counts=_counts(tiles),
        lines=incident_lines.alone(lines, situations),
        situations=situations,
        most_lines=LINES_SHOWN,
        total=len(tiles),
        chosen=len(chosen),
        offset=offset,
        page_size=PAGE_SIZE,
        q=q,
        problems=problems,
        labels=list(dict.fromkeys(label for commune in found for label in commune.labels)),
    )


def _tiles(
    found: Iterable[CommuneView], names: Gazetteer, say: Phrases, now: float, causes: Mapping[str, list[Line]]
) -> list[Tile]:
    """In the order of the page."""
    tiles = [_tile(commune, names, say, now, causes.get(commune.code, [])) for commune in found]
    order = [*dict.fromkeys(_SHAPES.values()), "not_configured"]
    return sorted(
        tiles,
        key=lambda tile: (
            (0, order.index(tile.shape), tile.plain)
            if tile.needs_somebody
            else (1, 0, f"{findable(tile.district)} {tile.plain}")
        ),
    )


def _tile(commune: CommuneView, names: Gazetteer, say: Phrases, now: float, causes: list[Line]) -> Tile:
    place = names.get(commune.code)
    able = commune.serving
    if able is None:
        shape, word, facts = str(commune.light), say.word("light", commune.light), ""
        needs_somebody = commune.light in (Light.FAILED, Light.DEGRADED)
    else:
        shape, word, facts = _SHAPES[able.state], say.serving(able), say.serving_facts(able, now)
        needs_somebody = able.state in _PROBLEMS or able.why is serving.Why.SILENT
    name = say.commune(commune.code)
    since = _since(commune) if shape in ("failed", "degraded") else None
    found_by = f"{place.plain} {place.code}"
    needs_somebody = needs_somebody or bool(causes)
    return Tile(commune, name, place.district, found_by, shape, word, facts, since, needs_somebody, causes)


def _since(commune: CommuneView) -> float | None:
    bad = (Light.FAILED, Light.DEGRADED)
    return min((rung.since for rung in commune.rungs if rung.light in bad and rung.since is not None), default=None)


def _groups(tiles: Sequence[Tile]) -> list[Group]:
    groups: dict[str | None, list[Tile]] = {}
    for tile in tiles:
        groups.setdefault(None if tile.needs_somebody else tile.district, []).append(tile)
    return [Group(district, members) for district, members in groups.items()]


def _counts(tiles: Iterable[Tile]) -> list[Count]:
    """The worst first."""
    order = [*_SHAPES.values(), *_LIGHTS]
    numbers = Counter((tile.shape, tile.word) for tile in tiles)
    found = [Count(shape, word, number) for (shape, word), number in numbers.items()]
    return sorted(found, key=lambda count: order.index(count.shape))
