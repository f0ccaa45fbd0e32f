"""The machine's own state as lines for people: power, room for reports, clock, an address used twice.

Pure: facts in, sentences of the catalogue out.
"""

from collections.abc import Iterator

from .contract.report import Host, Power
from .enrolment import Enrolment
from .phrases import Speech

CLOCK_S = 300.0
"""A clock this far off makes certificates and one-time passwords fail."""
_GB = 1_000_000_000


def machine_lines(host: Host, speech: Speech) -> Iterator[str]:
    """Everything known of the machine beyond its checks, one fact a line."""
    _ = speech.say
    for address in host.duplicates:
        yield _("Another machine uses this computer's address {address}.").format(address=address)
    if host.power:
        yield power_line(host.power, speech)
    if host.disk_free_bytes is not None:
        free = f"{host.disk_free_bytes / _GB:.1f}".replace(".", "," if speech.language == "vi" else ".")
        yield _("Disk that keeps the reports: {free} GB free.").format(free=free)
    yield clock_line(host.clock_skew_s, speech)


def power_line(power: Power, speech: Speech) -> str:
    """What feeds the machine, and how full its battery or UPS is."""
    _ = speech.say
    on_battery = power.source == "battery"
    if power.percent is None:
        return _("Power: battery.") if on_battery else _("Power: mains.")
    message = _("Power: battery, {charge} left.") if on_battery else _("Power: mains; battery at {charge}.")
    return message.format(charge=f"{power.percent:.0f} %")


def is_clock_wrong(skew_s: float | None) -> bool:
    """Whether a clock, compared with the centre's, is too far off to work with."""
    return skew_s is not None and abs(skew_s) > CLOCK_S


def clock_line(skew_s: float | None, speech: Speech) -> str:
    """How this machine's clock stands against the centre's, which is ``skew_s`` seconds ahead of it."""
    _ = speech.say
    if skew_s is None:
        return _("Clock: not compared yet.")
    if is_clock_wrong(skew_s):
        return _("Clock: wrong, {off}.").format(off=speech.off(skew_s))
    return _("Clock: right.")


def enrolled_as(told: Enrolment, speech: Speech) -> str:
    """Who this machine is to its centre."""
    _ = speech.say
    where = " ".join(part for part in (told.commune_name, told.commune) if part)
    text = _("This computer is enrolled as “{name}” of {commune} at {url}.")
    return text.format(name=told.name, commune=where, url=told.url)
