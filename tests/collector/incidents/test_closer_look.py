"""A young incident has a few machines look closer, within every budget, and what they find is evidence."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from sqlalchemy import Connection, select

from sansang_agent.contract.assignment import Request
from sansang_agent.contract.check import Check, HttpCheck, IcmpCheck, TcpCheck
from sansang_agent.contract.rung import Owner, Rung
from sansang_collector import audit, requests, topology
from sansang_collector.agents import AGENT
from sansang_collector.audit import AUDIT
from sansang_collector.contact import CONTACT
from sansang_collector.diagnosis.graph import NOBODY, AgentAt, build
from sansang_collector.diagnosis.incident import Happening, Incident, Phase, Step
from sansang_collector.diagnosis.verdict import Level, Verdict
from sansang_collector.incidents import closer_look, recording
from sansang_collector.incidents.closer_look import EVERY_S, MOST_AT_ONCE, WHO, CloserLook, Knowledge, chosen, looks
from sansang_collector.incidents.tables import INCIDENT
from sansang_collector.inventory.in_force import InForce
from sansang_collector.profiles.sites import sites
from sansang_collector.requests import Asked
from sansang_collector.second_opinion import services_of
from sansang_collector.simulation import provinces
from sansang_collector.store import Store
from tests.support.ledgers import NOW, Place

MADE = provinces.make(1, communes=20)
GRAPH = build(topology.build(MADE.inventory), [AgentAt(*one) for one in MADE.machines])
KNOWN = Knowledge(GRAPH, sites(MADE.inventory), services_of(MADE.inventory))
RING = max(MADE.inventory.topology.rings, key=lambda ring: len(ring.nodes))
UNDER = [line.commune for line in MADE.inventory.lines if line.access_node in RING.nodes]
CODES = [one.code for one in MADE.inventory.communes]
CROWDED = max(CODES, key=lambda code: sum(one.commune == code for one in MADE.machines))


def incident(part: str, level: Level = Level.DOWN, code: str = "AAAAAA", **more: Any) -> Incident:
    detected = more.pop("detected_at", NOW - 10)
    phase, held_back = more.pop("phase", Phase.SUSPECT), more.pop("held_back", "")
    verdict = Verdict(part=part, level=level, score=14, onset=NOW - 30, **more)
    return Incident(
        code=code, phase=phase, verdict=verdict, onset=NOW - 30, detected_at=detected, owner=Owner.TELECOM,
        held_back=held_back,
    )  # fmt: skip


def lossy(commune: str = CROWDED, code: str = "AAAAAA") -> Incident:
    return incident(f"access_link:{commune}-a", Level.LOSSY, code, communes=(commune,))


def ids(found: list[closer_look.Closer]) -> list[str]:
    return [one.check.id for one in found]


def asked(one: closer_look.Closer, at: float, why: str = "AAAAAA", who: str = WHO) -> Asked:
    request = Request(id="0" * 32, check=one.check, count=1, expires=at + 60)
    return Asked(
        request=request, agent=1, agent_name=one.agent, commune=one.commune, who=who, why=why, asked_at=at
    )  # fmt: skip


def test_of_a_line_that_loses_three_machines_ask_three_places_along_it_with_longer_trains() -> None:
    found = list(looks(lossy(), KNOWN))

    assert ids(found) == ["gateway", "line", "core"]
    assert len({one.agent for one in found}) == 3
    assert {one.commune for one in found} == {CROWDED}
    assert all(isinstance(one.check, IcmpCheck) and one.check.count == 20 for one in found)


def test_every_look_is_a_check_whose_path_is_known_so_that_its_answer_is_evidence() -> None:
    service = MADE.inventory.services[0].id
    for one in [*looks(lossy(), KNOWN), *looks(incident(f"svc_app:{service}", services=(service,)), KNOWN)]:
        at = next(n for n, it in enumerate(GRAPH.agents) if (it.commune, it.name) == (one.commune, one.agent))
        assert GRAPH.check(at, one.check.id) != NOBODY


def test_silent_machines_are_not_asked_and_those_that_still_speak_below_the_part_are() -> None:
    silent = tuple(one.id for one in MADE.machines if one.commune in UNDER[1:])
    found = list(looks(incident(f"ring:{RING.id}", communes=tuple(UNDER[1:]), agents=silent), KNOWN))

    assert found
    assert {one.commune for one in found} == {UNDER[0]}


def test_where_everybody_is_silent_nobody_is_asked() -> None:
    mine = tuple(one.id for one in MADE.machines if one.commune == CROWDED)

    assert not list(looks(incident(f"site_power:{CROWDED}", communes=(CROWDED,), agents=mine), KNOWN))


@pytest.mark.parametrize(("kind", "check"), [("svc_app", HttpCheck), ("svc_tcp", TcpCheck)])
def test_a_service_is_asked_once_more_from_a_commune_that_has_not_failed_it(kind: str, check: type[Check]) -> None:
    service = MADE.inventory.services[0].id
    (one,) = looks(incident(f"{kind}:{service}", services=(service,), communes=tuple(CODES[:5])), KNOWN)

    assert one.commune not in CODES[:5]
    assert isinstance(one.check, check)


def test_one_incident_asks_once_a_minute_and_all_together_only_a_few() -> None:
    many = [lossy(code, f"AAAAA{number}") for number, code in enumerate(CODES)]
    first = list(chosen(many, KNOWN, [], NOW))
    before = [asked(one, NOW, why) for why, one in first]
    again = list(chosen(many, KNOWN, before, NOW + EVERY_S - 1))

    assert len(first) == MOST_AT_ONCE
    assert not {why for why, _ in first} & {why for why, _ in again}
    assert {why for why, _ in chosen(many, KNOWN, before, NOW + EVERY_S + 1)} & {why for why, _ in first}


def test_no_machine_and_no_host_that_others_use_is_asked_twice_within_a_minute() -> None:
    found = [one for _, one in chosen([lossy(), lossy(code="BBBBBB")], KNOWN, [], NOW)]

    assert len({one.agent for one in found}) == len(found)
    assert sum(one.check.id == "core" for one in found) == 1


def test_second_opinions_and_closer_looks_share_a_services_budget() -> None:
    service = MADE.inventory.services[0].id
    young = incident(f"svc_app:{service}", services=(service,))
    (one,) = looks(young, KNOWN)
    apart = KNOWN.services[one.check.id].apart_s
    before = [asked(one._replace(agent="another"), NOW - apart + 1, "second opinion", "collector")]

    assert not list(chosen([young], KNOWN, before, NOW))
    assert list(chosen([young], KNOWN, before, NOW + 2))


@pytest.mark.parametrize(
    ("more", "worth"),
    [
        ({}, True),
        ({"phase": Phase.OPEN}, True),
        ({"phase": Phase.OPEN, "detected_at": NOW - 300}, False),
        ({"phase": Phase.OPEN, "detected_at": NOW - 300, "level": Level.LOSSY}, True),
        ({"phase": Phase.RESOLVED}, False),
        ({"held_back": "maintenance:3"}, False),
        ({"expected_off": True}, False),
    ],
)
def test_only_what_is_young_and_unexplained_is_worth_a_closer_look(more: dict[str, Any], worth: bool) -> None:
    assert closer_look.is_worth_it(incident(f"lan:{CROWDED}", **more), NOW) is worth


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)

    def begin(connection: Connection) -> None:
        for id_, commune, name, role in MADE.machines:
            row = {"id": id_, "commune": commune, "name": name, "created_at": 0.0, "role": role.value}
            connection.execute(AGENT.insert().values(row))
            seen = {"boot": "b", "skew": 0.0, "spool_rows": 0, "spool_bytes": 0, "silent": False, "position": 1}
            connection.execute(CONTACT.insert().values(agent=id_, at=NOW, **seen))
        recording.write(connection, [Step(msgspec.structs.replace(lossy(), code=""), Happening.SUSPECTED)], NOW)

    store.write_sync(begin)
    yield store
    store.close()


def test_it_asks_as_the_system_because_of_the_incidents_code_and_after_a_restart_not_again(store: Store) -> None:
    inventory = cast(InForce, SimpleNamespace(version=SimpleNamespace(inventory=MADE.inventory)))
    made = [asyncio.run(CloserLook(store, inventory, lambda: GRAPH, lambda: NOW + 1).look()) for _ in range(2)]
    with store.read() as connection:
        found = requests.asked_by(connection, WHO, 0)
        deeds = connection.execute(select(AUDIT.c.who, AUDIT.c.what, AUDIT.c.commune)).all()
        code = connection.execute(select(INCIDENT.c.code)).scalar_one()

    assert made == [3, 0]
    assert {(one.who, one.why, one.commune) for one in found} == {(WHO, code, CROWDED)}
    assert [tuple(deed) for deed in deeds] == [(WHO, "ask", CROWDED)] * 3
    assert list(store.write_sync(_broken)) == []


def _broken(connection: Connection) -> list[int]:
    return list(audit.broken(connection))


def test_a_rung_of_every_look_is_the_machines_own() -> None:
    assert [one.check.rung for one in looks(lossy(), KNOWN)] == [Rung.GATEWAY, Rung.LINE, Rung.CORE]
