"""Planned work, what was learned and doubts of the inventory come back as they were put in, on either engine."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from sansang_collector.agents import AGENT
from sansang_collector.audit import AUDIT
from sansang_collector.diagnosis.doubts import Doubt
from sansang_collector.diagnosis.manner import Evenings, Manner, packed
from sansang_collector.incidents import doubts, maintenance_rows, manners
from sansang_collector.incidents.doubts import NoDoubtError, Noted, Settled
from sansang_collector.incidents.maintenance import Kind, Plan
from sansang_collector.incidents.maintenance_rules import Ground
from sansang_collector.incidents.maintenance_words import PlanError
from sansang_collector.incidents.manners import Rows
from sansang_collector.rights import ALL, just
from sansang_collector.store import Store
from tests.support.incidents import KHANH_KHE, TAM_THANH, lang_son
from tests.support.ledgers import NOW, Place, add_agent

GROUND = Ground(lang_son())
WHO = "lan.nguyen"
FIRST, SECOND = Manner(days=3, reports=40), Manner(days=4, reports=90, leaves={5: 2})
EVENING = Evenings((3, 4), ((4, 1020),))


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as connection:
        yield connection
    store.close()


def plan(*communes: str, begins: float = NOW + 600, hours: float = 1, **more: Any) -> Plan:
    kind = more.pop("kind", Kind.POWER_CUT)
    ends = begins + hours * 3600
    return Plan(kind=kind, title="Bảo dưỡng đường dây", communes=communes, begins=begins, ends=ends, **more)


def test_plans_are_found_by_whom_they_are_about_until_they_are_over(connection: Connection) -> None:
    later = maintenance_rows.add(connection, plan(TAM_THANH, KHANH_KHE, begins=NOW + 9000), GROUND, WHO, NOW)
    soon = maintenance_rows.add(connection, plan(KHANH_KHE), GROUND, WHO, NOW, "cat-dien.csv")

    assert maintenance_rows.find(connection, soon.id) == soon
    assert soon.source == "cat-dien.csv"
    assert maintenance_rows.standing(connection, NOW) == [soon, later]
    assert maintenance_rows.standing(connection, NOW, just(TAM_THANH)) == [later]
    assert maintenance_rows.standing(connection, soon.ends) == [later]
    assert maintenance_rows.newest(connection, ALL, 1) == (2, [later])
    assert maintenance_rows.newest(connection, just(KHANH_KHE), 10, 1) == (2, [soon])
    assert maintenance_rows.newest(connection, just("06298"), 10) == (0, [])


def test_a_file_taken_in_twice_is_known_by_what_it_says(connection: Connection) -> None:
    one = maintenance_rows.add(connection, plan(KHANH_KHE), GROUND, WHO, NOW)

    assert maintenance_rows.same(connection, plan(KHANH_KHE), GROUND) == one
    assert maintenance_rows.same(connection, plan(TAM_THANH), GROUND) is None
    assert maintenance_rows.same(connection, plan(KHANH_KHE, hours=2), GROUND) is None
    maintenance_rows.cancel(connection, one.id, WHO, NOW + 1)
    assert maintenance_rows.same(connection, plan(KHANH_KHE), GROUND) is None


def test_work_on_a_part_is_about_all_who_cross_it(connection: Connection) -> None:
    work = plan(kind=Kind.PLANNED_WORK, parts=("access_node:khanh-khe",))
    one = maintenance_rows.add(connection, work, GROUND, WHO, NOW)

    assert (one.parts, one.communes) == (("access_node:khanh-khe",), (KHANH_KHE,))


def test_a_plan_is_cancelled_before_and_ended_after_it_begins_and_once(connection: Connection) -> None:
    one = maintenance_rows.add(connection, plan(KHANH_KHE), GROUND, WHO, NOW)
    with pytest.raises(PlanError):
        maintenance_rows.end(connection, one.id, WHO, NOW + 1)
    with pytest.raises(PlanError):
        maintenance_rows.cancel(connection, one.id, WHO, one.begins)
    assert maintenance_rows.end(connection, one.id, WHO, one.begins + 60).ended_at == one.begins + 60
    with pytest.raises(PlanError):
        maintenance_rows.end(connection, one.id, WHO, one.begins + 90)

    assert maintenance_rows.standing(connection, one.begins + 61) == []
    whats = connection.execute(AUDIT.select().order_by(AUDIT.c.id)).all()
    assert [(row.what, row.commune) for row in whats] == [("maintenance", KHANH_KHE), ("maintenance_end", KHANH_KHE)]


def test_what_was_learned_is_replaced_and_of_retired_machines_not_read(connection: Connection) -> None:
    one, gone = add_agent(connection), add_agent(connection, name="pc-2")
    manners.write(connection, Rows({one: packed(FIRST), gone: packed(FIRST)}, {KHANH_KHE: packed(EVENING)}), NOW)
    manners.write(connection, Rows({one: packed(SECOND)}, {}), NOW + 3600)
    connection.execute(AGENT.update().where(AGENT.c.id == gone).values(retired_at=NOW))

    kept = manners.read(connection)

    assert kept.manners == {one: SECOND}
    assert kept.evenings == {KHANH_KHE: EVENING}


def test_a_doubt_needs_two_incidents_and_after_it_was_settled_two_new_ones(connection: Connection) -> None:
    doubt = Doubt(KHANH_KHE, "ring:a", "ring:b")
    for incident in (1, 1, 2):
        assert doubts.standing(connection) == []
        doubts.note(connection, [Noted(incident, (doubt,))], NOW + incident)

    (one,) = doubts.standing(connection)
    assert (one.commune, one.declared, one.probable, one.incidents, one.seen_at) == (
        KHANH_KHE, "ring:a", "ring:b", (1, 2), NOW + 2,
    )  # fmt: skip
    assert doubts.standing(connection, just(TAM_THANH)) == []
    doubts.settle(connection, Settled(commune=KHANH_KHE, declared="ring:a"), WHO, NOW + 9)
    with pytest.raises(NoDoubtError):
        doubts.settle(connection, Settled(commune=KHANH_KHE, declared="ring:a"), WHO, NOW + 9)
    doubts.note(connection, [Noted(3, (doubt,))], NOW + 10)
    assert doubts.standing(connection) == []
    doubts.note(connection, [Noted(4, (doubt,))], NOW + 11)
    assert doubts.standing(connection)[0].incidents == (3, 4)
