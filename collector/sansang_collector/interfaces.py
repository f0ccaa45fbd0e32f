"""The values behind the metrics of devices and their interfaces, as one result told them. Pure.

Counters are exposed as the device counts them: where they begin again, Prometheus sees it. Octets counted in 32 bits
are a series of their own, so that a device that falls back to them never looks like a jump.
"""

from collections.abc import Iterable, Iterator

from sansang_agent.contract.report import Device, Interface

Value = tuple[str, tuple[str, ...], float]
"""Family, labels in its order, value."""

_COUNTERS = ("in_errors", "out_errors", "in_discards", "out_discards")


def values(device: Device | None, interfaces: Iterable[Interface], labels: tuple[str, ...]) -> Iterator[Value]:
    """Everything one result tells; ``labels`` are the check's. A name that comes twice is told once."""
    if device and device.uptime_s is not None:
        yield "sansang_device_uptime_seconds", labels, device.uptime_s
    for interface in {each.name: each for each in interfaces}.values():
        yield from _interface(interface, (*labels, interface.name))


def _interface(interface: Interface, labels: tuple[str, ...]) -> Iterator[Value]:
    yield "sansang_if_info", (*labels, str(interface.index), interface.alias), 1
    if interface.admin:
        yield "sansang_if_admin_status", labels, interface.admin
    if interface.oper:
        yield "sansang_if_oper_status", labels, interface.oper
    if interface.bps:
        yield "sansang_if_speed_bytes", labels, interface.bps / 8
    for name in ("in_octets", "out_octets"):
        count = getattr(interface, name)
        if count is not None:
            yield f"sansang_if_{name}_total", (*labels, str(interface.bits)), count
    for name in _COUNTERS:
        count = getattr(interface, name)
        if count is not None:
            yield f"sansang_if_{name}_total", labels, count
