"""The shortest form of the bench of history; no measured figure is asserted."""

from pathlib import Path

import pytest

from tests.bench import history


@pytest.mark.needs("dbstat")
def test_an_agents_minutes_are_played_weighed_and_drawn(tmp_path: Path) -> None:
    said = history.disk(tmp_path, 0.2)

    assert "| raw reports (log.db), 7 days | " in said
    assert history.curve(tmp_path, 0.2).startswith("The 2 points of one check over 0.2 h")


def test_a_quarter_is_read_whole(tmp_path: Path) -> None:
    history.fill(tmp_path, communes=1, days=2)

    counts = [row.split("|")[2].strip() for row in history.reading(tmp_path, 1, communes=1).splitlines()[2:]]
    assert counts == ["144", "16", "16", "960"]
