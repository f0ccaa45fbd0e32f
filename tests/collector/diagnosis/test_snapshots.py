"""Evidence that was put away and taken back is what it would be had nobody stopped."""

import contextlib
import zlib
from collections.abc import Sequence
from random import Random

import msgspec
import numpy as np
import pytest

from sansang_agent.contract.report import GoodbyeReason
from sansang_collector import topology
from sansang_collector.diagnosis import snapshots
from sansang_collector.diagnosis.evidence import STREAMS, Evidence
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.sighting import Seen, Sighting
from sansang_collector.diagnosis.snapshots import SnapshotError, moved, restore, snapshot
from sansang_collector.simulation import provinces

NOON = 1_782_450_000.0
MADE = provinces.make(3, communes=8)
AGENTS = [AgentAt(*one) for one in MADE.machines]


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(topology.build(MADE.inventory), AGENTS)


def reports(graph: Graph, seed: int, count: int = 400) -> list[Sighting]:
    """What machines say, in order of arrival: late and early, twice, with goodbyes, old news and impossible times."""
    dice = Random(seed)
    found: list[Sighting] = []
    for turn in range(count):
        agent, received = dice.choice(graph.agents), NOON + 1.7 * turn
        names = list(graph.names[agent.commune if agent.key else ""])
        at = received - dice.choice((0, 0, 1, 4, 20, 90))
        seen = tuple(
            Seen(
                name, at - dice.uniform(-8, 14), dice.choice((0, 0, 1, 5)), 5, dice.random() < 0.9,
                dice.choice((None, 3.0, 900.0)),
            )
            for name in dice.sample(names, min(4, len(names)))
        )  # fmt: skip
        one = Sighting(
            agent=agent.id, stream=f"{agent.id:032x}", seq=turn + 1, received=received, at=at, live=dice.random() < 0.9,
            goodbye=GoodbyeReason.SHUTDOWN if dice.random() < 0.05 else None, booted_at=NOON - 100 * agent.id,
            battery=dice.choice((None, 40.0)), results=seen,
        )  # fmt: skip
        found.append(dice.choice(found) if found and dice.random() < 0.1 else one)
    return found


def take(evidence: Evidence, some: Sequence[Sighting]) -> list[bool]:
    return [evidence.apply(one) for one in some]


def assert_same(one: Evidence, other: Evidence) -> None:
    mine, yours = vars(one), vars(other)
    assert mine.keys() == yours.keys()
    derived = {
        "graph",
        "_own",
        "_cells",
        "_grown",
    }  # the last one: whoever keeps sums of blocks has to add them up again
    for name in mine.keys() - derived:
        np.testing.assert_array_equal(mine[name], yours[name], name)


@pytest.mark.parametrize("seed", range(12))
def test_taken_back_and_gone_on_with_it_is_as_if_nobody_had_stopped(graph: Graph, seed: int) -> None:
    told = reports(graph, seed)
    stop = Random(seed).randrange(len(told))
    straight, until = Evidence(graph, NOON), Evidence(graph, NOON)
    straight.usual_ms[:] = until.usual_ms[:] = 500.0
    before = take(straight, told)
    take(until, told[:stop])
    again = restore(snapshot(until), graph, NOON + 5000)

    assert_same(again, until)
    assert take(again, told[stop:]) == before[stop:]
    assert_same(again, straight)


def test_what_was_applied_after_the_snapshot_and_is_replayed_twice_counts_once(graph: Graph) -> None:
    told = reports(graph, 5)
    straight, kept = Evidence(graph, NOON), Evidence(graph, NOON)
    take(straight, told)
    take(kept, told[:200])
    again = restore(snapshot(kept), graph, NOON + 5000)
    take(again, told[100:])  # the log was read from further back than the snapshot reaches

    for kind in range(3):
        np.testing.assert_array_equal(again.window(240)[kind], straight.window(240)[kind])


def test_on_another_graph_everything_of_machines_that_stay_is_kept(graph: Graph) -> None:
    told = reports(graph, 7)
    first = Evidence(graph, NOON)
    take(first, told)
    stay = [one for one in AGENTS if one.id not in (2, 9)]
    fewer = build(topology.build(MADE.inventory), [AgentAt(99, AGENTS[0].commune, "may-moi"), *reversed(stay)])
    onto = restore(snapshot(first), fewer, NOON + 5000)

    for one in stay:
        old, new = graph.agent_numbers[one.id], fewer.agent_numbers[one.id]
        np.testing.assert_array_equal(onto.spoke[new], first.spoke[old])
        for name in graph.names[one.commune if one.key else ""]:
            there, here = graph.check(old, name), fewer.check(new, name)
            np.testing.assert_array_equal(onto._slots[..., here], first._slots[..., there])
            np.testing.assert_array_equal(onto.last_at[here], first.last_at[there])
    assert np.isnan(onto.heard[fewer.agent_numbers[99]])
    back = restore(snapshot(onto), graph, NOON + 5000)
    assert np.isnan(back.heard[graph.agent_numbers[2]])
    assert back.window(240).tried.sum() == onto.window(240).tried.sum() > 0


