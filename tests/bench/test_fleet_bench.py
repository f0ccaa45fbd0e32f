"""The shortest form of the bench of the fleet's list; no measured figure is asserted."""

from pathlib import Path

from tests.bench import fleet


def test_every_page_of_a_small_fleet_is_answered(tmp_path: Path) -> None:
    lines = fleet.measure(tmp_path, communes=20, each=2, runs=1).splitlines()

    assert len(lines) == 2 + 1 + len(fleet.SHARES) + len(fleet.ADDRESSES)
