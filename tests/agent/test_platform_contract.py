"""What every platform promises, asked of each; Windows' own calls are replaced by a scripted system elsewhere."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import GoodbyeReason, Power
from sansang_agent.platform import NoPermissionError, Platform, current
from sansang_agent.platform.linux import LinuxPlatform
from sansang_agent.platform.windows import WindowsPlatform, summed
from sansang_agent.platform.windows_echo import SILENCE, Echo
from sansang_agent.platform.windows_network import Routes

ROUTES = Routes(gateways=("192.0.2.1",), dns=("192.0.2.53",), duplicates=("192.0.2.7",))
SCRIPT = {
    "127.0.0.1": Echo(0, "127.0.0.1", 1.0),
    "203.0.113.1": SILENCE,
    "203.0.113.2": Echo(11003, "192.0.2.1", 0.0),
    "203.0.113.3": Echo(11050, "", 0.0),
    "203.0.113.4": Echo(5, "", 0.0),
}


def scripted(address: str, timeout_ms: int, ttl: int) -> Echo:
    """A system on which a router lies two hops before everything else than itself."""
    assert timeout_ms >= 1
    if ttl == 2 and address != "127.0.0.1":
        return Echo(11013, "198.51.100.2", 4.0)
    return SCRIPT[address]


def windows() -> WindowsPlatform:
    return WindowsPlatform(scripted, lambda: ROUTES)


PLATFORMS = [
    pytest.param(LinuxPlatform, id="linux", marks=pytest.mark.needs("linux")),
    pytest.param(windows, id="windows"),
]


@pytest.fixture(params=PLATFORMS)
def machine(request: pytest.FixtureRequest) -> Platform:
    make: Callable[[], Platform] = request.param
    return make()


def test_it_says_which_system_it_is(machine: Platform) -> None:
    assert machine.name in {"linux", "windows"}
    assert 0 < machine.resolution_ms <= 1


def test_it_always_has_a_reason_to_leave_and_wakes_in_the_future_if_at_all(machine: Platform) -> None:
    back = machine.wakes_at()

    assert machine.leaving() in GoodbyeReason
    assert back is None or back > machine.wall() - 1


def test_a_boot_has_one_name(machine: Platform) -> None:
    assert machine.boot_id()
    assert machine.boot_id() == machine.boot_id()
    assert len(machine.boot_id()) <= 128


def test_the_clock_of_the_machine_only_goes_forward(machine: Platform) -> None:
    assert 0 < machine.mono() <= machine.mono()


def test_loopback_is_no_adapter(machine: Platform) -> None:
    network = machine.network()

    assert "127.0.0.1" not in [address for nic in network.nics for address in nic.addresses]
    assert "lo" not in [nic.name for nic in network.nics]


def test_power_is_mains_battery_or_not_known(machine: Platform) -> None:
    power = machine.power()

    assert power is None or power.source in {"mains", "battery"}


def test_the_grant_is_one_line(machine: Platform) -> None:
    assert machine.icmp_grant()
    assert "\n" not in machine.icmp_grant()


@pytest.mark.needs("icmp")
async def test_trains_come_back_in_the_order_asked(machine: Platform) -> None:
    first, second = await machine.train(["127.0.0.1", "127.0.0.1"], 2, 0.001, 2.0)

    assert (first.address, first.sent, len(first.rtts_ms)) == ("127.0.0.1", 2, 2)
    assert second == first or len(second.rtts_ms) == 2


async def test_this_machine_is_one_hop_away_from_itself(machine: Platform) -> None:
    hop = await machine.hop("127.0.0.1", 1, 2.0)

    assert hop is not None
    assert (hop.ttl, hop.address) == (1, "127.0.0.1")


def test_both_platforms_have_every_method_of_the_protocol() -> None:
    wanted = {name for name, _ in inspect.getmembers(Platform, inspect.isfunction) if not name.startswith("_")}

    assert wanted
    for made in (LinuxPlatform(), windows()):
        assert {name for name in wanted if not callable(getattr(made, name, None))} == set()


def test_this_process_gets_the_platform_it_runs_on() -> None:
    assert current().name == ("windows" if sys.platform == "win32" else "linux")


async def test_windows_keeps_silence_unreachable_and_no_route_apart() -> None:
    trains = await windows().train(["203.0.113.1", "203.0.113.2", "203.0.113.3"], 2, 0.001, 0.5)

    assert [(each.rtts_ms, each.reason, each.reported_by) for each in trains] == [
        ((), None, None),
        ((), Reason.UNREACHABLE, "192.0.2.1"),
        ((), Reason.NO_ROUTE, None),
    ]


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [
        ((11006, 11006), Reason.INTERNAL),
        ((11006, 11010), None),
        ((11006, 11003), Reason.UNREACHABLE),
        ((11006, 0), None),
    ],
)
def test_windows_that_could_not_send_knows_nothing_and_a_part_of_it_no_more(
    statuses: tuple[int, ...], reason: Reason | None
) -> None:
    echoes = [Echo(status, "203.0.113.1" if status == 0 else "", 1.0) for status in statuses]

    assert summed("203.0.113.1", echoes).reason is reason


def test_windows_says_who_else_answered() -> None:
    assert summed("203.0.113.1", [Echo(0, "203.0.113.9", 1.0)]).answered_from == "203.0.113.9"


async def test_windows_says_when_echoes_are_forbidden() -> None:
    with pytest.raises(NoPermissionError):
        await windows().train(["203.0.113.4"], 1, 0.001, 0.5)


async def test_windows_finds_the_router_at_a_distance_and_nobody_at_another() -> None:
    found = await windows().hop("203.0.113.1", 2, 0.5)

    assert found is not None
    assert (found.ttl, found.address, found.rtt_ms) == (2, "198.51.100.2", 4.0)
    assert await windows().hop("203.0.113.1", 3, 0.5) is None
    with pytest.raises(OSError, match="no route"):
        await windows().hop("203.0.113.3", 3, 0.5)


def test_windows_says_which_address_is_used_twice() -> None:
    assert windows().network().duplicates == ("192.0.2.7",)


def test_windows_names_a_boot_by_its_minute() -> None:
    assert windows().boot_id().startswith("windows-")
    assert int(windows().boot_id().removeprefix("windows-")) % 60 == 0


def test_linux_reads_gateways_and_servers_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "run/systemd/resolve").mkdir(parents=True)
    (tmp_path / "proc/net/route").write_text(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "wlan0\t00000000\t0200000A\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
        "eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
    )
    (tmp_path / "proc/net/ipv6_route").write_text(
        f"{'0' * 32} 00 {'0' * 32} 00 fe80000000000000000000000000000a 00000400 1 0 00000003 eth0\n"
        f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 1 0 00200200 lo\n"
    )
    (tmp_path / "etc/resolv.conf").write_text("# stub\nnameserver 127.0.0.53\noptions edns0\n")
    (tmp_path / "run/systemd/resolve/resolv.conf").write_text("nameserver 192.0.2.53\nnameserver fe80::53%eth0\n")

    network = LinuxPlatform(tmp_path).network()

    assert network.gateways == ("192.0.2.1", "10.0.0.2", "fe80::a%eth0")
    assert network.dns == ("192.0.2.53", "fe80::53%eth0")


def test_linux_reads_addresses_that_are_used_twice(tmp_path: Path) -> None:
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/if_inet6").write_text(
        "fe80000000000000000000000000000a 02 40 20 80     eth0\n"
        "fd7700010000000000000000000000bb 02 40 00 c8     eth0\n"
        "fd7700010000000000000000000000cc 02 40 00 40     eth0\n"
        "cut short\n"
    )

    assert LinuxPlatform(tmp_path).network().duplicates == ("fd77:1::bb",)


SUPPLIES = {
    "laptop on mains": (
        [{"type": "Mains", "online": "1"}, {"type": "Battery", "status": "Full", "capacity": "97"}],
        97,
    ),
    "laptop on battery": (
        [{"type": "Mains", "online": "0"}, {"type": "Battery", "status": "Discharging", "capacity": "41"}],
        -41,
    ),
    "ups on mains": ([{"type": "UPS", "status": "Charging", "capacity": "80"}], 80),
    "ups without mains": ([{"type": "UPS", "status": "Discharging", "capacity": "79"}], -79),
    "two batteries, the emptier counts": (
        [{"type": "Battery", "status": "Discharging", "capacity": each} for each in ("50", "30")],
        -30,
    ),
    "a mouse is no supply": ([{"type": "Battery", "scope": "Device", "status": "Discharging", "capacity": "3"}], None),
    "a bay without its battery": ([{"type": "Battery", "present": "0", "status": "Unknown"}], None),
    "nothing": ([], None),
}


@pytest.mark.parametrize(("supplies", "signed"), SUPPLIES.values(), ids=SUPPLIES)
def test_linux_knows_mains_batteries_and_supplies_not_interrupted(
    tmp_path: Path, supplies: list[dict[str, str]], signed: int | None
) -> None:
    for number, supply in enumerate(supplies):
        place = tmp_path / f"sys/class/power_supply/s{number}"
        place.mkdir(parents=True)
        for name, value in supply.items():
            (place / name).write_text(f"{value}\n")

    found = LinuxPlatform(tmp_path).power()

    wanted = None if signed is None else Power(source="battery" if signed < 0 else "mains", percent=abs(signed))
    assert found == wanted


def test_linux_on_mains_without_any_battery_says_so(tmp_path: Path) -> None:
    place = tmp_path / "sys/class/power_supply/AC"
    place.mkdir(parents=True)
    (place / "type").write_text("Mains\n")
    (place / "online").write_text("1\n")

    assert LinuxPlatform(tmp_path).power() == Power(source="mains")


def test_linux_without_those_files_knows_no_gateway_and_no_server(tmp_path: Path) -> None:
    network = LinuxPlatform(tmp_path).network()

    assert (network.gateways, network.dns) == ((), ())
