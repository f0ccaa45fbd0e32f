"""A transaction sees one state of the ledger, leaves all of its effect or none, and waits for the others' to end."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import OperationalError

from sansang_alerts import engines
from sansang_collector import changes, consumers, tokens
from sansang_collector.agents import AGENT, communes
from sansang_collector.store import Store
from sansang_collector.store.dialect import Direct, listed
from tests.support.ledgers import NOW, Place, add_agent
from tests.support.postgres import Server


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    yield store
    store.close()


@pytest.fixture
def other(place: Place, store: Store) -> Iterator[Store]:
    """The same ledger, as another process has it open."""
    other = Store(place)
    yield other
    other.close()


def agents(connection: Connection) -> list[int]:
    return list(connection.scalars(select(AGENT.c.id).order_by(AGENT.c.id)))


def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    def half(connection: Connection) -> None:
        add_agent(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write_sync(half)
    with store.read() as connection:
        assert agents(connection) == []


async def test_what_was_written_is_read_at_once_by_everyone(store: Store, other: Store) -> None:
    assert await store.write(add_agent) == 1
    for each in (store, other):
        with each.read() as connection:
            assert agents(connection) == [1]


def test_a_reading_connection_sees_one_state_whatever_is_written_meanwhile(store: Store, other: Store) -> None:
    with store.read() as connection:
        before = agents(connection)
        other.write_sync(add_agent)
        assert agents(connection) == before == []
    with store.read() as connection:
        assert agents(connection) == [1]


def test_a_reading_connection_cannot_write(store: Store) -> None:
    with store.read() as connection, pytest.raises(Exception, match=r"read-?only"):
        add_agent(connection)


def test_what_is_at_hand_reads_what_is_committed_and_cannot_write(store: Store) -> None:
    store.write_sync(add_agent)

    assert [tuple(row) for row in store.at_hand.rows(Direct("SELECT id FROM agent WHERE name = ?"), ("pc-1",))] == [
        (1,)
    ]
    with pytest.raises(Exception, match=r"read-?only"):
        store.at_hand.rows(Direct("DELETE FROM agent WHERE id = ?"), (1,))


def test_the_version_at_hand_changes_with_every_commit_of_anyone_and_with_nothing_else(
    store: Store, other: Store
) -> None:
    seen = [store.at_hand.version() for _ in range(2)]
    for each in (store, other):
        each.write_sync(add_agent if each is store else lambda connection: add_agent(connection, name="pc-2"))
        seen += [store.at_hand.version() for _ in range(2)]

    assert seen[::2] == seen[1::2]
    assert len(set(seen)) == 3


def count_up(store: Store, times: int) -> None:
    """Read a number, and write the next one."""

    def one_more(connection: Connection) -> None:
        position = consumers.position_of(connection, "counting") + 1
        consumers._move(connection, "counting", position)
        changes.note(connection, str(position), NOW, "05983", 1)

    for _ in range(times):
        store.write_sync(one_more)


def test_of_two_that_write_at_a_time_each_sees_what_the_other_wrote(store: Store, other: Store) -> None:
    store.write_sync(add_agent)
    with ThreadPoolExecutor() as both:
        for each in [both.submit(count_up, one, 50) for one in (store, other)]:
            each.result(60)
    with store.read() as connection:
        counted = [change.kind for change in changes.after(connection, 0, 1000)]

    assert counted == [str(number) for number in range(1, 101)], "the numbers of changes are in the order of commits"


def test_who_waits_too_long_for_another_process_is_told_so_and_may_try_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 50)
    writing, done = threading.Event(), threading.Event()

    def slowly(connection: Connection) -> int:
        number = add_agent(connection)
        writing.set()
        done.wait(60)
        return number

    with closing(Store(place)) as store, closing(Store(place)) as other, ThreadPoolExecutor() as beside:
        slow = beside.submit(store.write_sync, slowly)
        writing.wait(60)
        with pytest.raises(OperationalError):
            other.write_sync(lambda connection: add_agent(connection, name="pc-2"))
        done.set()

        assert slow.result(60) == 1
        other.write_sync(lambda connection: add_agent(connection, name="pc-2"))
        with store.read() as connection:
            assert len(agents(connection)) == 2


def test_a_list_may_be_longer_than_any_statement_has_room_for_values(store: Store) -> None:
    store.write_sync(lambda connection: add_agent(connection, name='Máy "số 1", ở quầy\\'))
    by_number = Direct("SELECT name FROM agent WHERE id IN ({numbers}) AND name IN ({words})")
    words = ("pc-9", 'Máy "số 1", ở quầy\\')
    with store.read() as connection:
        found = by_number.run(connection, (listed(range(1, 70_001)), listed(words))).scalars().all()
        none = by_number.run(connection, (listed(()), listed(words))).scalars().all()

    assert (found, none) == ([words[1]], [])


def test_words_are_in_the_order_of_their_bytes(store: Store) -> None:
    def add(connection: Connection) -> None:
        for commune in ("b", "Ă", "a", "B", "10", "9"):
            add_agent(connection, commune)

    store.write_sync(add)
    with store.read() as connection:
        assert communes(connection) == ["10", "9", "B", "a", "b", "Ă"]


class Counting:
    """At hand like the ledger, counting how often a token is looked up."""

    def __init__(self, store: Store) -> None:
        self.at_hand = store.at_hand
        self.looked_up = 0

    def version(self) -> object:
        return self.at_hand.version()

    def rows(self, statement: Direct, values: tuple[Any, ...]) -> list[Any]:
        self.looked_up += len(values)
        return self.at_hand.rows(statement, values)

    def close(self) -> None:
        pass


def test_tokens_stay_known_while_others_write_what_is_of_no_token(store: Store) -> None:
    _, secret = store.write_sync(lambda connection: tokens.issue(connection, "read", "", NOW))
    counting = Counting(store)
    valid = tokens.ValidTokens(counting)
    found = valid.find(secret, lambda forget: forget())
    store.write_sync(add_agent)
    store.write_sync(lambda connection: tokens.issue(connection, "read", "another", NOW))

    assert valid.find(secret, lambda forget: forget()) == found is not None
    assert counting.looked_up == 1


@pytest.mark.parametrize(
    "end",
    [
        lambda connection, number: tokens.revoke(connection, number, NOW),
        lambda connection, _: connection.execute(text("DELETE FROM token")),
        lambda connection, _: connection.execute(text("UPDATE token SET scope = 'metrics'")),
    ],
    ids=["revoked", "deleted", "other scope"],
)
def test_a_token_is_not_what_it_was_at_the_next_question(
    store: Store, end: Callable[[Connection, int], object]
) -> None:
    number, secret = store.write_sync(lambda connection: tokens.issue(connection, "read", "", NOW))
    valid = tokens.ValidTokens(store.at_hand)
    before = valid.find(secret, lambda forget: forget())
    store.write_sync(lambda connection: end(connection, number))

    assert valid.find(secret, lambda forget: forget()) != before is not None


@pytest.mark.needs("postgres")
def test_a_server_that_was_restarted_meanwhile_is_asked_again(postgres: Server) -> None:
    with closing(Store(postgres.ledger())) as store:
        _, secret = store.write_sync(lambda connection: tokens.issue(connection, "read", "", NOW))
        valid = tokens.ValidTokens(store.at_hand)
        before = valid.find(secret, lambda forget: forget())
        postgres.hang_up()

        assert valid.find(secret, lambda forget: forget()) == before is not None
        assert store.write_sync(add_agent) == 1
        with store.read() as connection:
            assert agents(connection) == [1]
