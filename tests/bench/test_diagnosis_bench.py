"""The shortest form of the bench of a look for what broke; no measured figure is asserted."""

import pytest

from tests.bench import diagnosis


def test_a_small_province_is_looked_at_and_its_faults_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(diagnosis.SIZES, "province", 30)
    rows, report_us = diagnosis.measure("province", seed=1, quiet_s=60, fault_s=30)

    found = {row.what: row.found for row in rows}
    assert found["nothing"] == found["degraded: nothing"] == "–"
    assert found["a ring is cut"].startswith("ring:")
    assert found["degraded: a ring loses 10 %"].startswith("ring:")
    assert len(found["two rings and a service at once"].split(", ")) == 3
    assert report_us > 0
