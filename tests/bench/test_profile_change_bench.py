"""The shortest form of the bench of a change's spreading; no measured figure is asserted."""

from pathlib import Path

import pytest

from tests.bench import profile_change


@pytest.mark.needs("linux")
async def test_a_change_reaches_every_simulated_agent_once(tmp_path: Path) -> None:
    curve, took, before = await profile_change.measure(tmp_path, count=24, period=1.0)

    assert before == 24
    assert len(curve.fetched_at) == 24
    assert sum(curve.asked["fetch"].values()) == 48
    assert "everyone has it after" in profile_change.shown(curve, took, 1.0)
