import pytest

from sansang_agent.contract.check import IcmpCheck, TcpCheck
from sansang_agent.contract.light import Light
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Hop, Result
from sansang_agent.contract.rung import Network, Rung
from sansang_agent.phrases import Speech
from sansang_agent.table import Look, check_lines, table
from sansang_agent.verdict import Note, Row, Seen

VI, EN = Speech("vi"), Speech("en")
PLAIN = Look()
GATEWAY = IcmpCheck(id="gw", rung=Rung.GATEWAY, target="192.0.2.1", name="Thiết bị", source="kiểm tra tại chỗ")
PORTAL = TcpCheck(id="portal", rung=Rung.SERVICE, target="portal.test:443")


def failed(check_id: str, reason: Reason) -> Result:
    return Result(check=check_id, outcome=Outcome.FAILED, reason=reason)


def test_every_light_has_its_own_shape_and_word() -> None:
    rows = tuple(Row(rung=Rung.SERVICE, light=light) for light in Light)

    assert table(rows, VI, PLAIN).splitlines() == [
        "● Dịch vụ công  Tốt",
        "▲ Dịch vụ công  Một phần",
        "✖ Dịch vụ công  Mất",
        "? Dịch vụ công  Chưa rõ",
        "○ Dịch vụ công  Chưa cấu hình",
    ]
    shapes = [line[:3] for line in table(rows, EN, Look(ascii_only=True)).splitlines()]
    assert shapes == ["[+]", "[!]", "[X]", "[?]", "[ ]"]


def test_colours_wrap_the_shape_only() -> None:
    line = table((Row(rung=Rung.LINE, light=Light.FAILED),), EN, Look(colour=True))

    assert line == "\x1b[31m✖\x1b[0m Line  Down"


def test_the_columns_stand_below_each_other() -> None:
    rows = (
        Row(rung=Rung.DNS, light=Light.FAILED, note=Note.BEHIND),
        Row(rung=Rung.INTERNET, network=Network.TSLCD, light=Light.UNKNOWN, note=Note.NO_INTERNET),
    )

    first, second = table(rows, VI, PLAIN).splitlines()

    assert first.index("nằm sau") == second.index("không có kết nối")


def test_one_reason_is_said_once_and_several_by_name() -> None:
    alike = Row(rung=Rung.GATEWAY, light=Light.FAILED, seen=(Seen(GATEWAY, failed("gw", Reason.TIMEOUT)),))
    mixed = Row(
        rung=Rung.SERVICE,
        light=Light.DEGRADED,
        seen=(
            Seen(PORTAL, failed("portal", Reason.REFUSED)),
            Seen(GATEWAY, Result(check="gw", outcome=Outcome.OK)),
        ),
    )

    assert table((alike,), VI, PLAIN).endswith("Mất            không trả lời")
    assert table((mixed,), VI, PLAIN).endswith("portal.test:443: từ chối kết nối")


def test_services_that_could_not_be_asked_are_one_line_even_in_detail() -> None:
    unknown = Result(check="portal", outcome=Outcome.UNKNOWN, reason=Reason.NO_INTERNET)
    row = Row(rung=Rung.SERVICE, light=Light.UNKNOWN, note=Note.NO_INTERNET, seen=(Seen(PORTAL, unknown),) * 5)

    assert len(table((row,), VI, PLAIN, verbose=True).splitlines()) == 1


def test_a_check_shows_all_the_evidence_it_has() -> None:
    found = Result(
        check="gw", outcome=Outcome.OK, sent=5, lost=1, rtt_ms=(0.41, 0.52, 0.6, 12.3), address="192.0.2.1",
        phases_ms={"connect": 12.0, "later": 1.0}, status=200, cert_expiry=1_780_000_000.0, fallback="tcp",
        hops=(Hop(2, "198.51.100.1"),), detail="seen",
    )  # fmt: skip

    assert list(check_lines(Seen(GATEWAY, found), VI, PLAIN)) == [
        "● Thiết bị [192.0.2.1] (kiểm tra tại chỗ): Tốt",
        "    địa chỉ: 192.0.2.1",
        "    gói thăm dò: gửi 5, mất 1",
        "    thời gian đi về: 0,41 / 0,52 / 12 ms (nhanh nhất, trung vị, chậm nhất)",
        "    thời gian: kết nối 12, later 1,00 (ms)",
        "    các trạm đã trả lời: 2: 198.51.100.1",
        "    mã trạng thái HTTP: 200",
        f"    chứng thư có hạn tới: {VI.date(1_780_000_000.0)}",
        "    đo bằng cách khác: tcp",
        "    bằng chứng: seen",
    ]


@pytest.mark.parametrize(("speech", "said"), [(VI, "chưa đo"), (EN, "not measured yet")])
def test_a_check_without_a_result_says_so(speech: Speech, said: str) -> None:
    assert list(check_lines(Seen(PORTAL, None), speech, PLAIN)) == [f"? portal.test:443: {said}"]
