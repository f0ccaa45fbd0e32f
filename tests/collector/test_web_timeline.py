"""Strips are pure: intervals and a window in, stretches and SVG out."""

import re
from pathlib import Path

import msgspec
import pytest

from sansang_agent.contract.light import Light
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_collector.view import IntervalView
from sansang_collector.web import timeline
from sansang_collector.web.phrases import Phrases
from sansang_collector.web.strips import describe, strip_of, summarise
from sansang_collector.web.timeline import Stretch, Window

GOLDEN = Path(__file__).parent.parent / "golden" / "timeline.svg"
NOON = 1_782_450_000.0  # 2026-06-26 12:00:00 in Vietnam
WINDOW = Window(NOON - 6 * 3600, NOON)
VI = Phrases("vi")


def interval(
    first: float, last: float, reason: Reason | None = None, outcome: Outcome = Outcome.OK, late: bool = False
) -> IntervalView:
    return IntervalView(outcome=outcome, reason=reason, first_at=first, last_at=last, late=late, revision=1)


def failed(first: float, last: float, *, late: bool = False) -> IntervalView:
    return interval(first, last, Reason.TIMEOUT, Outcome.FAILED, late)


def kinds(found: list[Stretch]) -> list[tuple[str, float, float]]:
    return [(stretch.kind, stretch.first - NOON, stretch.last - NOON) for stretch in found]


def stretches(*intervals: IntervalView, now: float = NOON, period_s: float = 15) -> list[Stretch]:
    return timeline.stretches(intervals, WINDOW, period_s, now)


def test_an_interval_lasts_until_the_next_one_that_belongs_to_it() -> None:
    found = stretches(interval(WINDOW.first, NOON - 615), failed(NOON - 600, NOON - 5))

    assert kinds(found) == [("ok", -21600, -600), ("failed", -600, 0)]


def test_a_hole_longer_than_two_and_a_half_periods_is_a_gap() -> None:
    found = stretches(interval(WINDOW.first, NOON - 3600), interval(NOON - 600, NOON))

    assert kinds(found) == [("ok", -21600, -3585), ("gap", -3585, -600), ("ok", -600, 0)]


def test_a_check_that_asks_every_five_minutes_has_no_gaps_between_its_results() -> None:
    found = stretches(interval(WINDOW.first, NOON - 900), failed(NOON - 600, NOON - 300), period_s=300)

    assert kinds(found) == [("ok", -21600, -600), ("failed", -600, 0)]


def test_nothing_measured_is_one_gap() -> None:
    assert kinds(stretches()) == [("gap", -21600, 0)]


def test_the_future_is_neither_measured_nor_a_gap() -> None:
    found = timeline.stretches([interval(NOON - 3600, NOON - 1800)], Window(NOON - 3600, NOON + 3600), 15, NOON - 1800)

    assert kinds(found) == [("ok", -3600, -1800)]


def test_a_failure_of_this_very_moment_is_not_overlooked() -> None:
    found = stretches(interval(WINDOW.first, NOON - 15), failed(NOON, NOON))

    assert kinds(found)[-1] == ("failed", 0, 0)
    assert summarise(VI, found) == "Gián đoạn 1 lần, tổng cộng 0 giây"


def test_an_interval_that_began_before_the_window_is_cut_to_it() -> None:
    assert kinds(stretches(interval(NOON - 90_000, NOON - 5)))[0] == ("ok", -21600, 0)


