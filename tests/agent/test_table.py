from typing import Any

import msgspec
import pytest

from sansang_agent.contract.check import IcmpCheck, SnmpCheck, TcpCheck
from sansang_agent.contract.light import Light
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Device, Hop, Interface, Result
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


DEVICE = SnmpCheck(id="olt", rung=Rung.CORE, target="192.0.2.7")


def interface(name: str, **more: Any) -> Interface:
    return Interface(name=name, index=1, **{"admin": 1, "oper": 1, "bits": 64, "in_octets": 5, **more})


def test_a_device_is_shown_with_its_interfaces() -> None:
    interfaces = (
        interface("ge0", bps=1_000_000_000, alias="Xã Khánh Khê"),
        interface("ge1", oper=2, bps=2_500_000_000),
        interface("ge2", admin=2, oper=2),
        interface("ge3", oper=0),
        *(interface(f"gpon{number}", bps=64) for number in range(22)),
    )
    device = Device(name="olt-01", descr="Access node", uptime_s=7_200)
    result = Result(check="olt", outcome=Outcome.OK, device=device, interfaces=interfaces)
    lines = [line.strip() for line in check_lines(Seen(DEVICE, result), EN, PLAIN)]

    assert lines[:8] == [
        "● 192.0.2.7: ok",
        "device: olt-01 – Access node",
        "has been running for: 2 hours",
        "ge0 (Xã Khánh Khê): up, 1 Gbit/s",
        "ge1: down, 2.5 Gbit/s",
        "ge2: switched off",
        "ge3: state unknown",
        "gpon0: up, 64 bit/s",
    ]
    assert lines[-1] == "and 2 other interfaces"


def test_a_device_that_pings_and_is_silent_to_snmp_is_told_once_in_the_users_words() -> None:
    result = msgspec.structs.replace(failed("olt", Reason.TIMEOUT), pings=True, detail="answers ping, but not SNMP: …")
    lines = [line.strip() for line in check_lines(Seen(DEVICE, result), VI, PLAIN)]

    assert lines == [
        "✖ 192.0.2.7: không trả lời",
        "trả lời ping nhưng không trả lời SNMP: sai thông tin xác thực, bị danh sách truy cập chặn hoặc SNMP chưa bật",
    ]


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
