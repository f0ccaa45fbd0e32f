"""What the ledger's smaller tables keep comes back as it was put in, and upserts change what they should."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError

from sansang_agent.contract.codec import encode, profile_hash
from sansang_collector import agent_facts, agents, audit, boots, changes, overview, profiles_seen, tokens
from sansang_collector.boots import InBoot
from sansang_collector.habits import HABIT
from sansang_collector.liveness import Present
from sansang_collector.requests import REQUEST
from sansang_collector.state import State
from sansang_collector.store import Store
from tests.support import reports
from tests.support.ledgers import NOW, Place, add_agent, entry_of
from tests.support.reports import report

BYTES = bytes(range(256))
PROFILE = reports.profile()
CONFIG = profile_hash(PROFILE)


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as connection:
        add_agent(connection)
        yield connection
    store.close()


def test_a_machine_is_registered_once_and_found_by_its_number(connection: Connection) -> None:
    known = agents.register(connection, "05983", "pc-1", NOW + 1)
    new = agents.register(connection, "05984", "máy quầy 2", NOW)

    assert (known, agents.register(connection, "05984", "máy quầy 2", NOW + 9)) == (1, new)
    assert agents.communes_of(connection, [1, new, 99]) == {1: "05983", new: "05984"}
    assert agents.communes_of(connection, []) == {}
    row = connection.execute(agents.AGENT.select().where(agents.AGENT.c.id == new)).one()
    assert (row.role, row.retired_at, row.created_at) == ("counter", None, NOW)


def test_a_token_is_valid_until_it_is_revoked(connection: Connection) -> None:
    number, secret = tokens.issue(connection, "agent", "golden", NOW, agent=1)

    assert tokens.find(connection, secret) == tokens.Found(number, "agent", 1)
    assert tokens.find(connection, secret + "x") is None
    assert [tokens.revoke(connection, number, NOW + after) for after in (1, 2)] == [True, False]
    assert tokens.find(connection, secret) is None
    assert [tuple(row) for row in tokens.all_tokens(connection)] == [(number, "agent", "golden", NOW, NOW + 1)]


def test_a_token_of_a_machine_that_is_not_there_is_refused(connection: Connection) -> None:
    with pytest.raises(IntegrityError):
        tokens.issue(connection, "agent", "", NOW, agent=99)


def test_deeds_are_kept_in_their_order(connection: Connection) -> None:
    deeds = [audit.Deed(NOW, "trực ca", "retire", "05983", 1, "máy cũ"), audit.Deed(NOW, "x", "apply", "", None)]
    for deed in deeds:
        audit.note(connection, deed)

    rows = connection.execute(select(audit.AUDIT).order_by(audit.AUDIT.c.id)).all()
    assert [tuple(row)[:-1] for row in rows] == [(1, *deeds[0]), (2, *deeds[1])]
    assert list(audit.broken(connection)) == []


def test_requests_and_habits_keep_every_byte(connection: Connection) -> None:
    row = {"id": "r-1", "agent": 1, "body": BYTES, "who": "a", "why": "b", "asked_at": NOW, "expires_at": NOW + 60}
    connection.execute(REQUEST.insert().values(row))
    learned = text(
        "INSERT INTO habit (commune, body, learned_at) VALUES (:commune, :body, :learned_at)"
        " ON CONFLICT (commune) DO UPDATE SET body = excluded.body, learned_at = excluded.learned_at"
    )
    for body, at in ((b"", NOW), (BYTES, NOW + 0.125)):
        connection.execute(learned, {"commune": "05983", "body": body, "learned_at": at})

    found = connection.execute(select(REQUEST)).one()
    assert (found.body, found.expires_at, found.sent_at, found.answer) == (BYTES, NOW + 60, None, None)
    assert [tuple(row) for row in connection.execute(select(HABIT))] == [("05983", BYTES, NOW + 0.125)]


def test_of_a_boot_the_newest_contact_stays(connection: Connection) -> None:
    add_agent(connection, name="pc-2")
    for seen in (InBoot(1, "b", 0.1, NOW, None), InBoot(2, "c", 2.0, NOW, 5.5), InBoot(1, "b", 9.0, NOW - 1, 1.0)):
        boots.record_all(connection, [seen])
    asked = {(1, "b"), (1, "c"), (2, "b")}

    assert boots.contacts_in(connection, asked) == {(1, "b"): InBoot(1, "b", 0.1, NOW, None)}
    assert set(boots.known(connection, 2, {"b", "c"})) == {"c"}


def test_a_profile_is_kept_once_under_its_hash(connection: Connection) -> None:
    for at in (NOW, NOW + 1):
        profiles_seen.keep(connection, {CONFIG: PROFILE}, at)

    row = connection.execute(select(profiles_seen.PROFILE)).one()
    assert tuple(row) == (CONFIG, encode(PROFILE), NOW)
    assert profiles_seen.unknown(connection, {CONFIG, "other"}) == {"other"}
    assert set(profiles_seen.get_all(connection, [CONFIG, "other", ""])) == {CONFIG}


def test_what_the_exposition_and_the_pages_count_is_a_whole_number(connection: Connection) -> None:
    for position, dropped in ((1, [[1, 2]]), (2, [[5, 9]])):
        one = report(20 + position, stream=f"{position:032x}")
        State().apply(connection, [entry_of(position, one, spool={"dropped": dropped, "rows": 3, "bytes": 70})], NOW)
    present = Present(NOW, 0)
    standings = agent_facts.standings(connection, present, lambda _agent: None)
    ((standing, facts, _),) = agent_facts.read(connection, standings, NOW)
    (view,) = overview.agents(connection, present)

    assert (standing.id, standing.silent, standing.position, facts.dropped) == (1, False, 2, 7)
    assert (type(facts.dropped), type(view.dropped), view.dropped) == (int, int, 7)


def test_changes_are_read_in_their_order_from_any_number_on(connection: Connection) -> None:
    noted = [changes.Change(NOW + n, "outcome", "05983", 1, "gw", None, None) for n in range(5)]
    changes.note_all(connection, noted)
    changes.note_all(connection, ())

    assert changes.newest(connection) == 5
    assert [(change.id, change.at) for change in changes.after(connection, 2, 2)] == [(3, NOW + 2), (4, NOW + 3)]
