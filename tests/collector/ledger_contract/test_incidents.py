"""Incidents come back as they were written, to those whom they concern, with their story."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, event, select

from sansang_agent.contract.joining import ALPHABET
from sansang_agent.contract.rung import Owner
from sansang_collector import changes
from sansang_collector.diagnosis.incident import Happening, Incident, Phase, Step
from sansang_collector.diagnosis.verdict import Cause, Fact, Ground, Verdict
from sansang_collector.incidents import evidence_rows, forgetting, recording, rows, situation_rows
from sansang_collector.incidents.rows import Wanted
from sansang_collector.incidents.situations import Kind, Situation, SituationStep
from sansang_collector.incidents.tables import INCIDENT
from sansang_collector.rights import ALL, NONE, Communes, just
from sansang_collector.store import Store
from tests.support.ledgers import NOW, Place

RING = Verdict(
    part="ring:van-quan", score=31.5, onset=NOW - 20, communes=("05983", "05986"), agents=(3, 4),
    causes=(Cause("ring:van-quan", 0.9), Cause("arc:van-quan/a..b", 0.1)), grounds=(Ground(Fact.SILENT, 6, 7),),
)  # fmt: skip
FRESH = Incident(
    phase=Phase.SUSPECT, verdict=RING, onset=RING.onset, detected_at=NOW, owner=Owner.TELECOM, hit=RING.communes
)


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as connection:
        yield connection
    store.close()


def begun(connection: Connection, incident: Incident = FRESH, now: float = NOW) -> Incident:
    """As the ledger has it after its first step."""
    (written,) = recording.write(connection, [Step(incident, Happening.SUSPECTED)], now)
    return written.incident


def opened(incident: Incident, at: float = NOW + 5) -> Incident:
    return msgspec.structs.replace(incident, phase=Phase.OPEN, opened_at=at)


def test_a_new_incident_gets_a_number_and_a_code_and_comes_back_as_it_was(connection: Connection) -> None:
    one, other = begun(connection), begun(connection)

    assert (one.id, other.id) == (1, 2)
    assert len(one.code) == 6
    assert set(one.code) <= set(ALPHABET)
    assert one.code != other.code
    assert [kept.incident for kept in rows.under_way(connection)] == [one, other]
    assert rows.under_way(connection)[0].kind == "ring"


def test_what_a_look_reads_is_found_by_indexes_however_many_incidents_there_were(tmp_path: Path) -> None:
    """Of SQLite, whose planner goes by rules; PostgreSQL's goes by how much there is."""
    store, asked = Store(tmp_path), list[tuple[str, Any]]()
    hear = lambda _connection, _cursor, sql, values, *_: asked.append((sql, values))  # noqa: E731
    with store.read() as connection:
        event.listen(connection.engine, "before_cursor_execute", hear)
        rows.under_way_or_since(connection, NOW)
        event.remove(connection.engine, "before_cursor_execute", hear)
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all() for sql, values in asked]
    store.close()

    assert plans
    assert "SCAN" not in str(plans)


def test_a_code_is_found_however_it_was_written_down(connection: Connection) -> None:
    one = begun(connection)
    for written in (one.code.lower(), f"{one.code[:3]} {one.code[3:]}", one.code.replace("0", "o").replace("1", "l")):
        found = rows.find_code(connection, written)
        assert found is not None
        assert found.incident == one
    assert rows.find_code(connection, "UUUUUU") is None


def test_steps_of_one_look_change_one_row_and_all_stand_in_the_story(connection: Connection) -> None:
    one = opened(begun(connection))
    wider = msgspec.structs.replace(one, verdict=msgspec.structs.replace(RING, score=44.0))
    steps = [Step(one, Happening.OPENED), Step(wider, Happening.UPDATED, "arc:van-quan/a..b")]
    assert [written.incident for written in recording.write(connection, steps, NOW + 5)] == [wider]

    (kept,) = rows.under_way(connection)
    assert kept.incident == wider
    assert [(event.at, event.happened, event.who, event.detail) for event in rows.story(connection, one.id)] == [
        (NOW, Happening.SUSPECTED, "", ""),
        (NOW + 5, Happening.OPENED, "", ""),
        (NOW + 5, Happening.UPDATED, "", "arc:van-quan/a..b"),
    ]
    assert rows.story(connection, one.id)[2].verdict == wider.verdict