def test_what_lies_outside_the_window_is_not_drawn() -> None:
    assert kinds(stretches(failed(NOON - 90_000, NOON - 80_000), interval(WINDOW.first, NOON))) == [("ok", -21600, 0)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_order_of_intervals_does_not_matter(order: tuple[int, int]) -> None:
    both = [interval(WINDOW.first, NOON - 615), failed(NOON - 600, NOON)]

    assert kinds(stretches(*(both[index] for index in order))) == [("ok", -21600, -600), ("failed", -600, 0)]


def test_the_moment_of_a_report_finds_its_stretch() -> None:
    found = stretches(interval(WINDOW.first, NOON - 615), failed(NOON - 600, NOON))

    covering = timeline.at_moment(found, NOON - 60)

    assert covering is not None
    assert covering.kind == "failed"


def test_a_failure_of_one_result_is_wide_enough_to_be_seen() -> None:
    found = stretches(interval(WINDOW.first, NOON - 615), failed(NOON - 600, NOON - 600), interval(NOON - 595, NOON))

    svg = timeline.strip(found, WINDOW, ident="x", label="x", title=lambda _: "")

    width = re.search(r'class="stretch failed".*?width="([\d.]+)%"', svg)
    assert width is not None
    assert float(width[1]) >= 0.4


def test_nothing_is_drawn_beyond_the_strip() -> None:
    found = stretches(interval(WINDOW.first, NOON - 15), failed(NOON - 1, NOON - 1))

    svg = timeline.strip(found, WINDOW, ident="x", label="x", title=lambda _: "")

    ends = [float(x) + float(width) for x, width in re.findall(r'x="([\d.]+)%" width="([\d.]+)%"', svg)]
    assert max(ends) <= 100


def test_what_a_check_is_called_cannot_write_markup() -> None:
    svg = timeline.strip(stretches(failed(NOON - 60, NOON)), WINDOW, ident='"><b', label='"><b', title=lambda _: "<b>")

    assert "<b" not in svg


def test_hours_are_marked_where_they_are_full_in_vietnam() -> None:
    marks = timeline.hours(Window(NOON - 6 * 3600 + 60, NOON + 60))

    assert marks == [NOON + hour * 3600 for hour in range(-5, 1)]


def test_a_day_is_marked_every_six_hours() -> None:
    assert timeline.hours(Window(NOON - 86400 + 60, NOON + 60)) == [NOON - hours * 3600 for hours in (18, 12, 6, 0)]


def test_a_stretch_tells_what_when_and_how_long() -> None:
    stretch = Stretch(Outcome.FAILED, Reason.TIMEOUT, NOON - 600, NOON - 210, late=True)

    assert describe(VI, stretch, NOON) == "Hỏng (không trả lời), 11:50:00 – 11:56:30, 6 phút, nhận muộn"


def test_a_strip_is_summed_up_in_words() -> None:
    found = stretches(failed(NOON - 7200, NOON - 6915), interval(NOON - 6900, NOON - 600), failed(NOON - 585, NOON))

    assert summarise(VI, found) == "Gián đoạn 2 lần, tổng cộng 14 phút · thiếu số đo 4 giờ"


def test_a_rung_can_be_partly_good() -> None:
    partly = msgspec.structs.replace(failed(NOON - 600, NOON), reason=None, light=Light.DEGRADED)

    found = stretches(msgspec.structs.replace(interval(WINDOW.first, NOON - 615), light=Light.OK), partly)

    assert kinds(found) == [("ok", -21600, -600), ("degraded", -600, 0)]
    assert describe(VI, found[1], NOON) == "Một phần, 11:50:00 – 12:00:00, 10 phút"
    assert summarise(VI, found) == "Không gián đoạn · tốt một phần 10 phút"


def test_an_untroubled_strip_says_so() -> None:
    assert summarise(VI, stretches(interval(WINDOW.first, NOON))) == "Không gián đoạn"


def test_what_could_not_be_found_out_is_not_called_untroubled() -> None:
    unknown = interval(WINDOW.first, NOON, Reason.NO_PERMISSION, Outcome.UNKNOWN)

    assert summarise(VI, stretches(unknown)) == "Chưa rõ 6 giờ"


def test_a_strip_without_any_result_claims_nothing() -> None:
    assert summarise(VI, stretches()) == "Không có số đo trong khoảng này"


def test_the_drawing_is_the_golden_one() -> None:
    drawn = strip_of(
        VI,
        [
            interval(WINDOW.first, NOON - 14_415),
            failed(NOON - 14_400, NOON - 12_000, late=True),
            interval(NOON - 11_985, NOON - 9_000, Reason.NO_INTERNET, Outcome.UNKNOWN),
            interval(NOON - 3_600, NOON),
        ],
        WINDOW,
        period_s=15,
        now=NOON,
        ident="strip-dvc",
        name="Cổng dịch vụ công",
        marked=NOON - 13_000,
    )

    assert str(drawn.svg) + "\n" == GOLDEN.read_text(encoding="utf-8")
    assert drawn.moment == "Hỏng (không trả lời)"


def test_every_other_hour_can_be_left_out_on_a_phone_but_never_the_newest() -> None:
    drawn = re.findall(r"<text( class=\"between\")? .*?>([\d:]+)</text>", timeline.axis(WINDOW))

    assert [hour for between, hour in drawn if not between] == ["06:00", "08:00", "10:00", "12:00"]
