"""When a report is due and what is in it: pure, with the hands of the clock in the test's own."""

import pytest

from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Goodbye, GoodbyeReason, Host, Result, Why
from sansang_agent.reporter import ANSWER_GAP, Answered, Frame, Reporter
from sansang_agent.runner import Slots

FRAME = Frame(boot="boot-1", start="boot", version="0.1.0", config="c" * 32)
HOST = Host(uptime_s=5)


def a_reporter(chance: float = 0.5) -> Reporter:
    """Due at 1007.5, 1022.5, …"""
    return Reporter(FRAME, Slots(1000.0, 15.0, 0.5, 15.0), lambda: chance)


def result(outcome: Outcome = Outcome.OK, check: str = "gw", reason: Reason | None = None) -> Result:
    return Result(check=check, outcome=outcome, reason=reason)


def failed(reason: Reason = Reason.TIMEOUT) -> Result:
    return result(Outcome.FAILED, reason=reason)


def test_while_nothing_changes_reports_follow_the_period() -> None:
    reporter = a_reporter()
    due = []
    for _ in range(3):
        due.append(reporter.due())
        reporter.add(result(), reporter.due() - 3, reporter.due() - 3)
        assert reporter.take(reporter.due() + 0.2, 0.0, None).why is Why.PERIODIC

    assert due == [1007.5, 1022.5, 1037.5]


def test_a_change_of_outcome_is_reported_at_once() -> None:
    reporter = a_reporter(chance=0.5)
    assert reporter.add(result(), 1001.0, 1001.0) is False

    assert reporter.add(failed(), 1002.0, 1004.0) is True

    assert reporter.due() == 1005.0
    assert reporter.take(1005.0, 0.0, None).why is Why.CHANGE
    assert reporter.due() == 1007.5


@pytest.mark.parametrize(("chance", "due"), [(0.0, 1004.0), (0.999, 1005.998)])
def test_the_moment_of_a_change_report_is_drawn_from_two_seconds(chance: float, due: float) -> None:
    reporter = a_reporter(chance)
    reporter.add(result(), 1001.0, 1001.0)
    reporter.add(failed(), 1002.0, 1004.0)

    assert reporter.due() == pytest.approx(due)


def test_change_reports_keep_five_seconds_apart() -> None:
    reporter = Reporter(FRAME, Slots(1000.0, 300.0, 0.5, 300.0), lambda: 0.0)
    reporter.add(result(), 1000.0, 1000.0)
    reporter.add(failed(), 1001.0, 1001.0)
    reporter.take(1001.0, 0.0, None)

    reporter.add(result(), 1002.0, 1002.0)

    assert reporter.due() == 1006.0


def test_several_changes_in_one_moment_are_one_report() -> None:
    reporter = a_reporter()
    for check in ("a", "b", "c"):
        reporter.add(result(Outcome.FAILED, check, Reason.TIMEOUT), 1001.0, 1001.0)

    draft = reporter.take(reporter.due(), 0.0, None)

    assert [each.check for each in draft.make("0" * 32, 1).results] == ["a", "b", "c"]
    assert reporter.due() == 1007.5


def test_a_first_good_answer_is_no_change_and_a_first_bad_one_is() -> None:
    assert a_reporter().add(result(), 1.0, 1.0) is False
    assert a_reporter().add(failed(), 1.0, 1.0) is True
    assert a_reporter().add(result(Outcome.UNKNOWN, reason=Reason.NO_PERMISSION), 1.0, 1.0) is True


def test_another_reason_for_the_same_outcome_is_no_change() -> None:
    reporter = a_reporter()
    reporter.add(failed(Reason.TIMEOUT), 1001.0, 1001.0)

    assert reporter.add(failed(Reason.REFUSED), 1002.0, 1002.0) is False


def test_since_is_the_first_result_of_this_outcome() -> None:
    reporter = a_reporter()
    for moment, what in ((1.0, result()), (2.0, failed()), (3.0, failed(Reason.REFUSED))):
        reporter.add(what, moment, moment)

    seen = reporter.latest["gw"]
    assert (seen.result.reason, seen.mono, seen.since) == (Reason.REFUSED, 3.0, 2.0)


def test_a_report_holds_what_was_seen_since_the_last_one() -> None:
    reporter = a_reporter()
    reporter.add(result(check="a"), 1001.0, 1001.5)
    reporter.add(result(check="b"), 1007.38, 1007.4)
    first = reporter.take(1007.5, 1.78e9, HOST)
    second = reporter.take(1022.5, 1.78e9 + 15, HOST)

    report = first.make("ab" * 16, 7)

    assert (report.stream, report.seq, report.boot, report.start) == ("ab" * 16, 7, "boot-1", "boot")
    assert (report.mono, report.wall, report.why, report.host) == (1007.5, 1.78e9, Why.PERIODIC, HOST)
    assert [(each.check, each.at) for each in report.results] == [("a", -6500), ("b", -120)]
    assert second.make("ab" * 16, 8).results == ()


def test_the_goodbye_carries_the_last_results() -> None:
    reporter = a_reporter()
    reporter.add(result(), 1001.0, 1001.0)

    report = reporter.goodbye(1002.0, 5.0, Goodbye(reason=GoodbyeReason.UPDATE)).make("0" * 32, 9)

    assert report.why is Why.GOODBYE
    assert report.goodbye == Goodbye(reason=GoodbyeReason.UPDATE)
    assert len(report.results) == 1


def test_an_answer_to_a_request_is_reported_at_once_with_what_else_there_is() -> None:
    reporter = a_reporter()
    reporter.add(result(), 1001.0, 1001.0)
    reporter.answer(Answered("a" * 32, ((result(check="asked"), 1001.5),)))

    assert reporter.due() < 1001.0
    report = reporter.take(1002.0, 0.0, None).make("b" * 32, 1)

    assert (report.why, len(report.results)) == (Why.REQUEST, 1)
    assert [(answer.id, answer.results[0].at) for answer in report.answers] == [("a" * 32, -500)]
    assert reporter.due() == 1007.5


def test_a_change_told_beside_an_answer_is_not_told_again() -> None:
    reporter = a_reporter()
    reporter.add(failed(), 1001.0, 1001.0)
    reporter.answer(Answered("a" * 32, ()))

    assert reporter.take(1001.0, 0.0, None).why is Why.REQUEST
    assert reporter.due() == 1007.5


def test_six_answers_are_two_reports() -> None:
    reporter = a_reporter()
    for number in range(6):
        reporter.answer(Answered(f"{number:032x}", ()))

    assert [len(reporter.take(1001.0, 0.0, None).answers) for _ in range(2)] == [5, 1]


def test_answers_that_bring_more_requests_make_no_storm_of_reports() -> None:
    reporter = a_reporter()
    reporter.answer(Answered("0" * 32, ()))
    assert reporter.due() <= 1000.0
    reporter.take(1000.0, 0.0, None)
    reporter.answer(Answered("1" * 32, ()))

    assert reporter.due() == 1000.0 + ANSWER_GAP
