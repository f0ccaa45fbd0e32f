"""What a device told of itself by SNMP, as lines for people: its name, how long it has run, and its interfaces.

Counters are left to metrics and ``--json``.
"""

from collections.abc import Iterator

from .contract.report import Device, Interface, Result
from .phrases import Speech, mark

MOST_INTERFACES = 24
"""More do not fit on a screen; the rest is counted."""

_OPER = {
    1: mark("up"),
    2: mark("down"),
    3: mark("being tested"),
    4: mark("state unknown"),
    5: mark("waiting"),
    6: mark("parts missing"),
    7: mark("down because of what it lies on"),
}
_ADMIN_DOWN = 2
_OFF = mark("switched off")
_UNITS = ((1_000_000_000, "Gbit/s"), (1_000_000, "Mbit/s"), (1_000, "kbit/s"))


def device_lines(result: Result, speech: Speech) -> Iterator[str]:
    """Nothing for a result of anything else than a device."""
    _ = speech.say
    if result.pings:
        yield _("answers ping, but not SNMP: wrong credentials, an access list, or SNMP is off")
    if result.device:
        yield from _device(result.device, speech)
    interfaces = result.interfaces or ()
    for interface in interfaces[:MOST_INTERFACES]:
        yield _interface(interface, speech)
    rest = len(interfaces) - MOST_INTERFACES
    if rest > 0:
        yield speech.plural("and {number} other interface", "and {number} other interfaces", rest).format(number=rest)


def _device(device: Device, speech: Speech) -> Iterator[str]:
    _ = speech.say
    told = " – ".join(part for part in (device.name, device.descr) if part)
    if told:
        yield _("device: {told}").format(told=told)
    if device.uptime_s is not None:
        yield _("has been running for: {amount}").format(amount=speech.amount(device.uptime_s))


def _interface(interface: Interface, speech: Speech) -> str:
    _ = speech.say
    alias = f" ({interface.alias})" if interface.alias else ""
    rate = f", {_rate(interface.bps)}" if interface.bps else ""
    state = _(_OFF) if interface.admin == _ADMIN_DOWN else _(_OPER.get(interface.oper, _OPER[4]))
    return f"{interface.name}{alias}: {state}{rate}"


def _rate(bps: int) -> str:
    for unit, name in _UNITS:
        if bps >= unit:
            return f"{bps / unit:g} {name}"
    return f"{bps} bit/s"
