"""The evaluation in short: a few trials by its own command, and how it counts."""

import json
from random import Random

import pytest

from sansang_agent.contract.assignment import Role
from sansang_collector import cli
from sansang_collector.evaluation import goals, summary
from sansang_collector.evaluation.afterwards import Apart
from sansang_collector.evaluation.declared import misdeclared
from sansang_collector.evaluation.goals import Goal
from sansang_collector.evaluation.ground import ground
from sansang_collector.evaluation.keeping import Said
from sansang_collector.evaluation.rows import ROWS
from sansang_collector.evaluation.summary import figures
from sansang_collector.evaluation.table import table
from sansang_collector.evaluation.trial import Outcome, draw, is_exact, run
from sansang_collector.evaluation.watching import ENGINE
from sansang_collector.profiles.templates import templates

SMALL = 20


def said(part: str, *others: str) -> Said:
    return Said(part, frozenset({part, *others}), 0.0)


def outcome(row: str = "ring", *, exact: bool = True, found: float | None = 12.0, alerts: int = 1) -> Outcome:
    return Outcome(
        row=row, number=0, who=ENGINE, truths=("ring:a",), found_s=(found,), first=(exact,), sizes=(1,), exact=exact,
        alerts=alerts, look_ms=3.0,
    )  # fmt: skip


@pytest.mark.parametrize("row", ["ring", "svc_tcp", "power 3+ PCs"])
def test_our_engine_names_it_once(row: str) -> None:
    ours = next(one for one in run(row, 3, 0, SMALL) if one.who == ENGINE)

    assert ours.exact, ours
    assert ours.alerts == 1
    assert None not in ours.found_s


def test_after_a_cut_its_very_part_is_named_once_machines_have_told_and_nobody_is_told_again() -> None:
    (ours,) = run("after lan, 2 PCs", 3, 0, 12)

    assert ours.exact, ours
    assert ours.alerts == 1
    assert ours.apart is not None
    assert ours.apart.right
    assert ours.apart.after == 1
    assert ours.apart.revised_s is not None
    assert ours.apart.off_s is not None
    assert ours.apart.off_s < 20


def test_a_trial_plays_the_same_again() -> None:
    def told() -> list[tuple[object, ...]]:
        return [(one.who, one.truths, one.found_s, one.alerts, one.said) for one in run("svc_tcp", 3, 1, 8)]

    assert told() == told()


def test_another_seed_is_another_province_and_the_rows_hold_the_same_kinds() -> None:
    one, other = draw(ROWS["ring"], 1, 0, SMALL), draw(ROWS["ring"], 2, 0, SMALL)

    assert one is not None
    assert other is not None
    assert one.on.made != other.on.made
    assert {fault.component.partition(":")[0] for drawn in (one, other) for fault in drawn.faults} == {"ring"}


def test_a_stale_topology_hangs_a_tenth_of_the_communes_wrong() -> None:
    true = ground(5, 40).made.inventory
    believed = misdeclared(true, Random(1))
    wrong = [
        one.commune
        for one, other in zip(true.lines, believed.lines, strict=True)
        if one.access_node != other.access_node
    ]

    assert len(wrong) == 4


def test_the_time_outs_allowed_are_those_of_the_packaged_profiles() -> None:
    looked = {(role, one.id): 3 * one.timeout + 2 for role in Role for one in templates()[role].checks}

    assert {looked[Role.VANTAGE, name] for name in ("core", "access_node", "terminal")} == {goals.VANTAGE_S}
    assert {looked[Role.COUNTER, name] for name in ("core", "internet", "names")} == {goals.FAR_S}


def test_exactly_the_truths_means_one_incident_each_and_nothing_more() -> None:
    assert is_exact(["a", "b"], [said("b"), said("c", "a")])
    assert not is_exact(["a", "b"], [said("a", "b"), said("d")])
    assert not is_exact(["a"], [said("a"), said("b")])
    assert is_exact([], [])


def test_a_row_is_met_only_when_each_of_its_figures_is() -> None:
    good = figures([outcome() for _ in range(50)])[0]
    slow = figures([outcome(found=60.0) for _ in range(50)])[0]
    noisy = figures([outcome(alerts=2) for _ in range(50)])[0]

    assert good.met is True
    assert slow.missed == ("p50", "p95")
    assert noisy.missed == ("alerts",)


def test_what_was_told_apart_afterwards_has_figures_of_its_own() -> None:
    over = [Apart(True, 3, 1, 90.0, 5.0, 2.0), Apart(False, 3, 0, None, 8.0, None)]
    trials = [outcome("after power, 1 PC") for _ in over]
    for one, told in zip(trials, over, strict=True):
        one.apart = told
    (found,) = figures(trials)

    assert found.afterwards is not None
    assert found.afterwards.apart == 0.5
    assert (found.afterwards.class_before, found.afterwards.class_after) == (3, 1)
    assert (found.afterwards.p95_s, found.afterwards.off_before_p95_s, found.afterwards.off_p95_s) == (90, 8, 2)
    assert found.missed == ("told apart",)
    assert "| after power, 1 PC | engine | 2 |" in table([found], str)


def test_what_was_never_found_counts_against_the_recall_and_is_in_no_time() -> None:
    found = figures([outcome(), outcome(found=None, exact=False)])[0]

    assert found.recall == 0.5
    assert found.p95_s == 12.0
    assert found.missed == ("exact set",)


def test_no_error_in_many_trials_still_bounds_it() -> None:
    assert summary.wilson(30, 30) == pytest.approx(0.886, abs=0.01)
    assert summary.wilson(0, 30) == 0.0
    quiet = figures([outcome("office day", alerts=0) for _ in range(60)])[0]
    assert quiet.per_week == 0.0
    assert quiet.per_week_bound == pytest.approx(0.25)
    assert quiet.met is True


def test_every_row_has_a_place_in_a_province_and_a_goal() -> None:
    for row in ROWS.values():
        assert isinstance(row.goal, Goal)
    for name in ("arc", "shared risk", "double 2 of one node", "double 2 rings", "one situation"):
        assert draw(ROWS[name], 1, 0, 65) is not None


def test_the_command_prints_the_table_of_the_rows_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["evaluate", "--only", "svc_tcp", "--faults", "1", "--communes", str(SMALL), "--seed", "3", "--lang", "en"]

    assert cli.main(asked) == 0
    table = capsys.readouterr().out
    assert "| svc_tcp | engine | 1 |" in table
    assert "| svc_tcp | per check | 1 |" in table

    assert cli.main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["who"] for one in told["figures"]} == {"engine", "SCORE", "set cover", "parents", "per check"}
    assert told["trials"][0]["row"] == "svc_tcp"


def test_a_mistyped_row_gets_the_one_meant_and_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", "--only", "rimg", "--lang", "en"]) == 2

    told = capsys.readouterr().err
    assert "There is no row 'rimg'. Did you mean 'ring'?" in told
    assert "'node 2 communes'" in told
