"""What one machine may add for good is bounded, and its reports are taken all the same."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sansang_agent.contract.check import TcpCheck
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.rung import Rung
from sansang_collector import profile_budget
from sansang_collector.profile_budget import BYTES_A_DAY, DAY_S, ProfileBudget
from tests.support.collector_process import running_collector
from tests.support.reports import body, profile, report


def test_a_day_s_bytes_are_a_machine_s_own_and_come_again() -> None:
    budget = ProfileBudget()

    assert budget.allows(1, BYTES_A_DAY, 0.0)
    assert not budget.allows(1, 1, DAY_S - 1)
    assert budget.allows(2, 1, DAY_S - 1)
    assert budget.allows(1, 1, DAY_S)
    assert budget.allows(1, BYTES_A_DAY, -DAY_S)  # a clock set back begins anew


def test_what_is_remembered_is_bounded() -> None:
    budget = ProfileBudget()
    for agent in range(profile_budget.MOST_AGENTS + 5):
        budget.allows(agent, 1, 0.0)

    assert len(budget._spent) <= profile_budget.MOST_AGENTS


def test_a_machine_that_sends_ever_new_profiles_fills_no_disk_and_loses_no_report(tmp_path: Path) -> None:
    with running_collector(tmp_path) as collector, collector.client("agent", "05983", "pc-1") as agent:
        for number in range(1, 13):
            name = "x" * 2_000_000
            new = profile(TcpCheck(id="gw", rung=Rung.GATEWAY, target=f"192.0.2.1:{number}", name=name))
            answer = agent.post(
                "/api/v1/reports", content=body(report(number, config=profile_hash(new)), profiles=(new,))
            )
            assert answer.status_code == 200
            assert answer.json()["stored"] == [["0123456789abcdef0123456789abcdef", [[number, number]]]]
        last = answer.json()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as ledger:
        (kept,) = ledger.execute("SELECT count(*) FROM profile").fetchone()

    assert 1 <= kept <= BYTES_A_DAY // 2_000_000
    assert last.get("profiles_wanted", []) == []
