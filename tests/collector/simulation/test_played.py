"""Simulated provinces on a real collector: who is missed and who is not, who is hit by a fault, what pages say."""

import math
from pathlib import Path

import pytest

from sansang_collector.inventory import starting, units
from sansang_collector.inventory.folder import read_folder
from sansang_collector.inventory.model import Inventory
from sansang_collector.simulation import LABEL, world
from sansang_collector.simulation.faults import Fault
from sansang_collector.simulation.noise import QUIET, Noise
from tests.collector.simulation.plays import playing
from tests.collector.simulation.provinces import at, code, province

NOBODY_AWAY = Noise(restarts_per_day=0, away_per_day=0)
"""Lines and machines as they are, and nobody leaves in the middle of the day."""


def lang_son(folder: Path) -> Inventory:
    """The 65 communes as ``inventory init`` writes them; without services, which say nothing of who is there."""
    folder.mkdir()
    for name, contents in starting.first_files(units.units_of("Lạng Sơn")).items():
        (folder / name).write_bytes(contents)
    whole = read_folder(folder, units.official_names).inventory
    return Inventory(
        province=whole.province, communes=whole.communes, lines=whole.lines, access_nodes=whole.access_nodes,
        topology=whole.topology,
    )  # fmt: skip


async def test_five_o_clock_in_65_communes_gives_no_false_switch(tmp_path: Path) -> None:
    inventory = lang_son(tmp_path / "inventory")
    made = world.make(inventory, 65, 1, seed=4, rates=NOBODY_AWAY)
    async with playing(tmp_path / "data", inventory, made, at("16:56")) as play:
        seen: set[str] = set()
        for clock in ("16:59", "17:02", "17:07", "17:24"):
            await play.until(at(clock))
            states = {f"{one['commune']}/{one['name']}": one["state"] for one in await play.agents()}
            assert "silent" not in states.values(), clock
            seen |= set(states.values())
        away = [one for one in await play.agents() if one["state"] != "online"]

    assert seen >= {"online", "goodbye", "expected_off"}
    assert len(away) > 0.75 * len(made.machines)
    assert play.tally.refused == 0
    assert play.tally.accepted == play.tally.reports


async def test_a_machine_switched_off_at_ten_without_a_word_is_missed_alone(tmp_path: Path) -> None:
    inventory = province(3)
    made = world.make(inventory, 3, 2, seed=1, rates=NOBODY_AWAY)
    victim = f"{code(1)}/{made.machines[3].name}"
    off = Fault(f"pc:{victim}", 1.0, at("10:00"), math.inf)
    async with playing(tmp_path, inventory, made, at("09:56"), [off]) as play:
        await play.until(at("10:02"))
        states = {f"{one['commune']}/{one['name']}": one["state"] for one in await play.agents()}

    assert states == {pc.key: "silent" if pc.key == victim else "online" for pc in made.machines}


async def test_a_broken_ring_is_seen_by_exactly_the_communes_behind_it(tmp_path: Path) -> None:
    inventory = province(6)
    made = world.make(inventory, 6, 1, seed=1, rates=QUIET)
    ring = Fault("ring:a", 1.0, at("09:05"), at("09:12"))
    async with playing(tmp_path, inventory, made, at("09:00"), [ring]) as play:
        await play.until(at("09:10"))
        missed = {one["commune"] for one in await play.agents() if one["state"] == "silent"}
        await play.until(at("09:16"))
        agents = await play.agents()
        window = f"check=core&from={at('09:00')}&to={at('09:16')}"
        told = {one["commune"]: await play.get(f"/api/v1/agents/{one['id']}/intervals?{window}") for one in agents}
    failed = {
        commune: [(one["first_at"], one["last_at"]) for one in found["items"] if one["outcome"] == "failed"]
        for commune, found in told.items()
    }
    behind = {code(0), code(1), code(4), code(5)}

    assert missed == behind == play.tally.communes(ring)
    assert {commune for commune, stretches in failed.items() if stretches} == behind
    for commune in behind:  # told afterwards, from the spool, where it was when it was
        ((begins, ends),) = failed[commune]
        assert begins == pytest.approx(ring.begins, abs=31)
        assert ends == pytest.approx(ring.ends, abs=31)
    assert all(one["state"] == "online" for one in agents)
    assert play.tally.accepted == play.tally.reports


async def test_a_lossy_node_slows_nobody_out_of_contact_but_its_losses_show(tmp_path: Path) -> None:
    inventory = province(4)
    made = world.make(inventory, 4, 1, seed=1, rates=QUIET)
    lossy = Fault("access_node:an-0", 0.4, at("09:00"), math.inf)
    async with playing(tmp_path, inventory, made, at("09:01"), [lossy]) as play:
        await play.until(at("09:08"))
        found = {}
        for one in await play.agents():
            results = (await play.get(f"/api/v1/agents/{one['id']}"))["rungs"]
            found[one["commune"]] = [check for rung in results for check in rung["checks"] if check["check"] == "core"]

    assert play.tally.machines(lossy) <= {made.machines[0]}
    assert found.keys() == {code(n) for n in range(4)}


async def test_everything_says_that_it_is_simulated(tmp_path: Path) -> None:
    inventory = province(2)
    made = world.make(inventory, 2, 1, seed=1, rates=QUIET)
    async with playing(tmp_path, inventory, made, at("09:00")) as play:
        await play.until(at("09:02"))
        agents = await play.agents()
        pages = [await play.page(path) for path in ("/", f"/communes/{code(0)}")]

    assert all(one["label"].startswith(LABEL) and one["name"].startswith("mo-phong-") for one in agents)
    assert all(LABEL in page for page in pages)
