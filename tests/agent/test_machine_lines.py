import pytest

from sansang_agent.contract.report import Host, Power
from sansang_agent.machine_lines import machine_lines, power_line
from sansang_agent.phrases import Speech

VI, EN = Speech("vi"), Speech("en")


def test_everything_known_of_the_machine_is_a_line_each() -> None:
    host = Host(
        uptime_s=1.0,
        disk_free_bytes=51_260_000_000,
        power=Power(source="battery", percent=41.0),
        duplicates=("192.0.2.7",),
        clock_skew_s=7200.0,
    )

    assert list(machine_lines(host, EN)) == [
        "Another machine uses this computer's address 192.0.2.7.",
        "Power: battery, 41 % left.",
        "Disk that keeps the reports: 51.3 GB free.",
        "Clock: wrong, about 2 hours slow.",
    ]
    assert list(machine_lines(host, VI)) == [
        "Có máy khác dùng trùng địa chỉ 192.0.2.7 của máy này.",
        "Nguồn điện: pin hoặc bộ lưu điện, còn 41 %.",
        "Ổ đĩa lưu báo cáo: còn trống 51,3 GB.",
        "Đồng hồ: sai, chạy chậm khoảng 2 giờ.",
    ]


def test_what_is_not_known_is_not_said() -> None:
    assert list(machine_lines(Host(uptime_s=1.0), EN)) == ["Clock: not compared yet."]


@pytest.mark.parametrize(
    ("power", "said"),
    [
        (Power(source="mains"), "Power: mains."),
        (Power(source="mains", percent=97.4), "Power: mains; battery at 97 %."),
        (Power(source="battery"), "Power: battery."),
    ],
)
def test_mains_and_battery_are_told_apart(power: Power, said: str) -> None:
    assert power_line(power, EN) == said
