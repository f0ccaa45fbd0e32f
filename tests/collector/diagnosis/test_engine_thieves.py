"""One stolen token: whatever its machine says, and however often, no incident of the province begins or ends by it."""

from collections.abc import Callable

import msgspec
import pytest

from sansang_agent.contract.report import GoodbyeReason
from sansang_collector.diagnosis.sighting import Seen, Sighting
from tests.support.looking import Looks, Place, down, look, place, play

FLOOD = 60
"""So often each result is said."""
NAMES = "dns:tinh"
Change = Callable[[Sighting], Sighting]


@pytest.fixture(scope="module")
def here() -> Place:
    return place(4, communes=10)


def thief_of(where: Place, commune: int = 0) -> int:
    return where.machines_of(where.graph.communes[commune])[0]


def said(one: Sighting, *, failed: bool, ahead_s: float = 0.0) -> Sighting:
    """The same report of a machine that claims the same of everything."""
    results = [Seen(seen.check, seen.at + ahead_s, int(failed), 1, live=True, ms=None if failed else 1.0)
               for seen in one.results for _ in range(FLOOD)]  # fmt: skip
    return msgspec.structs.replace(one, results=tuple(results))


def by(thief: int, change: Change) -> Change:
    return lambda one: change(one) if one.agent == thief else one


def parts_of(looks: Looks) -> set[str]:
    return {one.part for one in looks.said}


def test_a_machine_that_says_that_all_is_well_ends_no_incident_of_the_province(here: Place) -> None:
    lies = by(thief_of(here), lambda one: said(one, failed=False))

    looks = look(here.graph, play(here, down(NAMES)), change=lies)
    assert [(one.part, one.is_open) for one in looks.said] == [(NAMES, True)]


@pytest.mark.parametrize("ahead_s", [0.0, 3600.0])
def test_a_machine_that_says_that_nothing_works_begins_none(here: Place, ahead_s: float) -> None:
    lies = by(thief_of(here), lambda one: said(one, failed=True, ahead_s=ahead_s))

    assert not parts_of(look(here.graph, play(here), change=lies))


def test_nor_does_it_make_one_of_what_another_machine_alone_does_not_reach(here: Place) -> None:
    other = thief_of(here, 1)

    def lies(one: Sighting) -> Sighting:
        if one.agent == other:
            results = [seen._replace(failed=seen.tried) if seen.check == "names" else seen for seen in one.results]
            return msgspec.structs.replace(one, results=tuple(results))
        return said(one, failed=True) if one.agent == thief_of(here) else one

    assert not parts_of(look(here.graph, play(here), change=lies))


def test_nor_do_its_goodbyes_and_restarts(here: Place) -> None:
    ring = next(part.id for part in here.graph.parts if part.kind == "ring" and len(here.communes_of(part.id)) > 1)
    thief = here.machines_of(min(here.communes_of(ring)))[0]
    again = by(thief, lambda one: msgspec.structs.replace(
        one, boot=f"{one.seq:032x}", booted_at=one.received, goodbye=GoodbyeReason.SHUTDOWN))  # fmt: skip

    looks = look(here.graph, play(here, down(ring)), change=again)
    assert [(one.part, one.is_open) for one in looks.said] == [(ring, True)]
