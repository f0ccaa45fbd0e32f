from datetime import UTC, datetime, timedelta, timezone

import pytest

from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.rung import Component, Owner
from sansang_agent.messages import CLAUSES, STEPS
from sansang_agent.phrases import Speech
from sansang_agent.sentences import tell
from sansang_agent.verdict import Cause, Facts, Part, State, Verdict

HERE = timezone(timedelta(hours=7))
NOW = datetime(2026, 6, 26, 9, 30, tzinfo=HERE).timestamp()
SINCE = datetime(2026, 6, 26, 8, 14, tzinfo=HERE).timestamp()
LINE_DOWN = Verdict(
    state=State.DOWN,
    cause=Cause.LINE_DOWN,
    components=(Component.ACCESS_LINK,),
    holds=(Part.MACHINE, Part.LOCAL_NETWORK),
)


def vi(contacts: dict[Owner, str] | None = None) -> Speech:
    return Speech("vi", contacts, HERE)


def test_the_sentence_is_the_one_of_the_design() -> None:
    text = tell(LINE_DOWN, vi({Owner.TELECOM: "{contact}"}), now=NOW, since=SINCE, code="K7F2QD")

    assert text == (
        "Máy này và mạng nội bộ vẫn tốt; đường truyền ra ngoài mất từ 08:14. Chưa tiếp nhận được hồ sơ trực tuyến."
        " Gọi trực đường truyền: {contact}. Mã: K7F2QD."
    )


def test_a_number_that_is_not_configured_is_never_made_up() -> None:
    text = tell(LINE_DOWN, vi(), now=NOW)

    assert "Gọi bộ phận trực VNPT của tỉnh (số điện thoại chưa được cấu hình)." in text
    assert "Mã" not in text


@pytest.mark.parametrize("owner", Owner)
def test_every_owner_without_a_number_is_named_and_said_to_have_none(owner: Owner) -> None:
    assert vi().whom(owner).endswith("(số điện thoại chưa được cấu hình)")
    assert vi({owner: "1234"}).whom(owner).endswith(": 1234")


def test_an_outage_of_an_earlier_day_names_the_day() -> None:
    text = tell(LINE_DOWN, vi(), now=NOW, since=SINCE - 86400)

    assert "mất từ 08:14 ngày 25/06/2026." in text


def test_only_what_is_proven_is_said_to_hold() -> None:
    nothing = tell(Verdict(state=State.DOWN, cause=Cause.NO_NAME), vi(), now=NOW)
    machine = tell(Verdict(state=State.DOWN, cause=Cause.NO_NAME, holds=(Part.MACHINE,)), vi(), now=NOW)

    assert nothing.startswith("Máy này không tra được địa chỉ")
    assert machine.startswith("Máy này vẫn tốt; máy này không tra được")


def test_a_long_list_of_services_is_counted() -> None:
    assert vi().named(("A", "B", "C")) == "A, B và C"
    assert vi().named(("A", "B", "C", "D", "E")) == "A, B và 3 dịch vụ khác"
    assert Speech("en").named(("A", "B", "C", "D")) == "A, B and 2 other services"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (10, "1 phút"),
        (99 * 60, "99 phút"),
        (2 * 3600, "2 giờ"),
        (36 * 3600, "36 giờ"),
        (30 * 86400, "30 ngày"),
        (5 * 365.25 * 86400, "5 năm"),
    ],
)
def test_an_amount_of_time_is_told_in_its_largest_fitting_unit(seconds: float, said: str) -> None:
    assert vi().amount(seconds) == said


def test_english_counts_one_and_many() -> None:
    assert Speech("en").amount(60) == "1 minute"
    assert Speech("en").amount(120) == "2 minutes"


def test_a_clock_ahead_of_the_world_is_fast() -> None:
    verdict = Verdict(state=State.DEGRADED, cause=Cause.CLOCK_WRONG, facts=Facts(offset_s=-7200.0))

    assert tell(verdict, vi(), now=NOW).startswith("Đồng hồ của máy này chạy nhanh khoảng 2 giờ.")


def test_times_are_told_in_the_zone_of_the_reader() -> None:
    assert Speech("vi", zone=UTC).moment(SINCE, NOW) == "01:14"


def test_every_cause_has_its_words() -> None:
    assert set(CLAUSES) == set(Cause)
    assert set(STEPS) <= set(Cause)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("state", State)
def test_every_cause_can_be_told_whatever_is_known(cause: Cause, state: State, language: str) -> None:
    bare = Verdict(state=state, cause=cause, facts=Facts(gateway="g", resolver="r", services=("B",)))
    full = Verdict(
        state=state,
        cause=cause,
        components=tuple(Component),
        holds=tuple(Part),
        works=("A",),
        broken=("B",),
        facts=Facts(
            gateway="g", resolver="r", query="q", services=("B",), title="t", reason="timeout", expiry=NOW,
            offset_s=400.0, grant="grant it", count=1,
        ),
    )  # fmt: skip

    for verdict in (bare, full):
        text = tell(verdict, Speech(language, zone=HERE), now=NOW, since=SINCE, code="K7F2QD")

        assert text[0].isupper()
        assert text.endswith("K7F2QD.")
        assert "{" not in text
        assert "  " not in text


@pytest.mark.parametrize("why", [Reason.TLS_UNTRUSTED, Reason.TLS_NAME])
def test_nobody_is_led_past_a_warning_of_a_strange_certificate(why: Reason) -> None:
    facts = Facts(services=("Cổng",), reason=why)
    text = tell(Verdict(state=State.DOWN, cause=Cause.SERVICE_FAILS, facts=facts), vi(), now=NOW)

    assert "Đừng bấm bỏ qua cảnh báo của trình duyệt." in text