def test_every_commune_that_is_hit_hears_of_it(connection: Connection) -> None:
    one = begun(connection)
    elsewhere = msgspec.structs.replace(RING, communes=("06001",))
    recording.write(connection, [Step(msgspec.structs.replace(one, verdict=elsewhere), Happening.UPDATED)], NOW + 5)

    told = [(change.kind, change.commune, change.incident) for change in changes.after(connection, 0, 99)]
    assert told == [("incident", commune, 1) for commune in ("05983", "05986", "05983", "05986", "06001")]
    assert rows.communes_of(connection, [1]) == {1: ["05983", "05986", "06001"]}


def test_a_young_one_that_was_less_than_was_thought_leaves_the_others_alone_and_an_old_one_none(
    connection: Connection,
) -> None:
    one = begun(connection)
    less = msgspec.structs.replace(
        opened(one), verdict=msgspec.structs.replace(RING, communes=("05983",)), hit=("05983",)
    )
    recording.write(connection, [Step(less, Happening.UPDATED)], NOW + 5)

    assert rows.communes_of(connection, [1]) == {1: ["05983"]}
    told = [change.commune for change in changes.after(connection, 0, 99)]
    assert told[2:] == ["05983", "05986"]

    old = msgspec.structs.replace(less, matured=True, hit=("05983", "05986"))
    recording.write(connection, [Step(old, Happening.UPDATED)], NOW + 65)
    recording.write(connection, [Step(msgspec.structs.replace(old, hit=("05983",)), Happening.UPDATED)], NOW + 125)
    assert rows.communes_of(connection, [1]) == {1: ["05983", "05986"]}


def test_only_those_see_it_whose_communes_it_has_hit(connection: Connection) -> None:
    one = begun(connection)
    begun(connection, msgspec.structs.replace(FRESH, verdict=Verdict(part="core", score=20, onset=NOW), hit=()))

    def seen(of: Communes) -> list[int]:
        return [kept.incident.id for kept in rows.listed(connection, of, Wanted(), 10)]

    assert [seen(of) for of in (ALL, just("05986"), just("06001"), NONE)] == [[2, 1], [1], [], []]
    assert rows.find(connection, one.id, just("06001")) is None
    assert rows.find_code(connection, one.code, just("06001")) is None
    assert rows.find(connection, one.id, just("05983")) == rows.find(connection, one.id)


def test_a_list_holds_what_is_wanted_newest_first_and_goes_on_where_it_ended(connection: Connection) -> None:
    for number in range(4):
        begun(connection, msgspec.structs.replace(FRESH, onset=NOW + 100 * number))
    over = opened(rows.under_way(connection)[0].incident)
    over = msgspec.structs.replace(over, phase=Phase.RESOLVED, resolved_at=NOW + 50)
    recording.write(connection, [Step(over, Happening.RESOLVED)], NOW + 50)

    def found(wanted: Wanted, limit: int = 10) -> list[int]:
        return [kept.incident.id for kept in rows.listed(connection, ALL, wanted, limit)]

    assert found(Wanted(), 2) == [4, 3]
    assert found(Wanted(beyond=3)) == [2, 1]
    assert found(Wanted(phases=frozenset({Phase.RESOLVED}))) == [1]
    assert found(Wanted(since=NOW + 60)) == [4, 3, 2]
    assert found(Wanted(until=NOW + 150)) == [2, 1]
    assert found(Wanted(commune="06001")) == found(Wanted(part="core")) == []


def test_what_is_over_is_no_longer_under_way_but_remembered_for_a_while(connection: Connection) -> None:
    first, second = begun(connection), begun(connection)
    over = msgspec.structs.replace(opened(first), phase=Phase.RESOLVED, resolved_at=NOW + 90)
    nothing = msgspec.structs.replace(second, phase=Phase.DROPPED)
    recording.write(connection, [Step(over, Happening.RESOLVED), Step(nothing, Happening.DROPPED)], NOW + 90)

    assert rows.under_way(connection) == []
    assert [kept.incident for kept in rows.under_way_or_since(connection, NOW + 60)] == [over]
    assert rows.under_way_or_since(connection, NOW + 91) == []
    assert connection.scalars(select(INCIDENT.c.resolved_at)).all() == [NOW + 90, NOW + 90]


