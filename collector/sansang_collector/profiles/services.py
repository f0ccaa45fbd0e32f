"""The checks of the inventory's services, and when each commune runs them: one timetable per host asked. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

import msgspec

from sansang_agent.contract.check import Check, HttpCheck, TcpCheck, TimestampCheck, TlsCheck
from sansang_agent.contract.rung import Rung
from sansang_collector.inventory.model import PAGES, Asker, Service, ServiceCheck, ServiceCheckKind

from .timetable import Timetable

ON_SITE = "kiểm tra tại chỗ"
"""What is shown beside a target that nobody at the centre has confirmed."""


def to_check(service: Service, check: ServiceCheck) -> Check:
    """The check as a machine runs it; period and phase are not set yet. Other communes confirm a shared service."""
    port = check.port or (80 if check.plain else 443)
    host = f"[{service.host}]" if ":" in service.host else service.host
    scheme, usual = ("http", 80) if check.plain else ("https", 443)
    url = f"{scheme}://{host}{'' if port == usual else f':{port}'}{check.path}"
    common = {
        "id": service.check_id(check),
        "rung": Rung.SERVICE,
        "name": service.name,
        "network": service.network,
        "confirm": False,
        "mandatory": service.mandatory,
        "source": service.source or (ON_SITE if service.check_on_site else ""),
    }
    match check.kind:
        case ServiceCheckKind.TCP:
            return TcpCheck(target=f"{host}:{port}", **common)  # type: ignore[arg-type]
        case ServiceCheckKind.TLS:
            return TlsCheck(target=f"{host}:{port}", **common)  # type: ignore[arg-type]
        case ServiceCheckKind.TIMESTAMP:
            return TimestampCheck(target=url, **common)  # type: ignore[arg-type]
    return HttpCheck(target=url, contains=check.contains, **common)  # type: ignore[arg-type]


def by_host(services: Iterable[Service]) -> dict[str, list[Service]]:
    """Services that stand on one host, by its name: what is asked of one of them the others feel."""
    found: dict[str, list[Service]] = {}
    for one in services:
        found.setdefault(one.host.lower(), []).append(one)
    return found


def budget(services: Iterable[Service]) -> float:
    """What the whole fleet may ask a second of a host with these services: the smallest of theirs."""
    return min(one.max_per_second for one in services)


class ServicePlan:
    """Which service checks there are, and when a commune runs them; services on one host share its smallest budget."""

    def __init__(self, services: Iterable[Service], communes: Mapping[Asker, Sequence[str]]) -> None:
        asked = [one for one in services if one.asked and communes[one.asked_by]]
        self._checks = {
            asker: [to_check(one, check) for one in asked if one.asked_by is asker for check in one.checks]
            for asker in Asker
        }
        self._timetables = [_timetable(those, communes) for those in by_host(asked).values()]

    def checks(self, asker: Asker, commune: str) -> list[Check]:
        """The commune's checks of services with their times; those without a time are left out."""
        slots = {id_: slot for table in self._timetables for id_, slot in table.slots(commune).items()}
        return [
            msgspec.structs.replace(check, period=slots[check.id].period, phase=slots[check.id].phase)
            for check in self._checks[asker]
            if check.id in slots
        ]


def _timetable(services: Sequence[Service], communes: Mapping[Asker, Sequence[str]]) -> Timetable:
    checks = [(one.check_id(check), check.kind in PAGES) for one in services for check in one.checks]
    who = dict.fromkeys(code for one in services for code in communes[one.asked_by])
    return Timetable(
        budget(services),
        [id_ for id_, is_page in checks if is_page],
        [id_ for id_, is_page in checks if not is_page],
        list(who),
        crc32(services[0].host.lower().encode()) / 2**32,
    )
