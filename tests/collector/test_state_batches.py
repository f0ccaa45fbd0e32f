"""A batch of envelopes takes the effect of its envelopes one by one, in a few statements, and all of it or none."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from sansang_agent.contract.codec import profile_hash
from sansang_collector import latest, profiles_seen
from sansang_collector.boots import BOOT
from sansang_collector.changes import CHANGE
from sansang_collector.contact import CONTACT, DROPPED, MACHINE
from sansang_collector.log import Entry
from sansang_collector.state import State
from sansang_collector.store import Store
from tests.support import reports
from tests.support.ledgers import NOW, Measured, Place, add_agent, entry, entry_of
from tests.support.reports import report, result

PROFILE = reports.profile()
CONFIG = profile_hash(PROFILE)
AGENTS = (1, 2, 3)


@pytest.fixture
def ledgers(tmp_path: Path, place: Place) -> Iterator[tuple[Store, Store]]:
    """Two ledgers that know the same agents and profile, the other one on each engine."""
    stores = Store(tmp_path), Store(place)
    for store in stores:
        store.write_sync(know)
    yield stores
    for store in stores:
        store.close()


def know(connection: Connection) -> None:
    for agent in AGENTS:
        add_agent(connection, f"0598{agent}")
    profiles_seen.keep(connection, {CONFIG: PROFILE}, NOW)


def held(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All that the consumer writes; changes without their numbers."""
    with store.read() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in (CONTACT, MACHINE, DROPPED, BOOT, latest.LATEST)
        }
        found["change"] = [tuple(row)[1:] for row in connection.execute(select(CHANGE).order_by(CHANGE.c.id))]
    return found


def arrivals(seed: int) -> list[Entry]:
    """Envelopes of three agents: live and late, over reboots and clocks set back, results of every outcome."""
    chance = random.Random(seed)
    reasons = (None, None, "timeout", "refused")
    made = []
    for position in range(1, 40):
        received = NOW + position * 5 + chance.choice((0, 0, 0, 0, 7200, -7200))
        found = []
        for seq in range(chance.randrange(4)):
            results = [
                result(
                    chance.choice(("gw", "dvc", "odd")),
                    chance.choice(reasons),
                    at=-chance.randrange(chance.choice((900, 40_000))),
                )
                for _ in range(chance.randrange(5))
            ]
            boot = chance.choice((*["boot-1"] * 6, "boot-2", "boot-0"))
            goodbye = {"reason": "stop", "back": None} if chance.random() < 0.2 else None
            config, mono = chance.choice((CONFIG, "")), float(chance.randrange(chance.choice((200, 970)), 1000))
            more = {"boot": boot, "config": config, "goodbye": goodbye, "wall": received - 1000 + mono}
            found.append(report(position * 10 + seq, mono, results, version=str(position), **more))
        sent = {
            "boot": chance.choice((*["boot-1"] * 3, "boot-2")),
            "mono": 1000.0,
            "wall": received + chance.randrange(9),
        }
        first = chance.randrange(1, 50)
        spool = {"rows": chance.randrange(5), "oldest": NOW, "dropped": chance.choice(([], [[first, first + 3]]))}
        agent = chance.choice(AGENTS)
        made.append(entry_of(position, *found, agent=agent, received=received, sent=sent, spool=spool))
    return made


@pytest.mark.parametrize("seed", range(20))
def test_a_batch_takes_the_effect_of_its_envelopes_one_by_one(ledgers: tuple[Store, Store], seed: int) -> None:
    one, other = ledgers
    single, whole = State(), State()
    entries = arrivals(seed)
    half = len(entries) // 2
    one.write_sync(lambda connection: one_by_one(single, connection, entries))
    other.write_sync(lambda connection: whole.apply(connection, entries[:half], NOW))
    other.write_sync(lambda connection: whole.apply(connection, entries[half:], NOW))

    assert held(one) == held(other)
    assert single.unsure == whole.unsure


def one_by_one(state: State, connection: Connection, entries: list[Entry]) -> None:
    for each in entries:
        state.apply(connection, [each], NOW)


def test_a_batch_costs_a_few_statements_however_many_reports_it_holds(ledgers: tuple[Store, Store]) -> None:
    _, store = ledgers
    asked: list[str] = []
    event.listen(store._writing, "before_cursor_execute", lambda *call: asked.append(call[2]))

    def statements(reports: int) -> int:
        made = [Measured(n / 100, "timeout", agent=AGENTS[n % 3]) for n in range(reports)]
        entries = [entry(reports + n, one, config="") for n, one in enumerate(made)]
        asked.clear()
        store.write_sync(lambda connection: State().apply(connection, entries, NOW))
        return len(asked)

    statements(3)  # the first contacts are changes, which is one more

    assert statements(6) == statements(60) <= 8


def test_what_was_rolled_back_is_not_remembered(ledgers: tuple[Store, Store]) -> None:
    _, store = ledgers
    state = State()
    first = entry(1, Measured(-5), config=CONFIG)

    def half(connection: Connection) -> None:
        state.apply(connection, [first], NOW)
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            store.write_sync(half)
    store.write_sync(lambda connection: state.apply(connection, [first], NOW))

    assert [row[1] for row in held(store)["change"]] == ["agent", "outcome"]


def test_an_envelope_of_an_agent_that_is_not_there_takes_no_effect(ledgers: tuple[Store, Store]) -> None:
    _, store = ledgers
    with pytest.raises(KeyError):
        store.write_sync(lambda connection: State().apply(connection, [entry_of(1, report(1), agent=9)], NOW))

    assert not any(held(store).values())


def test_a_profile_that_another_ledger_has_is_not_known_to_this_one(tmp_path: Path) -> None:
    store = Store(tmp_path)
    body = reports.profile(label="of another ledger")
    name = profile_hash(body)
    with store.read() as connection:
        assert profiles_seen.get(connection, name) is None
    store.write_sync(lambda connection: profiles_seen.keep(connection, {name: body}, NOW))
    with store.read() as connection:
        assert profiles_seen.get(connection, name) is profiles_seen.get(connection, name)
    store.close()
    with Store(tmp_path / "new").read() as connection:
        assert profiles_seen.get(connection, name) is None


def test_decoded_profiles_are_bounded() -> None:
    decoded = profiles_seen._Decoded(2)
    for name in "abc":
        decoded.add(name, b'{"checks":[]}')

    assert [decoded.get(name) is None for name in "abc"] == [True, False, False]
