"""A week of one machine through the real collector: an outage is a hole until its reports come, then has true times.

The curve below a strip, drawn from points alone, is held here too.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sansang_agent.contract.check import IcmpCheck, PathCheck, Profile
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.outcome import Reason, outcome_of
from sansang_agent.contract.report import Report, Result, Why
from sansang_agent.contract.rung import Rung
from sansang_collector.view import PointView
from sansang_collector.web.curves import curve_of
from sansang_collector.web.phrases import Phrases
from sansang_collector.web.timeline import Window
from tests.support.web_collector import COMMUNE, NOON, STREAM, WebCollector, web_collector

PERIOD_S = 1800.0
WEEK = Profile(
    checks=(
        PathCheck(id="hop", rung=Rung.LINE, target="192.0.2.1", name="Chặng đầu tiên", period=PERIOD_S),
        IcmpCheck(id="out", rung=Rung.INTERNET, target="192.0.2.2", name="Điểm ngoài", period=PERIOD_S),
    )
)
STEPS = round(7 * 86_400 / PERIOD_S)
BROKE, BACK = 120, 132
"""The line is away for six hours on the third day, in periods since the beginning."""
VI = Phrases("vi")


def taken(collector: WebCollector, step: int, reason: Reason | None) -> Report:
    """What the machine measured at the beginning of period ``step``."""
    age = collector.now - (NOON + step * PERIOD_S)
    trip = 10.0 + step % 48
    good: dict[str, Any] = {"rtt_ms": (trip - 1, trip, trip + 1, trip + 2), "sent": 5, "lost": 0} if not reason else {}
    results = tuple(
        Result(check=name, outcome=outcome_of(reason), reason=reason, **(good if name == "out" else {}))
        for name in ("hop", "out")
    )
    return Report(
        stream=STREAM, seq=step + 1, boot="b1", mono=collector.mono - age, wall=collector.now - age, why=Why.PERIODIC,
        version="0.3.0", config=profile_hash(WEEK), results=results,
    )  # fmt: skip


def history(collector: WebCollector, check: str) -> Any:
    asked: dict[str, str | float] = {
        "agent": collector.agent,
        "check": check,
        "from": NOON - 1,
        "to": NOON + STEPS * PERIOD_S,
    }
    return collector.client.get("/api/v1/history", params=asked).json()


def stretches(collector: WebCollector, check: str) -> list[tuple[str, float, float, bool]]:
    """Outcome, first and last period, and whether part of it came later."""
    return [
        (it["outcome"], (it["first_at"] - NOON) / PERIOD_S, (it["last_at"] - NOON) / PERIOD_S, it["late"])
        for it in history(collector, check)["items"]
    ]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebCollector, list[Any]]]:
    """The collector at the end of the week, and the stretches it knew while the outage was still a hole."""
    with web_collector(tmp_path_factory.mktemp("week")) as running:
        hole: list[Any] = []
        for step in range(STEPS):
            if not BROKE <= step < BACK:
                running.send([taken(running, step, None)], WEEK)
            if step == BACK:
                running.until(lambda: bool(stretches(running, "hop")[1:]))
                hole = stretches(running, "hop")
                late = [taken(running, gone, Reason.TIMEOUT) for gone in reversed(range(BROKE, BACK))]
                running.send(late, WEEK)
            running.turn_clock(PERIOD_S)
        running.until(lambda: stretches(running, "hop")[-1][2] == STEPS - 1)
        yield running, hole


def test_an_outage_is_a_hole_until_its_reports_come(week: tuple[WebCollector, list[Any]]) -> None:
    assert week[1] == [("ok", 0, BROKE - 1, False), ("ok", BACK, BACK, False)]


def test_an_outage_that_was_back_filled_has_its_true_times(week: tuple[WebCollector, list[Any]]) -> None:
    assert stretches(week[0], "hop") == [
        ("ok", 0, BROKE - 1, False),
        ("failed", BROKE, BACK - 1, True),
        ("ok", BACK, STEPS - 1, False),
    ]


def test_every_result_of_the_week_is_in_exactly_one_point(week: tuple[WebCollector, list[Any]]) -> None:
    points = history(week[0], "out")["points"]

    assert len(points) == sum(point["count"] for point in points) == STEPS
    failed = [(point["at"] - NOON) / PERIOD_S for point in points if point["failed"]]
    assert failed == list(range(BROKE, BACK))


def test_the_week_is_shown_on_the_machines_page(week: tuple[WebCollector, list[Any]]) -> None:
    collector = week[0]
    page = collector.client.get(f"/agents/{collector.agent}?hours=168&lang=vi").text

    assert re.search(r'id="window-168"[^>]*aria-current="true">7 ngày<', page)
    assert page.count("Gián đoạn 1 lần, tổng cộng 6 giờ") >= 2
    assert "nhận muộn" in page
    assert page.count('class="curve"') == 1
    assert "Độ trễ, trung bình mỗi 30 phút: 10 ms – 57 ms; lâu nhất 59 ms" in page
    for day in ("27/06", "28/06", "02/07", "03/07"):
        assert f">{day}</text>" in page


def test_a_communes_week_is_shown_too(week: tuple[WebCollector, list[Any]]) -> None:
    page = week[0].client.get(f"/communes/{COMMUNE}?hours=168&lang=vi").text

    assert "Gián đoạn 1 lần, tổng cộng 6 giờ" in page


def point(at: float, rtt: float | None = None, total: float | None = None) -> PointView:
    return PointView(
        at=at, count=1, ok=1, failed=0, unknown=0, reasons={}, loss=None, rtt_min_ms=rtt, rtt_ms=rtt, rtt_max_ms=rtt,
        total_ms=total, total_max_ms=total,
    )  # fmt: skip


def test_a_curve_has_no_line_where_nothing_was_measured() -> None:
    window = Window(0, 3000)
    drawn = curve_of(VI, [point(0, 11), point(300, 22), point(1500, 11)], window, 300, "x")

    assert drawn is not None
    assert 'd="M0.0 17.5H100.0L100.0 2.9H200.0M500.0 17.5H600.0"' in drawn.svg


def test_a_curve_is_of_durations_where_there_are_no_round_trips() -> None:
    drawn = curve_of(VI, [point(0, total=40), point(300)], Window(0, 600), 300, "x")

    assert drawn is not None
    assert drawn.caption == "Thời gian thực hiện, trung bình mỗi 5 phút: 40 ms – 40 ms; lâu nhất 40 ms"


def test_without_any_time_there_is_no_curve_and_without_any_length_it_is_flat() -> None:
    flat = curve_of(VI, [point(0, 0.0)], Window(0, 300), 300, "x")

    assert curve_of(VI, [point(0)], Window(0, 300), 300, "x") is None
    assert flat is not None
    assert 'd="M0.0 32.0H1000.0"' in flat.svg


def test_what_a_check_is_called_cannot_write_markup_into_its_curve() -> None:
    drawn = curve_of(VI, [point(0, 1.0)], Window(0, 300), 300, '"><b')

    assert drawn is not None
    assert "<b" not in drawn.svg
