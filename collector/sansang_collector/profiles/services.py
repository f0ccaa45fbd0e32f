"""The checks of the inventory's services, and when each commune runs them: one timetable per host asked. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

import msgspec

from sansang_agent.contract.check import Check, HttpCheck, TcpCheck, TimestampCheck, TlsCheck
from sansang_agent.contract.rung import Rung
from sansang_collector.inventory.model import Asker, Service, ServiceCheck, ServiceCheckKind

from .timetable import Timetable

ON_SITE = "kiểm tra tại chỗ"
"""What is shown beside a target that nobody at the centre has confirmed."""
_PAGES = (ServiceCheckKind.HTTP, ServiceCheckKind.TIMESTAMP)


def check_id(service: Service, check: ServiceCheck) -> str:
    """The check's name, the same as topology.py's."""
    return f"{service.id}-{check.kind}"


def to_check(service: Service, check: ServiceCheck) -> Check:
    """The check as a machine runs it; period and phase are not set yet. Other communes confirm a shared service."""
    port = check.port or (80 if check.plain else 443)
    host = f"[{service.host}]" if ":" in service.host else service.host
    scheme, usual = ("http", 80) if check.plain else ("https", 443)
    url = f"{scheme}://{host}{'' if port == usual else f':{port}'}{check.path}"
    common = {
        "id": check_id(service, check),
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


class ServicePlan:
    """Which service checks there are, and when a commune runs them; services on one host share its smallest budget."""

    def __init__(self, services: Iterable[Service], communes: Mapping[Asker, Sequence[str]]) -> None:
        asked = [one for one in services if one.asked and communes[one.asked_by]]
        self._checks = {
            asker: [to_check(one, check) for one in asked if one.asked_by is asker for check in one.checks]
            for asker in Asker
        }
        self._timetables = [
            _timetable([one for one in asked if one.host.lower() == host], communes)
            for host in dict.fromkeys(one.host.lower() for one in asked)
        ]

    def checks(self, asker: Asker, commune: str) -> list[Check]:
        """The commune's checks of services with their times; those without a time are left out."""
        slots = {id_: slot for table in self._timetables for id_, slot in table.slots(commune).items()}
        return [
            msgspec.structs.replace(check, period=slots[check.id].period, phase=slots[check.id].phase)
            for check in self._checks[asker]
            if check.id in slots
        ]


def _timetable(services: Sequence[Service], communes: Mapping[Asker, Sequence[str]]) -> Timetable:
    checks = [(check_id(one, check), check.kind in _PAGES) for one in services for check in one.checks]
    who = dict.fromkeys(code for one in services for code in communes[one.asked_by])
    return Timetable(
        min(one.max_per_second for one in services),
        [id_ for id_, is_page in checks if is_page],
        [id_ for id_, is_page in checks if not is_page],
        list(who),
        crc32(services[0].host.lower().encode()) / 2**32,
    )