def test_on_another_inventory_checks_are_found_by_name(graph: Graph) -> None:
    told = reports(graph, 8)
    first = Evidence(graph, NOON)
    take(first, told)
    services = MADE.inventory.services
    other = msgspec.structs.replace(MADE.inventory, services=services[:3], communes=MADE.inventory.communes[1:])
    other = msgspec.structs.replace(
        other, lines=tuple(one for one in other.lines if one.commune != MADE.inventory.communes[0].code)
    )
    changed = build(topology.build(other), AGENTS)
    moved = restore(snapshot(first), changed, NOON + 5000)

    agent = next(one for one in changed.agents if one.key)
    for name in changed.names[agent.commune]:
        there = graph.check(graph.agent_numbers[agent.id], name)
        here = changed.check(changed.agent_numbers[agent.id], name)
        np.testing.assert_array_equal(moved._counts[..., here], first._counts[..., there])


def damaged(packed: bytes) -> list[bytes]:
    head = len(b"sansang evidence ") + 1
    other = msgspec.msgpack.decode(zlib.decompress(packed[head:]))
    other["arrays"]["heard"] = other["arrays"]["heard"][:-8]
    return [
        b"", b"sansang evidence ", packed[:40], packed[: len(packed) // 2], packed[:-1],
        packed[:head] + zlib.compress(b"\x80"), packed[:head] + zlib.compress(msgspec.msgpack.encode(other)),
    ]  # fmt: skip


def test_damaged_bytes_are_refused_with_a_word_on_why(graph: Graph) -> None:
    evidence = Evidence(graph, NOON)
    take(evidence, reports(graph, 1))
    for body in damaged(snapshot(evidence)):
        with pytest.raises(SnapshotError, match=r"it |its "):
            restore(body, graph, NOON + 5000)


def test_whatever_bit_of_them_is_turned_nothing_else_comes_of_them(graph: Graph) -> None:
    evidence, dice = Evidence(graph, NOON), Random(1)
    take(evidence, reports(graph, 1))
    packed = snapshot(evidence)
    for _ in range(200):
        at = dice.randrange(len(packed))
        turned = packed[:at] + bytes([packed[at] ^ 1 << dice.randrange(8)]) + packed[at + 1 :]
        with contextlib.suppress(SnapshotError):  # some bits say the same of zeros either way
            assert_same(restore(turned, graph, NOON + 5000), evidence)


def test_bytes_of_a_newer_program_or_of_a_time_to_come_are_refused(graph: Graph) -> None:
    packed = snapshot(Evidence(graph, NOON))
    head = len(b"sansang evidence ")
    with pytest.raises(SnapshotError, match="it is of version 2, and this program knows version 1"):
        restore(packed[:head] + bytes([snapshots.VERSION + 1]) + packed[head + 1 :], graph, NOON)
    with pytest.raises(SnapshotError, match="a time still to come"):
        restore(packed, graph, NOON - 3600)


def test_which_stream_was_heard_of_last_is_kept(graph: Graph) -> None:
    def report(stream: int, seq: int) -> Sighting:
        return Sighting(agent=1, stream=f"{stream:032x}", seq=seq, received=NOON, at=NOON, live=True)

    straight = Evidence(graph, NOON)
    take(straight, [*(report(stream, 1) for stream in range(STREAMS)), report(0, 2)])
    again = restore(snapshot(straight), graph, NOON)
    for one in (straight, again):
        take(one, [report(STREAMS, 1)])

    assert again._known == straight._known
    assert (1, f"{0:032x}") in again._known


def test_nothing_is_kept_of_machines_that_are_gone(graph: Graph) -> None:
    first = Evidence(graph, NOON)
    take(first, reports(graph, 7))
    fewer = build(topology.build(MADE.inventory), [one for one in AGENTS if one.id != 2])

    after = moved(first, fewer)
    assert {agent for agent, _ in after._known} == {agent for agent, _ in first._known} - {2}
    assert_same(after, restore(snapshot(first), fewer, NOON + 5000))
