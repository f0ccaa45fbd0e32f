"""Who has told all that was stored of a cut, and how long those are waited for who have not."""

import math

from msgspec.structs import replace

from sansang_agent.contract.rung import Owner
from sansang_collector.diagnosis.backfill import PATIENCE_S, SETTLE_S, Contact, back, is_due
from sansang_collector.diagnosis.incident import Incident, Phase, Revision
from sansang_collector.diagnosis.verdict import Cause, Fact, Ground, Verdict

T = 1_782_450_000.0
ENDED, RESOLVED = T + 300, T + 330
CUT = Incident(
    phase=Phase.RESOLVED, verdict=Verdict(part="site_power:06001", score=20, onset=T, agents=(1, 2)), onset=T,
    detected_at=T + 20, ended_at=ENDED, resolved_at=RESOLVED, owner=Owner.POWER,
)  # fmt: skip


def test_who_spoke_since_and_holds_nothing_of_the_time_is_back() -> None:
    contacts = [Contact(1, ENDED + 20, None), Contact(2, ENDED + 25, ENDED + 10), Contact(9, ENDED + 30, None)]

    assert back(CUT, contacts) == [1, 2]


def test_who_still_holds_reports_of_the_time_is_not_back_yet() -> None:
    assert back(CUT, [Contact(1, ENDED + 20, T + 40), Contact(2, ENDED + 20, -math.inf)]) == []


def test_a_report_that_was_on_its_way_when_the_line_was_cut_makes_nobody_back() -> None:
    assert back(CUT, [Contact(1, T + 6, None)]) == []


def test_once_all_are_back_only_what_is_on_its_way_is_waited_for() -> None:
    assert not is_due(CUT, [1, 2], RESOLVED + SETTLE_S - 1)
    assert is_due(CUT, [1, 2], RESOLVED + SETTLE_S)


def test_those_that_do_not_come_back_are_waited_for_half_an_hour() -> None:
    assert not is_due(CUT, [1], RESOLVED + PATIENCE_S - 1)
    assert is_due(CUT, [1], RESOLVED + PATIENCE_S)
    assert not is_due(CUT, [], RESOLVED + PATIENCE_S)


def test_by_the_word_of_the_same_machines_nothing_is_revised_again() -> None:
    said = Revision(
        at=T + 400, causes=(Cause("site_power:06001", 1.0),), onset=T, ended_at=ENDED,
        grounds=(Ground(Fact.SILENT, 1, 2),),
    )  # fmt: skip
    known = replace(CUT, revision=said)

    assert not is_due(known, [1], RESOLVED + PATIENCE_S)
    assert is_due(known, [1, 2], RESOLVED + PATIENCE_S)
