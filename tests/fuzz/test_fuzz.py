"""A short form of ``make fuzz``: no 5xx, no growth, nothing a consumer falls over."""

from pathlib import Path

from tests.fuzz import fuzz

SEED = 20260626
CASES = 5000


def test_nothing_sent_to_any_endpoint_makes_a_5xx_or_anything_grow_without_bound(tmp_path: Path) -> None:
    found = fuzz.run(tmp_path / "data", CASES, SEED)

    assert found.mistakes == []
    assert sum(found.told.statuses.values()) == CASES
    assert found.told.statuses["POST /api/v1/reports", 200] > CASES / 10
    assert found.rows["bundle"] > 10  # what was taken reached the consumers
