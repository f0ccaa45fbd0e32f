"""Teams, shifts and moments for tests of who is on call, written as people say them."""

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts import vietnam
from sansang_alerts.fault import Fault, Place, Source, Wording
from sansang_alerts.settings import AlertSettings, Shift, Takes, Team


def at(text: str) -> float:
    """``2026-11-26 08:00`` in Vietnam."""
    day, clock = text.split()
    return vietnam.moment(vietnam.day_of(day), vietnam.minute_of(clock))


def team(*shifts: Shift, name: str = "line", fallback: str = "desk", takes: tuple[Takes, ...] = (Takes(),)) -> Team:
    return Team(id=name, name=f"Đội {name}", takes=takes, shifts=shifts, fallback=fallback)


def settings(*teams: Team) -> AlertSettings:
    return AlertSettings(teams=teams)


def fault(owner: Owner = Owner.TELECOM, communes: tuple[str, ...] = ("06001",), systems: tuple[str, ...] = ()) -> Fault:
    return Fault(
        source=Source.INCIDENT,
        key="1",
        owner=owner,
        severity=Severity.CRITICAL,
        began_at=0.0,
        opened_at=0.0,
        communes=tuple(Place(code, f"Xã {code}") for code in communes),
        systems=systems,
        wordings={"vi": Wording(headline="Mất kết nối")},
    )
