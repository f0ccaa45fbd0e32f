"""The table of rights: every route knocked at by everybody, for their own commune and for another's; and the guides.

A route that has no entry in tests/support/doors.py fails: whoever adds one says there which right opens it.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from sansang_collector import rights
from sansang_collector.rights import EVERYWHERE, Held, Right
from tests.support.doors import DOORS, expected, routes_of
from tests.support.two_communes import EVERYBODY, OTHER_NAMES, House, knock, two_communes
from tests.support.web_collector import COMMUNE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with two_communes(tmp_path_factory.mktemp("house")) as furnished:
        yield furnished


def test_every_route_says_who_may_use_it(house: House) -> None:
    assert routes_of(house.running.app.fastapi) == DOORS.keys()


def test_the_description_tells_of_no_route_that_is_not_looked_at(house: House) -> None:
    described = house.running.client.get("/api/v1/openapi.json").json()["paths"]

    assert {path for _, path in DOORS} >= described.keys()


@pytest.mark.parametrize(("method", "path"), DOORS, ids=lambda part: part)
def test_a_door_opens_to_who_has_the_right_for_the_commune_and_to_nobody_else(
    house: House, method: str, path: str
) -> None:
    door = DOORS[method, path]
    wrong = []
    for visitor, place in product(EVERYBODY, (house.own, house.other)[: 2 if door.is_of_commune else 1]):
        status, said = knock(house, visitor, method, door, place)
        told = OTHER_NAMES.findall(said) if visitor.is_scoped else []
        if told or status not in expected(door, visitor, method, place):
            wrong.append((visitor.name, place.code, status, told, said[:300]))

    assert wrong == []


def test_what_belongs_to_no_commune_is_held_everywhere_or_not_at_all() -> None:
    here = [Held("admin", COMMUNE)]
    everywhere = [Held("admin", EVERYWHERE)]

    for right in Right:
        assert rights.communes_for(right, everywhere) == rights.ALL
        assert rights.communes_for(right, here).is_empty is (right in rights.EVERYWHERE_ONLY)


def test_a_role_nobody_knows_gives_nothing() -> None:
    assert rights.communes_for(Right.SEE_CENTRE, [Held("king", EVERYWHERE)]).is_empty


GUIDES = {"docs/rights.md": ("yes", "everywhere"), "docs/vi/quyen.md": ("có", "toàn tỉnh")}


@pytest.mark.parametrize("guide", GUIDES)
def test_the_guides_table_of_roles_is_the_one_that_is_held(guide: str) -> None:
    yes, everywhere = GUIDES[guide]
    table = {
        right.value: [
            ("–" if right not in rights.OF_ROLE[role] else everywhere if right in rights.EVERYWHERE_ONLY else yes)
            for role in ("viewer", "commune", "technician", "admin")
        ]
        for right in Right
    }

    assert len(rights.OF_ROLE) == 4
    assert _table(guide, columns=6) == table


def test_the_guides_table_of_tokens_is_the_one_that_is_held() -> None:
    scopes = ("agent", "metrics", "read", "admin")
    table = {right.value: ["yes" if right in rights.OF_SCOPE[scope] else "–" for scope in scopes] for right in Right}

    assert set(scopes) == rights.OF_SCOPE.keys()
    assert _table("docs/rights.md", columns=5) == table


def _table(guide: str, columns: int) -> dict[str, list[str]]:
    """The last four cells of the rows that begin with a right, of the table with so many columns."""
    lines = (ROOT / guide).read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    return {row[0].strip("`"): row[-4:] for row in rows if len(row) == columns}
