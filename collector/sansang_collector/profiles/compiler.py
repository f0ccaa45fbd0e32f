"""From an inventory and its machines to what each of them is asked to do. Pure.

A plan holds for as long as inventory and machines stay; who is elected may change under it, which moves nobody's times.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping

import msgspec

from sansang_agent.contract.assignment import Assignment, Contacts, Role, assignment_hash
from sansang_agent.contract.check import Check, Profile
from sansang_agent.contract.rung import Owner
from sansang_collector.commune import NOWHERE
from sansang_collector.inventory.contacts import Directory
from sansang_collector.inventory.crossing import called
from sansang_collector.inventory.model import Asker, Inventory

from .crowds import Crowds
from .election import Machine, elected
from .seats import place, room, seated
from .services import ServicePlan
from .sites import filled, inward, is_outside, sites
from .templates import Template

Elected = Mapping[str, int]
"""By commune the id of the machine that asks the services; the vantage's commune is 00000."""


class _Commune(msgspec.Struct, frozen=True):
    """What all machines of a commune have in common."""

    services: tuple[Check, ...]
    contacts: Contacts
    service_contacts: dict[str, str]


class Plan:
    """Who is asked to do what; machines of communes that the inventory does not have are asked nothing."""

    def __init__(self, inventory: Inventory, templates: Mapping[Role, Template], machines: Iterable[Machine]) -> None:
        self._inventory = inventory
        self._sites = sites(inventory)
        known = [one for one in machines if _belongs(one, self._sites)]
        self.machines = {one.id: one for one in known}
        self.by_commune: dict[str, list[Machine]] = _grouped(known)
        self._askers = {
            code: [one for one in them if templates[one.role].services] for code, them in self.by_commune.items()
        }
        self._own = _Filled(inventory, self._sites, templates)
        outside = ((one, check) for one in known for check in self._own.checks(one) if is_outside(check))
        self._crowds = Crowds(pair for pair in outside if pair[0].role is not Role.VANTAGE)
        self._services = ServicePlan(inventory.services, self._who_asks())
        self._desks = Directory(inventory.contacts)
        self._communes: dict[str, _Commune] = {}

    def _who_asks(self) -> dict[Asker, list[str]]:
        codes = [code for code, them in self._askers.items() if them]
        return {
            Asker.AGENTS: [code for code in codes if code != NOWHERE],
            Asker.VANTAGE: [code for code in codes if code == NOWHERE],
        }

    def elect(self, silent: Container[int], before: Elected) -> dict[str, int]:
        """Who asks the services, in each commune that has somebody; ``before``: who did."""
        chosen = {code: elected(them, silent, before.get(code)) for code, them in self._askers.items()}
        return {code: id_ for code, id_ in chosen.items() if id_ is not None}

    def incumbents(self, told: Mapping[int, str]) -> dict[str, int]:
        """Who asked the services before a restart, by the hash of what each machine ``told`` that it follows."""
        return {
            code: one.id
            for code, them in self._askers.items()
            if len(them) > 1
            for one in them
            if one.id in told and told[one.id] == assignment_hash(self.assignment(one, {code: one.id}))
        }

    def assignment(self, machine: Machine, elected: Elected) -> Assignment:
        """What this machine is asked."""
        shared = self._commune(machine.commune)
        asks = elected.get(machine.commune) == machine.id
        own = self._looks_inward(machine, asks) if machine.role is Role.VANTAGE else self._timed(machine)
        return Assignment(
            role=machine.role,
            profile=Profile(checks=(*own, *(shared.services if asks else ()))),
            on_ask=() if asks or machine.role is Role.VANTAGE else shared.services,
            contacts=shared.contacts,
            service_contacts=shared.service_contacts,
            policies=tuple(one.text for one in self._inventory.policies),
        )

    def _timed(self, machine: Machine) -> list[Check]:
        return [
            self._crowds.timed(machine, check) if is_outside(check) else check for check in self._own.checks(machine)
        ]

    def _looks_inward(self, machine: Machine, asks: bool) -> list[Check]:
        """One vantage looks; what others would do beside it is twice as much for every terminal."""
        checks = self._own.checks(machine)
        return _strewn(checks) if asks else [check for check in checks if not is_outside(check)]

    def _commune(self, code: str) -> _Commune:
        if code not in self._communes:
            asker = Asker.VANTAGE if code == NOWHERE else Asker.AGENTS
            services = tuple(self._services.checks(asker, code))
            self._communes[code] = _Commune(services, self._contacts(code), self._service_contacts(code, services))
        return self._communes[code]

    def _contacts(self, code: str) -> Contacts:
        return Contacts(**{field: self._desk(Owner(field), code) for field in Contacts.__struct_fields__})

    def _service_contacts(self, code: str, checks: Iterable[Check]) -> dict[str, str]:
        """Desks that are another than the one for services in general."""
        ids, general = {check.id for check in checks}, self._desk(Owner.SERVICE_OWNER, code)
        desks = {one.id: self._desk(one.owner, code, one.id) for one in self._inventory.services}
        return {
            name: desks[one.id]
            for one in self._inventory.services
            for name in map(one.check_id, one.checks)
            if name in ids and desks[one.id] not in ("", general)
        }

    def _desk(self, owner: Owner, code: str, service: str = "") -> str:
        found = self._desks.find(owner, code, service)
        return called(found) if found else ""


class _Filled:
    """Templates filled in, once for all machines of one role in one commune."""

    def __init__(
        self, inventory: Inventory, places: Mapping[str, dict[str, str]], templates: Mapping[Role, Template]
    ) -> None:
        self._inventory = inventory
        self._places = places
        self._templates = templates
        self._made: dict[tuple[Role, str], list[Check]] = {}

    def checks(self, machine: Machine) -> list[Check]:
        """Its own checks, without those of services, and without times."""
        key = (machine.role, machine.commune)
        if key not in self._made:
            checks = self._templates[machine.role].checks
            vantage = machine.role is Role.VANTAGE
            self._made[key] = inward(checks, self._inventory) if vantage else filled(checks, self._places[key[1]])
        return self._made[key]


def _belongs(machine: Machine, places: Mapping[str, object]) -> bool:
    """A vantage stands in no commune, every other machine in one the inventory has."""
    return machine.commune == NOWHERE if machine.role is Role.VANTAGE else machine.commune in places


def _grouped(machines: Iterable[Machine]) -> dict[str, list[Machine]]:
    found: defaultdict[str, list[Machine]] = defaultdict(list)
    for one in machines:
        found[one.commune].append(one)
    return dict(found)


def _strewn(checks: list[Check]) -> list[Check]:
    """The checks of one machine spread over their periods, so that they do not all run at once."""
    size = room(len(checks))
    seats = seated(((n, place("0", n)) for n in range(len(checks))), size)
    return [
        msgspec.structs.replace(check, phase=seats[n] / size * check.period) if is_outside(check) else check
        for n, check in enumerate(checks)
    ]
