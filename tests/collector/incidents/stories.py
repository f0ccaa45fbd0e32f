"""The golden incidents: one for each thing an explanation has to be able to say."""

from typing import NamedTuple

import msgspec

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_collector.diagnosis.incident import Incident, Phase, Revision
from sansang_collector.diagnosis.verdict import Cause, Fact, Ground, Level
from sansang_collector.incidents.case import NOTHING_AROUND, Around, Plan, Wider
from sansang_collector.inventory.model import Inventory
from tests.support.incidents import (
    ALL,
    AREA,
    KHANH_KHE,
    NOW,
    ONE_STOP,
    PORTAL,
    TAM_THANH,
    at,
    causes,
    dark_commune,
    incident,
    lang_son,
    lossy_line,
    page_down,
    ring_cut,
    verdict,
)

TERMINAL = f"terminal:{KHANH_KHE}-tslcd2"


class Story(NamedTuple):
    """An incident and when it is told."""

    name: str
    incident: Incident
    around: Around = NOTHING_AROUND
    now: float = NOW
    inventory: Inventory = lang_son()


def access_node() -> Incident:
    """The node Điềm He with two communes; nobody entered whom to call."""
    grounds = (
        Ground(Fact.SILENT, 7, 7),
        Ground(Fact.PROBE_FAILS, 9, 9, "access_node:diem-he"),
        Ground(Fact.ELSEWHERE_WELL, 11, 11),
        Ground(Fact.PROBE_ANSWERS, 0, 9, "access_node:van-quan"),
    )
    found = verdict("access_node:diem-he", communes=("06298", "06313"), agents=tuple(range(7)), grounds=grounds)
    return incident(found, counters=6)


def local_network() -> Incident:
    """Tam Thanh is silent, its terminal answers."""
    grounds = (
        Ground(Fact.SILENT, 4, 4),
        Ground(Fact.PROBE_ANSWERS, 0, 12, f"terminal:{TAM_THANH}-tslcd2"),
        Ground(Fact.ELSEWHERE_WELL, 12, 12),
    )
    found = verdict(f"lan:{TAM_THANH}", communes=(TAM_THANH,), agents=(1, 2, 3, 4), grounds=grounds)
    return incident(found, owner=Owner.COMMUNE_IT, counters=3)


def data_centre() -> Incident:
    """The province's own: all that stands in it is silent."""
    found = verdict(
        "pdc", communes=ALL, services=(ONE_STOP,), checks=26, grounds=(Ground(Fact.FAILS, 26, 26),),
    )  # fmt: skip
    return incident(found, owner=Owner.SERVICE_OWNER, counters=39)


def name_service() -> Incident:
    """The resolver is silent; the network is well."""
    grounds = (Ground(Fact.FAILS, 48, 52), Ground(Fact.PROBE_ANSWERS, 0, 60, "core"))
    found = verdict("dns:tinh", communes=ALL, services=(PORTAL, ONE_STOP), checks=52, grounds=grounds)
    return incident(found, owner=Owner.RESOLVER_OPERATOR, counters=39)


def wan_or_data_centre() -> Incident:
    """Everything national is silent, for the one province there is."""
    found = verdict(
        "wan",
        causes=causes(wan=0.55, ndc=0.45),
        communes=ALL,
        services=(PORTAL,),
        checks=39,
        grounds=(Ground(Fact.FAILS, 52, 52), Ground(Fact.PROBE_ANSWERS, 0, 60, "core")),
    )
    return incident(found, owner=Owner.NETWORK_OPERATOR, counters=39)


def area_member() -> Incident:
    """One commune of an area without power."""
    found = verdict(
        "site_power:06541",
        causes=causes(site_power__06541=0.83, terminal__06541_tslcd2=0.09, access_link__06541_tslcd2=0.08),
        communes=("06541",),
        agents=(41, 42),
        grounds=(
            Ground(Fact.SILENT, 2, 2),
            Ground(Fact.PROBE_FAILS, 6, 6, "terminal:06541-tslcd2"),
            Ground(Fact.ON_BATTERY, 1, 2),
        ),
    )
    return incident(found, owner=Owner.POWER, counters=3, held_back="situation:3")


