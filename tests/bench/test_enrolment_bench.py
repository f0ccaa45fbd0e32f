"""The shortest form of the bench of enrolment; no measured figure is asserted."""

from pathlib import Path

import pytest

from tests.bench import enrolment


@pytest.mark.needs("linux")
async def test_simulated_machines_join_at_once(tmp_path: Path) -> None:
    found = await enrolment.measure(tmp_path, count=8, host="DESKTOP")

    assert found.statuses == [200] * 8
    assert enrolment.shown(found, "all alike")[:2] == ["all alike", "8"]
