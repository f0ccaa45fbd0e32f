"""Incidents made by hand, in a small province with all that explanations name: a ring, an area, services, desks.

Times are a Friday morning in Vietnam; ``incident(...)`` fills in what a test leaves out.
"""

from datetime import datetime, timedelta, timezone
from typing import Any

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_collector.diagnosis.incident import Incident, Phase
from sansang_collector.diagnosis.verdict import Cause, Fact, Ground, Level, Verdict
from sansang_collector.inventory.model import (
    AccessNode,
    Commune,
    Contact,
    Core,
    Hosted,
    Inventory,
    Kind,
    Line,
    LineKind,
    Province,
    Resolver,
    Ring,
    Service,
    ServiceCheck,
    ServiceCheckKind,
    Topology,
)

HERE = timezone(timedelta(hours=7))


def at(clock: str, day: int = 26) -> float:
    """``08:14`` on a day of June 2026 in Vietnam (the 26th is a Friday), in Unix seconds."""
    hour, minute = clock.split(":")
    return datetime(2026, 6, day, int(hour), int(minute), tzinfo=HERE).timestamp()


NOW = at("08:20")
ON_RING = ("06073", "06112", "06115", "06253", "06280", "06298", "06313")
"""Communes on the ring Văn Quan – Bình Gia."""
AREA = ("06529", "06541", "06565", "06577")
"""Communes of one power area."""
KHANH_KHE, TAM_THANH = "06286", "05986"
_NAMES = {
    "06073": "Xã Hoa Thám", "06112": "Xã Bình Gia", "06115": "Xã Tân Văn", "06253": "Xã Văn Quan",
    "06280": "Xã Điềm He", "06298": "Xã Yên Phúc", "06313": "Xã Tri Lễ",
    "06529": "Xã Lộc Bình", "06541": "Xã Mẫu Sơn", "06565": "Xã Khuất Xá", "06577": "Xã Thống Nhất",
    KHANH_KHE: "Xã Khánh Khê", TAM_THANH: "Phường Tam Thanh",
}  # fmt: skip
ALL = tuple(sorted(_NAMES))
_HOMES = {
    "06073": "binh-gia", "06112": "binh-gia", "06115": "binh-gia",
    "06253": "van-quan", "06280": "van-quan", "06298": "diem-he", "06313": "diem-he",
    "06529": "loc-binh", "06541": "loc-binh", "06565": "loc-binh", "06577": "loc-binh",
    KHANH_KHE: "khanh-khe", TAM_THANH: "tam-thanh",
}  # fmt: skip
_NODES = {
    "binh-gia": "Trạm Bình Gia", "van-quan": "Trạm Văn Quan", "diem-he": "Trạm Điềm He",
    "loc-binh": "Trạm Lộc Bình", "khanh-khe": "Trạm Khánh Khê", "tam-thanh": "Trạm Tam Thanh",
}  # fmt: skip
PORTAL, ONE_STOP = "dichvucong", "motcua"
DESKS = (
    Contact(owner=Owner.TELECOM, desk="Trực mạng tỉnh", phone="<số trực đường truyền>", hours="24/7"),
    Contact(owner=Owner.COMMUNE_IT, phone="<số của cán bộ CNTT>"),
    Contact(owner=Owner.SERVICE_OWNER, service=PORTAL, desk="Tổng đài", phone="<số tổng đài dịch vụ công>"),
)


def lang_son(contacts: tuple[Contact, ...] = DESKS, terminals: bool = True) -> Inventory:
    """A few communes of it; ``terminals``: whether the centre has their addresses."""
    return Inventory(
        province=Province(name="Lạng Sơn", code="20"),
        communes=tuple(
            Commune(
                code=code,
                name=_NAMES[code],
                kind=Kind.XA,
                counters=3,
                former_district="Huyện Lộc Bình" if code in AREA else "",
            )
            for code in ALL
        ),
        lines=tuple(
            Line(
                id=f"{code}-tslcd2",
                commune=code,
                kind=LineKind.TSLCD2,
                provider="VNPT",
                access_node=_HOMES[code],
                terminal_address=f"10.0.{number}.1" if terminals else "",
            )
            for number, code in enumerate(ALL)
        ),
        access_nodes=tuple(AccessNode(id=node, name=name, address="10.1.0.1") for node, name in _NODES.items()),
        topology=Topology(
            core=Core(name="Mạng lõi tỉnh Lạng Sơn", address="10.2.0.1"),
            rings=(
                Ring(id="vq-bg", name="Văn Quan – Bình Gia", nodes=("van-quan", "diem-he", "binh-gia")),
                Ring(id="lb", name="Vòng Lộc Bình", nodes=("loc-binh", "khanh-khe")),
            ),
            resolvers=(Resolver(id="tinh", name="máy chủ của tỉnh", address="10.2.0.53"),),
        ),
        services=(
            _service(PORTAL, "Cổng Dịch vụ công quốc gia", Hosted.NATIONAL),
            _service(ONE_STOP, "Hệ thống một cửa", Hosted.PROVINCE),
        ),
        contacts=contacts,
    )


