"""What a commune's machines usually do is learned from when they are in contact, and kept over restarts."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import Connection, select

from sansang_collector import habits
from sansang_collector.agents import AGENT
from sansang_collector.contact import CONTACT, MACHINE
from sansang_collector.expected import NOTHING_USUAL, Usual, slot_of
from sansang_collector.habit_slots import usually_off
from sansang_collector.habits import HABIT, HabitWatch, Learned
from sansang_collector.inventory.calendars import Calendar
from sansang_collector.inventory.hours import parse_hours
from sansang_collector.liveness import Known, Present, State, state_of
from sansang_collector.store import Store
from tests.support.ledgers import Place

SATURDAY = datetime.fromisoformat("2026-06-27T09:00+07:00").timestamp()
DAY, WEEK = 86400, 7 * 86400
CODE = "06019"
OPEN = Usual({CODE: Calendar(parse_hours("mon-sat 07:30-11:30"))}, {})


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    yield store
    store.close()


def add(connection: Connection, name: str, contact: float, role: str = "counter", goodbye: str | None = None) -> None:
    """A machine last in contact then."""
    row = {"commune": CODE, "name": name, "created_at": 0.0, "role": role}
    number = connection.execute(AGENT.insert().values(row).returning(AGENT.c.id)).scalar_one()
    zero = {"boot": "b", "skew": 0.0, "spool_rows": 0, "spool_bytes": 0, "silent": False, "position": 1}
    connection.execute(CONTACT.insert().values(agent=number, at=contact, **zero))
    said = {"at": contact, "version": "", "config": "", "goodbye": goodbye}
    connection.execute(MACHINE.insert().values(agent=number, **said))


def seen(store: Store, at: float, usual: Usual = NOTHING_USUAL) -> dict[str, float]:
    with store.read() as connection:
        return habits.seen_now(connection, Present(at, 0, usual))


def test_the_share_of_a_communes_machines_in_contact_is_seen(store: Store) -> None:
    def machines(connection: Connection) -> None:
        add(connection, "quay-1", SATURDAY - 5)
        add(connection, "quay-2", SATURDAY - DAY, goodbye="shutdown")
        add(connection, "quay-3", SATURDAY - DAY, goodbye="sleep")
        add(connection, "quay-4", SATURDAY - 10)

    store.write_sync(machines)

    assert seen(store, SATURDAY) == {CODE: 0.5}


def test_what_broke_what_is_long_gone_what_is_always_on_and_what_is_retired_teach_nothing(store: Store) -> None:
    def machines(connection: Connection) -> None:
        add(connection, "broke", SATURDAY - DAY + 1800)
        add(connection, "long gone", SATURDAY - 5 * DAY, goodbye="shutdown")
        add(connection, "mini", SATURDAY - 5, role="mini")
        add(connection, "retired", SATURDAY - DAY, goodbye="shutdown")
        connection.execute(AGENT.update().where(AGENT.c.name == "retired").values(retired_at=SATURDAY - 60))

    store.write_sync(machines)

    assert seen(store, SATURDAY, OPEN) == {}


def test_who_did_not_come_at_opening_teaches_that_nobody_comes(store: Store) -> None:
    store.write_sync(lambda connection: add(connection, "quay-1", SATURDAY - DAY + 3.5 * 3600))  # Friday, 12:30

    assert seen(store, SATURDAY, OPEN) == {CODE: 0.0}


def test_a_holiday_teaches_nothing(store: Store) -> None:
    store.write_sync(lambda connection: add(connection, "quay-1", SATURDAY - DAY, goodbye="shutdown"))
    holiday = OPEN.calendars[CODE]._replace(holidays=frozenset({int((SATURDAY + 7 * 3600) // DAY)}))

    assert seen(store, SATURDAY, Usual({CODE: holiday}, {})) == {}


def test_two_saturdays_without_anybody_make_a_habit_that_lasts_over_a_restart(store: Store) -> None:
    def off(week: int) -> bool:
        with store.read() as connection:
            known = habits.read(connection)
        store.write_sync(lambda it: habits.add(it, known.habits, {CODE: 0.0}, SATURDAY + week * WEEK))
        with store.read() as connection:
            return usually_off(habits.read(connection).habits[CODE], slot_of(SATURDAY))

    assert [off(week) for week in range(3)] == [False, True, True]
    with store.read() as connection:
        assert habits.read(connection).at == SATURDAY + 2 * WEEK
        assert list(connection.scalars(select(HABIT.c.commune))) == [CODE]


def test_a_habit_learned_in_three_weeks_lets_nobody_be_missed_on_a_saturday(store: Store) -> None:
    known = Learned({}, 0.0)
    for week in range(3):
        for quarter in range(-8, 14):
            at = SATURDAY + week * WEEK + quarter * 900
            known = store.write_sync(partial(habits.add, habits=known.habits, seen={CODE: 0.1}, at=at))
    friday = SATURDAY + 3 * WEEK - DAY + 3600 * 2.5
    machine = Known(CODE, "counter", None, friday, known_silent=True, goodbye=None, back=None)

    def state(usual: Usual) -> State:
        return state_of(machine, Present(SATURDAY + 3 * WEEK, 0, usual)).state

    assert state(OPEN) is State.SILENT
    assert state(Usual(OPEN.calendars, known.habits)) is State.EXPECTED_OFF


async def test_every_quarter_of_an_hour_is_learned_once_and_none_right_after_a_start(store: Store) -> None:
    store.write_sync(lambda connection: add(connection, "quay-1", SATURDAY - DAY, goodbye="shutdown"))

    assert await learned(store, 0.1, 0.2, 1, 2, 3, 16, 17, 31, 31) == [-SATURDAY / 60, 1, 16, 31]
    assert await learned(store, 31, 31.5) == [31]


async def learned(store: Store, *minutes: float) -> list[float]:
    """When what a watch tells, looking at these minutes, was last added to, in minutes."""
    clock, told = [0.0], list[float]()
    watch = HabitWatch(
        store,
        lambda: Present(SATURDAY + clock[0] * 60, SATURDAY),
        lambda known: told.append((known.at - SATURDAY) / 60),
    )
    for clock[0] in minutes:
        await watch.look()
    return told
