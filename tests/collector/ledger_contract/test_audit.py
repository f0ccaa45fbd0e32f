"""The audit is append-only on both engines, its rows vouch for one another, and it is asked the same way."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DatabaseError

from sansang_collector import audit, audit_query
from sansang_collector.audit import AUDIT, Deed
from sansang_collector.audit_query import Question
from sansang_collector.rights import Communes
from sansang_collector.store import Store
from tests.support.ledgers import NOW, Place, add_agent

ROW = {"id": 2, "at": NOW, "who": "nobody", "what": "ask", "commune": "", "detail": "", "link": ""}
FORGERIES = {
    "update": update(AUDIT).values(who="somebody else"),
    "update of one": update(AUDIT).where(AUDIT.c.id == 1).values(detail=""),
    "update of none": update(AUDIT).where(AUDIT.c.id == 1).values(id=77),
    "delete": delete(AUDIT),
    "delete of one": delete(AUDIT).where(AUDIT.c.id == 2),
    "a second row of a number": insert(AUDIT).values(ROW),
}


def fill(place: Place) -> Store:
    store = Store(place)
    store.write_sync(add_agent)
    for number, commune in enumerate(("05983", "05984", "")):
        agent = 1 if commune == "05983" else None
        deed = Deed(NOW + number, f"Trực ca {number}", "ask" if agent else "apply", commune, agent, f"lần {number}")
        store.write_sync(lambda it, deed=deed: audit.note(it, deed))  # type: ignore[misc]
    return store


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with closing(fill(place)) as store:
        yield store


@pytest.mark.parametrize("forgery", FORGERIES)
def test_no_row_of_the_audit_can_be_changed_or_deleted(store: Store, forgery: str) -> None:
    with pytest.raises(DatabaseError):
        store.write_sync(lambda it: it.execute(FORGERIES[forgery]))

    with store.read() as connection:
        assert [row.detail for row in audit_query.page(connection, Question(), 10)] == ["lần 2", "lần 1", "lần 0"]
        assert list(audit.broken(connection)) == []


@pytest.mark.parametrize(
    ("statement", "engine"),
    [
        ("INSERT OR REPLACE INTO audit VALUES (2, 0, 'nobody', 'ask', '', NULL, '', '')", "sqlite"),
        ("REPLACE INTO audit (id, at, who, what, commune, detail) VALUES (1, 0, 'nobody', 'ask', '', '')", "sqlite"),
        ("TRUNCATE audit", "postgresql"),
        ("TRUNCATE audit, agent CASCADE", "postgresql"),
    ],
)
def test_nor_in_an_engines_own_words(store: Store, statement: str, engine: str) -> None:
    def run(connection: object) -> None:
        assert hasattr(connection, "dialect")
        if connection.dialect.name == engine:
            connection.execute(text(statement))  # type: ignore[attr-defined]
        else:
            raise DatabaseError(statement, {}, Exception("not of this engine"))

    with pytest.raises(DatabaseError):
        store.write_sync(run)
    with store.read() as connection:
        assert audit_query.count(connection, Question()) == 3


def test_whoever_takes_the_rules_away_and_forges_shows_in_the_chain(store: Store) -> None:
    def forge(connection: object) -> None:
        is_file = connection.dialect.name == "sqlite"  # type: ignore[attr-defined]
        drops = [f"DROP TRIGGER audit_{name}" for name in ("update", "delete", "replace")]
        for drop in drops if is_file else ["DROP TRIGGER audit_append_only ON audit"]:
            connection.execute(text(drop))  # type: ignore[attr-defined]

    store.write_sync(forge)
    store.write_sync(lambda it: it.execute(update(AUDIT).where(AUDIT.c.id == 2).values(who="somebody else")))
    with store.read() as connection:
        assert list(audit.broken(connection)) == [2]
    store.write_sync(lambda it: it.execute(delete(AUDIT).where(AUDIT.c.id == 2)))
    with store.read() as connection:
        assert list(audit.broken(connection)) == [3]


def test_texts_of_others_stay_on_one_line(store: Store) -> None:
    deed = Deed(NOW, "a\r\nroot: all is well", "login", "", None, "\x1b[2J\x00\u2028máy \ud800 quầy")
    store.write_sync(lambda it: audit.note(it, deed))
    with store.read() as connection:
        (row,) = audit_query.page(connection, Question(what="login"), 10)

    assert (row.who, row.detail) == ("a  root: all is well", " [2J  máy   quầy")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (Question(), [2, 1, 0]),
        (Question(since=NOW + 1), [2, 1]),
        (Question(until=NOW + 1), [0]),
        (Question(who="TRỰC CA 1"), []),
        (Question(who="CA 1"), [1]),
        (Question(who="_"), []),
        (Question(who="%"), []),
        (Question(what="apply"), [2, 1]),
        (Question(commune="05983"), [0]),
    ],
)
def test_deeds_are_found_newest_first(store: Store, question: Question, found: list[int]) -> None:
    with store.read() as connection:
        rows = audit_query.page(connection, question, 10)
        total = audit_query.count(connection, question)
    whole = [row for piece in audit_query.everything(store, question) for row in piece]

    if question.who != "TRỰC CA 1":  # whether letters with marks have cases is the engine's to know
        assert [row.detail for row in rows] == [f"lần {number}" for number in found]
        assert total == len(found)
    assert whole == rows


def test_whoever_sees_some_communes_sees_their_deeds_only(store: Store) -> None:
    theirs = Communes(frozenset({"05983"}))
    with store.read() as connection:
        assert [row.commune for row in audit_query.page(connection, Question(), 10, seen=theirs)] == ["05983"]
        assert audit_query.count(connection, Question(commune="05984"), theirs) == 0
        assert audit_query.count(connection, Question(), Communes()) == 0


def test_all_deeds_come_in_pieces(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_query, "PIECE", 2)

    pieces = [[row.id for row in piece] for piece in audit_query.everything(store, Question())]
    assert pieces == [[3, 2], [1]]
