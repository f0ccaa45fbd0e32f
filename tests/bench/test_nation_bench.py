"""The shortest form of the bench of the nation's inventory; no measured figure is asserted."""

from pathlib import Path

import pytest

from tests.bench import nation


@pytest.mark.needs("linux")
def test_a_small_nation_is_read_applied_and_written_out(tmp_path: Path) -> None:
    lines = nation.measure(tmp_path, communes=20, each=2, runs=1).splitlines()

    assert [line.rstrip("| ").rpartition("| ")[2] for line in lines[2:]] == [
        "20 communes, 40 lines",
        "0.0 MB in the ledger",
        "256 parts, 1,222 checks, 18,379 path entries",
        "40 assignments, 20 machines elected",
    ]