def test_what_somebody_else_changed_meanwhile_stays(connection: Connection) -> None:
    one = begun(connection)
    before = {kept.incident.id: kept.body for kept in rows.under_way(connection)}
    by_hand = msgspec.structs.replace(one, held_back="maintenance:7")
    connection.execute(INCIDENT.update().values(body=rows.packed(by_hand)))

    assert recording.write(connection, [Step(opened(one), Happening.OPENED)], NOW + 5, before) == []
    assert [kept.incident for kept in rows.under_way(connection)] == [by_hand]
    assert len(rows.story(connection, one.id)) == 1


def test_a_body_is_brought_up_without_a_word_in_the_story(connection: Connection) -> None:
    one = begun(connection)
    newer = msgspec.structs.replace(one, found=9)
    (kept,) = rows.under_way(connection)

    assert recording.rewrite(connection, [newer], {one.id: kept.body}) == [recording.Written(newer, rows.packed(newer))]
    assert recording.rewrite(connection, [one], {one.id: kept.body}) == []
    assert rows.under_way(connection)[0].incident == newer
    assert (len(rows.story(connection, one.id)), changes.newest(connection)) == (1, 2)


def test_what_is_long_over_goes_with_its_story_and_suspicions_sooner(connection: Connection) -> None:
    day = 86_400.0
    wide, narrow, nothing, still = (begun(connection) for _ in range(4))
    over = {"phase": Phase.RESOLVED, "opened_at": NOW, "resolved_at": NOW + 90, "ended_at": NOW + 60}
    for one in (wide, narrow):
        recording.write(connection, [Step(msgspec.structs.replace(one, **over), Happening.RESOLVED)], NOW + 90)
    recording.write(connection, [Step(msgspec.structs.replace(nothing, phase=Phase.DROPPED), Happening.DROPPED)], NOW)
    connection.execute(INCIDENT.update().where(INCIDENT.c.id == narrow.id).values(merged_into=wide.id))

    def gone(years: float, week: float) -> list[int]:
        found = forgetting.over(connection, NOW + years, NOW + week, 10)
        forgetting.forget(connection, found)
        return found

    assert gone(-day, 0) == []
    assert gone(-day, day) == [nothing.id]
    assert gone(day, day) == [narrow.id]
    assert gone(day, day) == [wide.id]
    assert [kept.incident.id for kept in rows.under_way(connection)] == [still.id]
    assert rows.story(connection, wide.id) == []
    forgetting.forget_plans(connection, NOW + day)


def test_a_situation_is_kept_with_its_members_until_it_is_over(connection: Connection) -> None:
    numbers = tuple(begun(connection).id for _ in range(3))
    opened_ = Situation(
        kind=Kind.NEIGHBOURS, incidents=numbers[:2], communes=("05983",), began=NOW, opened_at=NOW, told_at=NOW
    )
    told = changes.newest(connection)
    situation_rows.write(connection, [SituationStep(opened_, Happening.OPENED)], NOW)

    (kept,) = situation_rows.under_way(connection)
    assert (kept.id, len(kept.code)) == (1, 6)
    assert msgspec.structs.replace(kept, id=0, code="") == opened_
    assert [one.situation for one in rows.under_way(connection)] == [1, 1, None]
    assert changes.newest(connection) == told + 1

    more = msgspec.structs.replace(kept, incidents=numbers, pending=True)
    situation_rows.write(connection, [SituationStep(more, Happening.SEEN)], NOW + 5)
    assert situation_rows.under_way(connection) == [more]
    assert [one.situation for one in rows.under_way(connection)] == [1, 1, 1]
    assert changes.newest(connection) == told + 1

    over = msgspec.structs.replace(more, resolved_at=NOW + 60)
    situation_rows.write(connection, [SituationStep(over, Happening.RESOLVED)], NOW + 60)
    assert situation_rows.under_way(connection) == []


def test_the_evidence_is_one_row_with_its_position(connection: Connection) -> None:
    assert evidence_rows.kept(connection) is None
    assert evidence_rows.position(connection) == 0
    for position in (7, 9):
        evidence_rows.keep(connection, position, NOW + position, bytes([position]))
    assert evidence_rows.kept(connection) == evidence_rows.KeptEvidence(9, NOW + 9, b"\x09")
    assert evidence_rows.position(connection) == 9
