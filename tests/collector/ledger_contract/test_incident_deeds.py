"""Deeds on incidents and their lists are the same on either engine: what is found, in which order, what is left out."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_collector.audit import AUDIT
from sansang_collector.commune import PACKAGED
from sansang_collector.diagnosis.incident import Happening, Phase, Step
from sansang_collector.incidents import counting, deeds, listing, recording, rows, situation_listing
from sansang_collector.incidents.deed_words import IncidentError, Refused
from sansang_collector.incidents.deeds import By
from sansang_collector.incidents.listing import Listed, Question, Seeing, Standing
from sansang_collector.incidents.naming import Naming
from sansang_collector.rights import ALL, Communes, just
from sansang_collector.store import Store
from tests.support.incident_rows import add_incident, add_situation
from tests.support.incidents import lang_son
from tests.support.ledgers import NOW, Place, add_agent

BY = By("lan.nguyen", NOW + 60)
A, B, C = "05983", "05986", "06253"


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as connection:
        yield connection
    store.close()


def found(connection: Connection, number: int) -> Listed:
    one = listing.find(connection, number)
    assert one is not None
    return one


def numbers(connection: Connection, of: Communes = ALL, **question: Any) -> list[int]:
    total, page = listing.page(connection, Question(**question), of, 50)
    assert total == len(page)
    return [one.incident.id for one in page]


def happened(connection: Connection, number: int) -> list[tuple[str, str, str]]:
    return [(one.happened, one.who, one.detail) for one in rows.story(connection, number) if one.who]


def test_a_list_holds_what_is_asked_for_critical_first_then_the_newest(connection: Connection) -> None:
    warning = add_incident(connection, [A], NOW, severity=Severity.WARNING)
    old, new = add_incident(connection, [A, B], NOW - 90), add_incident(connection, [C], NOW - 10, f"site_power:{C}")
    guess = add_incident(connection, [A], NOW, phase=Phase.SUSPECT)
    over = add_incident(connection, [A], NOW - 900, phase=Phase.RESOLVED, resolved_at=NOW - 500)

    assert numbers(connection) == [guess, new, old, warning]
    assert numbers(connection, state=Standing.OPEN) == [new, old, warning]
    assert numbers(connection, commune=B) == [old]
    assert numbers(connection, owner=Owner.POWER) == [new]
    assert numbers(connection, severity=Severity.WARNING) == [warning]
    assert numbers(connection, state=Standing.ALL, since=NOW - 501)[-2:] == [over, warning]
    assert over not in numbers(connection, state=Standing.ALL, since=NOW - 499)
    assert numbers(connection, Communes(frozenset({B, C}))) == [new, old]
    assert [one.incident.id for one in listing.page(connection, Question(), ALL, 2, 1)[1]] == [new, old]
    assert counting.counts(connection) == {
        ("ring", "telecom", "warning"): 1, ("ring", "telecom", "critical"): 1, ("site_power", "power", "critical"): 1,
    }  # fmt: skip


def test_communes_are_cut_off_by_open_incidents_of_what_is_on_their_way_to_the_centre(connection: Connection) -> None:
    add_incident(connection, [A, B], NOW - 90)
    add_incident(connection, [B], NOW, f"lan:{B}")
    add_incident(connection, [C], NOW, "svc_app:dichvucong")
    add_incident(connection, [C], NOW, phase=Phase.SUSPECT)
    add_incident(connection, [C], NOW - 900, phase=Phase.RESOLVED, resolved_at=NOW - 500)

    assert counting.cut_off(connection) == [A, B]


def test_what_people_do_beside_an_incident_stands_in_row_story_and_audit(connection: Connection) -> None:
    number = add_incident(connection, [A], NOW)
    deeds.acknowledge(connection, number, BY)
    deeds.assign(connection, number, "tổ trực 2", BY)
    kept = deeds.note(connection, number, "đang đi", BY).kept

    assert (kept.acknowledged_by, kept.acknowledged_at, kept.assigned_to) == (BY.who, BY.at, "tổ trực 2")
    assert happened(connection, number) == [
        (Happening.ACKNOWLEDGED, BY.who, ""), (Happening.ASSIGNED, BY.who, "tổ trực 2"),
        (Happening.NOTED, BY.who, "đang đi"),
    ]  # fmt: skip
    whats = connection.execute(AUDIT.select().order_by(AUDIT.c.id)).all()
    assert [(row.what, row.commune) for row in whats] == [("acknowledge", A), ("assign", A), ("note", A)]


def test_resolved_by_hand_it_is_over_for_lists_and_counts(connection: Connection) -> None:
    number = add_incident(connection, [A], NOW)
    deeds.resolve(connection, number, "đã hàn", BY)

    assert numbers(connection) == []
    assert counting.counts(connection) == {}
    with pytest.raises(IncidentError) as refused:
        deeds.acknowledge(connection, number, BY)
    assert refused.value.refused is Refused.OVER


def test_a_merge_lends_its_communes_and_taken_back_leaves_only_ones_own(connection: Connection) -> None:
    one, other, third = (add_incident(connection, codes, NOW) for codes in ([A, B], [B], [C]))
    deeds.merge(connection, one, other, BY)
    deeds.merge(connection, third, other, BY)

    assert found(connection, other).communes == (A, B, C)
    assert [member.incident.id for member in listing.merged_into(connection, other, ALL)] == [one, third]
    assert sum(counting.counts(connection).values()) == 1
    deeds.unmerge(connection, one, BY)
    assert found(connection, other).communes == (B, C)
    assert found(connection, one).kept.merged_into is None
    assert sum(counting.counts(connection).values()) == 2
    deeds.unmerge(connection, third, BY)
    assert found(connection, other).communes == (B,)


def test_what_the_lifecycle_lets_go_of_stands_alone_again(connection: Connection) -> None:
    one, other = add_incident(connection, [A], NOW), add_incident(connection, [B], NOW)
    merged = deeds.merge(connection, one, other, BY).incident
    wider = msgspec.structs.replace(merged, hit=(A, C))
    recording.write(connection, [Step(wider, Happening.UPDATED)], NOW + 70)
    assert found(connection, one).kept.merged_into == other

    alone = msgspec.structs.replace(wider, held_back="")
    recording.write(connection, [Step(alone, Happening.UPDATED, f"held_back=incident:{other}")], NOW + 80)

    assert found(connection, one).kept.merged_into is None


def test_split_out_communes_take_their_machines_with_them(connection: Connection) -> None:
    mine, theirs = add_agent(connection, A), add_agent(connection, B, "pc-2")
    number = add_incident(connection, [A, B], NOW, agents=(mine, theirs))
    born = deeds.split(connection, number, [B], BY)

    assert (born.communes, found(connection, number).communes) == ((B,), (A,))
    assert born.incident.verdict.agents == (theirs,)
    assert found(connection, number).incident.verdict.agents == (mine,)
    assert (born.incident.apart, found(connection, number).incident.apart) == ((B,), ())


@pytest.mark.parametrize(("communes", "why"), [([], Refused.NOTHING), ([A, B], Refused.ALL), ([C], Refused.NOT_HIT)])
def test_a_split_of_nothing_of_all_and_of_others_is_refused(
    connection: Connection, communes: list[str], why: Refused
) -> None:
    number = add_incident(connection, [A, B], NOW)
    with pytest.raises(IncidentError) as refused:
        deeds.split(connection, number, communes, BY)

    assert (refused.value.refused, refused.value.refused.is_mistake) == (why, True)
    assert numbers(connection) == [number]


def test_a_situation_is_shown_with_what_may_be_seen_of_it(connection: Connection) -> None:
    situation = add_situation(connection, NOW)
    first = add_incident(connection, [A], NOW, f"site_power:{A}", situation=situation)
    second = add_incident(connection, [B], NOW, f"site_power:{B}", situation=situation)
    naming = Naming(lang_son())

    (whole,) = situation_listing.listed(connection, Seeing(ALL, PACKAGED, naming), NOW)
    (part,) = situation_listing.listed(connection, Seeing(just(B), PACKAGED, naming), NOW)

    assert (whole.incidents, [hit.code for hit in whole.communes]) == ((first, second), [A, B])
    assert (part.incidents, [hit.code for hit in part.communes]) == ((second,), [B])
    assert situation_listing.listed(connection, Seeing(just(C), PACKAGED, naming), NOW) == []