def overrun() -> Incident:
    """Announced work on the node Lộc Bình should be over."""
    found = verdict(
        "access_node:loc-binh", onset=at("05:02"), communes=AREA, agents=tuple(range(9)),
        grounds=(Ground(Fact.SILENT, 9, 9), Ground(Fact.PROBE_FAILS, 12, 12, "access_node:loc-binh")),
    )  # fmt: skip
    return incident(found, counters=12)


def revised() -> Incident:
    """It was dark in Khánh Khê, as its machine told once it was back."""
    return dark_commune(
        phase=Phase.RESOLVED,
        ended_at=at("09:02"),
        resolved_at=at("09:03"),
        counters=3,
        revision=Revision(
            at=at("09:06"),
            causes=(Cause(f"site_power:{KHANH_KHE}", 1.0),),
            onset=at("08:13"),
            ended_at=at("09:02"),
            grounds=(Ground(Fact.BOOTED_INSIDE, 1, 1),),
        ),
    )


def half_of_a_service() -> Incident:
    """One of the servers behind a name fails."""
    found = verdict(
        f"svc_tcp:{ONE_STOP}", level=Level.LOSSY, loss=(0.27, 0.34, 0.42), communes=ALL, services=(ONE_STOP,),
        checks=18, onset_within_s=90.0, grounds=(Ground(Fact.FAILS, 61, 180),),
    )  # fmt: skip
    return incident(found, owner=Owner.SERVICE_OWNER, severity=Severity.WARNING)


def suspicion() -> Incident:
    """A commune of the ring is silent, for one look."""
    grounds = (Ground(Fact.SILENT, 2, 3), Ground(Fact.STILL_HEARD, 1, 3))
    found = verdict("lan:06112", communes=("06112",), agents=(5, 6), grounds=grounds)
    return incident(found, owner=Owner.COMMUNE_IT, phase=Phase.SUSPECT, opened_at=None, severity=Severity.INFO)


def gone_home() -> Incident:
    """A commune that throws its main switch at the end of the day."""
    found = verdict(
        f"site_power:{KHANH_KHE}", onset=at("17:06"), communes=(KHANH_KHE,), agents=(31,), expected_off=True,
        grounds=(Ground(Fact.SILENT, 1, 1), Ground(Fact.USUAL_OFF, 1, 1)),
    )  # fmt: skip
    return incident(found, owner=Owner.POWER, phase=Phase.SUSPECT, opened_at=None, severity=Severity.INFO)


def came_and_went() -> Incident:
    """The portal's page yesterday, three times, taken on by somebody."""
    found = msgspec.structs.replace(page_down().verdict, onset=at("14:05", day=25))
    return page_down(
        verdict=found, onset=found.onset, phase=Phase.RESOLVED, ended_at=at("16:40", day=25), counters=0, unstable=True,
        resolved_at=at("16:41", day=25), flaps=(at("14:40", day=25), at("15:20", day=25), at("15:55", day=25)),
    )  # fmt: skip


STORIES = (
    Story("01-ring-cut", ring_cut()),
    Story("02-access-node-no-contact", access_node(), inventory=lang_son(contacts=())),
    Story("03-power-terminal-or-line-one-machine", dark_commune()),
    Story("04-local-network", local_network()),
    Story("05-service-page", page_down()),
    Story("06-provincial-data-centre", data_centre()),
    Story("07-name-service", name_service()),
    Story("08-wan-or-national-data-centre", wan_or_data_centre()),
    Story("09-lossy-line", lossy_line()),
    Story("10-held-back-by-a-situation", area_member(), Around(situation=Wider("P3V8QK", "power_area", 4))),
    Story(
        "11-planned-work-overrun",
        overrun(),
        Around(plan=Plan("Thay tủ nguồn trạm Lộc Bình", at("05:00"), at("07:00"))),
    ),
    Story("12-revised-power", revised(), now=at("09:30")),
    Story("13-service-in-part", half_of_a_service()),
    Story("14-suspicion", suspicion()),
    Story(
        "15-came-and-went",
        came_and_went(),
        Around(acknowledged_by="truc-ca-1", acknowledged_at=at("14:09", day=25), assigned_to="Tổ dịch vụ công"),
    ),
    Story("16-gone-home", gone_home(), now=at("17:30")),
)
