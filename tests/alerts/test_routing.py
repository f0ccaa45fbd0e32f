"""Which team a fault goes to: the most particular row, the same every time, and never nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.contract.rung import Owner
from sansang_alerts import routing
from sansang_alerts.fault import Fault
from sansang_alerts.settings import Takes
from tests.alerts.rotas import fault, settings, team

ALL = team(name="all")
LINE = team(name="lines", takes=(Takes(owners=(Owner.TELECOM,)),))
NORTH = team(name="north", takes=(Takes(communes=("06001", "06002", "06003")),))
PORTAL = team(name="portal", takes=(Takes(systems=("dvc",)),))


def test_the_owner_decides_where_nothing_else_is_said() -> None:
    of = settings(ALL, LINE)

    assert routing.team_for(of, fault(Owner.TELECOM)).id == "lines"
    assert routing.team_for(of, fault(Owner.POWER)).id == "all"


def test_a_place_counts_for_more_than_an_owner_and_a_system_for_more_than_a_place() -> None:
    of = settings(ALL, LINE, NORTH, PORTAL)

    assert routing.team_for(of, fault(communes=("06002",))).id == "north"
    assert routing.team_for(of, fault(Owner.SERVICE_OWNER, ("06002",), ("dvc",))).id == "portal"


def test_a_fault_that_goes_beyond_a_cluster_is_not_the_clusters() -> None:
    of = settings(ALL, LINE, NORTH)

    assert routing.team_for(of, fault(communes=("06002", "06009"))).id == "lines"
    assert routing.team_for(of, fault(Owner.US, communes=())).id == "all"


def test_a_row_that_says_more_goes_before_one_that_says_less() -> None:
    of = settings(NORTH, team(name="north-lines", takes=(Takes(owners=(Owner.TELECOM,), communes=("06001", "06002")),)))

    assert routing.team_for(of, fault(communes=("06001",))).id == "north-lines"


def test_of_two_clusters_the_smaller_one_is_the_more_particular() -> None:
    of = settings(NORTH, team(name="town", takes=(Takes(communes=("06001",)),)), ALL)

    assert routing.team_for(of, fault(communes=("06001",))).id == "town"
    assert routing.team_for(of, fault(communes=("06002",))).id == "north"


def test_of_equal_rows_the_first_in_the_file_wins() -> None:
    assert routing.team_for(settings(team(name="b"), team(name="a")), fault()).id == "b"


def test_what_fits_nobody_goes_to_the_last_team_and_not_to_nobody() -> None:
    assert routing.team_for(settings(PORTAL, NORTH), fault(communes=("07000",))).id == "north"


def test_without_teams_there_is_nobody_to_name() -> None:
    with pytest.raises(LookupError, match="there are no teams"):
        routing.team_for(settings(), fault())


ROWS = st.builds(
    Takes,
    owners=st.lists(st.sampled_from(Owner), max_size=2, unique=True).map(tuple),
    communes=st.lists(st.sampled_from(["06001", "06002", "06003"]), max_size=2, unique=True).map(tuple),
    systems=st.lists(st.sampled_from(["dvc", "mail"]), max_size=1).map(tuple),
)
FAULTS = st.builds(
    fault,
    st.sampled_from(Owner),
    st.lists(st.sampled_from(["06001", "06002", "06003", "06009"]), max_size=3, unique=True).map(tuple),
    st.lists(st.sampled_from(["dvc", "mail", "other"]), max_size=2, unique=True).map(tuple),
)


@given(st.lists(ROWS, min_size=1, max_size=5), FAULTS)
def test_the_chosen_row_fits_and_no_fitting_row_says_more(rows: list[Takes], of: Fault) -> None:
    chosen = routing.team_for(settings(*(team(name=f"t{n}", takes=(row,)) for n, row in enumerate(rows)), ALL), of)

    assert routing.fits(chosen.takes[0], of)
    best = max(routing.particular(row) for row in [*rows, Takes()] if routing.fits(row, of))
    assert routing.particular(chosen.takes[0]) == best