def _service(name: str, called: str, hosted: Hosted) -> Service:
    checks = (ServiceCheck(kind=ServiceCheckKind.TCP), ServiceCheck(kind=ServiceCheckKind.HTTP))
    return Service(id=name, name=called, host=f"{name}.example.test", checks=checks, hosted=hosted)


def verdict(part: str, **more: Any) -> Verdict:
    """Of a part that has been down since 08:14."""
    return Verdict(**{"part": part, "score": 30.0, "onset": at("08:14"), **more})


def incident(found: Verdict, owner: Owner = Owner.TELECOM, **more: Any) -> Incident:
    """One that is open and told."""
    given = {
        "id": 1, "code": "M4T7QX", "phase": Phase.OPEN, "verdict": found, "onset": found.onset,
        "detected_at": found.onset + 12, "opened_at": found.onset + 20, "owner": owner,
        "severity": Severity.CRITICAL, "hit": found.communes, **more,
    }  # fmt: skip
    return Incident(**given)


def causes(**probabilities: float) -> tuple[Cause, ...]:
    """A class; ``site_power__06286=0.6`` is the part ``site_power:06286``."""
    return tuple(
        Cause(part.replace("__", ":").replace("_tslcd2", "-tslcd2"), figure) for part, figure in probabilities.items()
    )


def ring_cut(**more: Any) -> Incident:
    """The ring Văn Quan – Bình Gia: seven communes, 21 counters."""
    grounds = (
        Ground(Fact.SILENT, 24, 24),
        Ground(Fact.PROBE_FAILS, 12, 12, "access_node:van-quan"),
        Ground(Fact.ELSEWHERE_WELL, 6, 6),
    )
    found = verdict("ring:vq-bg", communes=ON_RING, agents=tuple(range(1, 25)), checks=96, grounds=grounds)
    return incident(found, **{"counters": 21, **more})


def dark_commune(**more: Any) -> Incident:
    """Khánh Khê with its one machine: power, terminal or line."""
    found = verdict(
        f"site_power:{KHANH_KHE}",
        causes=causes(site_power__06286=0.6, terminal__06286_tslcd2=0.2, access_link__06286_tslcd2=0.2),
        communes=(KHANH_KHE,),
        agents=(31,),
        checks=1,
        grounds=(
            Ground(Fact.SILENT, 1, 1),
            Ground(Fact.PROBE_FAILS, 6, 6, f"terminal:{KHANH_KHE}-tslcd2"),
            Ground(Fact.ELSEWHERE_WELL, 12, 12),
        ),
    )
    return incident(found, **{"owner": Owner.POWER, "counters": 3, "code": "K7F2QD", **more})


def page_down(**more: Any) -> Incident:
    """The portal's page, while its server takes connections."""
    found = verdict(
        f"svc_app:{PORTAL}",
        communes=ALL,
        services=(PORTAL,),
        checks=13,
        onset_within_s=60.0,
        grounds=(Ground(Fact.FAILS, 13, 13), Ground(Fact.TCP_WELL, 39, 39)),
    )
    return incident(found, **{"owner": Owner.SERVICE_OWNER, "counters": 39, **more})


def lossy_line(**more: Any) -> Incident:
    """The line of Tam Thanh loses about 8 %."""
    found = verdict(
        f"access_link:{TAM_THANH}-tslcd2",
        level=Level.LOSSY,
        loss=(0.061, 0.083, 0.112),
        communes=(TAM_THANH,),
        checks=9,
        onset_within_s=120.0,
        grounds=(Ground(Fact.FAILS, 31, 372), Ground(Fact.ELSEWHERE_WELL, 12, 12)),
    )
    return incident(found, **{"severity": Severity.WARNING, **more})
