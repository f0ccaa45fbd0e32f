"""A machine's whereabouts change by the clock alone, and each change is told once."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from sansang_collector import silence
from sansang_collector.agents import AGENT
from sansang_collector.changes import CHANGE
from sansang_collector.contact import CONTACT
from sansang_collector.expected import Usual
from sansang_collector.inventory.calendars import Calendar
from sansang_collector.inventory.hours import parse_hours
from sansang_collector.liveness import Present
from sansang_collector.state import State
from sansang_collector.store import Store
from tests.support.ledgers import Place, add_agent, entry_of
from tests.support.reports import report

FIVE = datetime.fromisoformat("2026-06-22T17:00+07:00").timestamp()
EIGHT = FIVE + 15 * 3600
USUAL = Usual({"05983": Calendar(parse_hours("mon-fri 07:30-11:30 13:30-17:00"))}, {})


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as connection:
        add_agent(connection)
        yield connection
    store.close()


def hear(connection: Connection, at: float, **more: Any) -> None:
    State().apply(connection, [entry_of(1, report(1, **more), received=at)], at)


def look(connection: Connection, at: float, listening_since: float = 0) -> None:
    """What the collector does once a minute."""
    present = Present(at, listening_since, USUAL)
    silence.mark_silent(connection, present)
    silence.tell(connection, silence.review(connection, present), at)


def told(connection: Connection) -> list[float]:
    return list(connection.scalars(select(CHANGE.c.at).where(CHANGE.c.kind == "contact").order_by(CHANGE.c.id)))


def test_going_home_is_told_once_and_not_coming_back_once(connection: Connection) -> None:
    hear(connection, FIVE)
    for at in (FIVE + 46, FIVE + 3600, EIGHT - 60, EIGHT, EIGHT + 60, EIGHT + 86400):
        look(connection, at)

    assert told(connection) == [FIVE + 46, EIGHT]


def test_over_a_restart_nothing_is_told_twice(connection: Connection) -> None:
    hear(connection, FIVE)
    look(connection, FIVE + 46)
    for since in (1, 30, 50):
        look(connection, EIGHT + since, listening_since=EIGHT)
    look(connection, EIGHT + 200, listening_since=EIGHT + 190)

    assert told(connection) == [FIVE + 46, EIGHT + 1]


def test_a_goodbye_that_has_run_out_is_told(connection: Connection) -> None:
    hear(connection, FIVE, goodbye={"reason": "shutdown"})
    look(connection, FIVE + 46)
    assert connection.execute(select(CONTACT.c.state)).scalar_one() == "goodbye"

    look(connection, EIGHT)
    assert connection.execute(select(CONTACT.c.state)).scalar_one() == "silent"
    assert told(connection) == [FIVE + 46, EIGHT]


def test_who_comes_back_while_it_is_being_looked_at_is_not_told_of_as_away(connection: Connection) -> None:
    hear(connection, FIVE)
    look(connection, FIVE + 46)
    found = silence.review(connection, Present(EIGHT, 0, USUAL))
    hear(connection, EIGHT)
    before = told(connection)
    silence.tell(connection, found, EIGHT)

    assert len(found) == 1
    assert told(connection) == before
    assert not connection.execute(select(CONTACT.c.silent)).scalar_one()


def test_a_retired_machine_is_not_told_of(connection: Connection) -> None:
    hear(connection, FIVE)
    connection.execute(AGENT.update().values(retired_at=FIVE + 1))
    look(connection, FIVE + 46)

    assert told(connection) == []
