"""Network adapters as psutil tells them on every system, and power as it does where the system has one answer."""

import socket

from sansang_agent.contract.report import Nic, Power


def nics() -> tuple[Nic, ...]:
    """Every adapter but loopback, with rate in bit/s, error counters and addresses, by name."""
    import psutil  # noqa: PLC0415  # only when asked: the agent's modules stay light

    counters = psutil.net_io_counters(pernic=True)
    addresses = psutil.net_if_addrs()
    found = []
    for name, state in sorted(psutil.net_if_stats().items()):
        own = [each.address for each in addresses.get(name, ()) if each.family in {socket.AF_INET, socket.AF_INET6}]
        if _is_loopback(name, state.flags, own):
            continue
        errors = counters.get(name)
        found.append(
            Nic(
                name=name,
                up=state.isup,
                bps=max(0, int(state.speed)) * 1_000_000,
                rx_errors=errors.errin if errors else 0,
                tx_errors=errors.errout if errors else 0,
                addresses=tuple(own),
            )
        )
    return tuple(found)


def _is_loopback(name: str, flags: str, addresses: list[str]) -> bool:
    """By its flag; Windows has no flags, there the addresses tell."""
    if flags:
        return "loopback" in flags.split(",")
    return name == "lo" or (bool(addresses) and all(each == "::1" or each.startswith("127.") for each in addresses))


def power() -> Power | None:
    """Mains or battery (a UPS that the system knows is one), where the machine has one; None otherwise."""
    import psutil  # noqa: PLC0415

    battery = psutil.sensors_battery()
    if battery is None or battery.power_plugged is None:
        return None
    return Power(source="mains" if battery.power_plugged else "battery", percent=max(0.0, float(battery.percent)))
