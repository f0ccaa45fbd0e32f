"""Inventories and machines of any size for tests of profiles, and what everyone asks by them, second by second."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from sansang_agent.contract.assignment import Assignment, Role
from sansang_agent.contract.check import Check, HttpCheck, TimestampCheck
from sansang_collector.inventory.model import (
    AccessNode,
    Commune,
    Core,
    Inventory,
    Kind,
    Line,
    LineKind,
    Province,
    Reference,
    Service,
    ServiceCheck,
    ServiceCheckKind,
    Topology,
)
from sansang_collector.profiles.compiler import Plan
from sansang_collector.profiles.election import Machine
from sansang_collector.profiles.templates import templates

ROLES = (Role.COUNTER, Role.COUNTER, Role.KIOSK, Role.MINI)
HTTP, TLS, TCP, STAMP = (
    ServiceCheck(kind=kind)
    for kind in (ServiceCheckKind.HTTP, ServiceCheckKind.TLS, ServiceCheckKind.TCP, ServiceCheckKind.TIMESTAMP)
)
PORTAL = Service(id="dvc", name="Cổng dịch vụ công", host="dvc.example", checks=(HTTP, TLS))
SIGNING = Service(id="tsa", name="Dấu thời gian", host="dvc.example", checks=(STAMP,), max_per_second=0.7)
MAIL = Service(id="mail", name="Thư", host="mail.example", checks=(TCP, TLS), max_per_second=2.0, mandatory=False)
SERVICES = (PORTAL, SIGNING, MAIL)


def codes(count: int) -> list[str]:
    return [f"{4 + 3 * n:05}" for n in range(count)]


def an_inventory(count: int, services: tuple[Service, ...] = SERVICES, **more: object) -> Inventory:
    """So many communes on one access node for each two, all addresses entered."""
    communes = tuple(Commune(code=code, name=f"Xã {code}", kind=Kind.XA) for code in codes(count))
    lines = tuple(
        Line(
            id=f"{code}-a", commune=code, kind=LineKind.TSLCD2, access_node=f"an-{n // 2}",
            terminal_address=f"10.{n >> 8}.{n & 255}.1",
        )
        for n, code in enumerate(codes(count))
    )  # fmt: skip
    nodes = tuple(AccessNode(id=f"an-{n}", address=f"10.200.{n >> 8}.{n & 255}") for n in range((count + 1) // 2))
    topology = Topology(core=Core(address="10.255.0.1"), internet=Reference(address="192.0.2.1"))
    return Inventory(
        province=Province(name="Thử", code="99"), communes=communes, lines=lines, access_nodes=nodes,
        topology=topology, services=services, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def machines(count: int, roles: tuple[Role, ...] = ROLES) -> list[Machine]:
    """A machine of each role in each commune, numbered commune by commune, and the vantage."""
    each = len(roles)
    found = [
        Machine(n * each + m + 1, code, f"may-{m}", role)
        for n, code in enumerate(codes(count))
        for m, role in enumerate(roles)
    ]
    return [*found, Machine(count * each + 1, "00000", "vantage", Role.VANTAGE)]


def compiled(inventory: Inventory, them: list[Machine], silent: frozenset[int] = frozenset()) -> dict[int, Assignment]:
    """Everyone's assignment."""
    plan = Plan(inventory, templates(), them)
    elected = plan.elect(silent, {})
    return {one.id: plan.assignment(one, elected) for one in plan.machines.values()}


class Run(NamedTuple):
    """One run of a check."""

    at: float
    machine: int
    page: bool


def is_page(check: Check) -> bool:
    return isinstance(check, HttpCheck | TimestampCheck)


def host(check: Check) -> str:
    """The target's host, or the placeholder left for the machine."""
    if is_page(check):
        return urlsplit(check.target).hostname or ""
    return check.target.partition(":")[0]


def runs(
    assignments: dict[int, Assignment], seconds: float, wanted: Callable[[Check], bool] = bool
) -> dict[str, list[Run]]:
    """By host every run of wanted checks up to ``seconds`` of the collector's clock; those that leave the commune."""
    found: defaultdict[str, list[Run]] = defaultdict(list)
    for machine, assignment in assignments.items():
        for check in assignment.profile.checks:
            if check.phase is not None and wanted(check):
                found[host(check)].extend(Run(at, machine, is_page(check)) for at in _times(check, seconds))
    return {target: sorted(them) for target, them in found.items()}


def _times(check: Check, seconds: float) -> Iterator[float]:
    at, n = check.phase or 0.0, 0
    while at < seconds:
        yield at
        n += 1
        at = (check.phase or 0.0) + n * check.period


def most_within(times: list[float], window: float) -> int:
    """The largest number of runs in any window so long, wherever it begins; its end is left out."""
    most, first = 0, 0
    for n, at in enumerate(times):
        while at - times[first] >= window - 1e-6:
            first += 1
        most = max(most, n - first + 1)
    return most
