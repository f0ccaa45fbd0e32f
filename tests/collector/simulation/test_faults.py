"""How faults are written, and what they are once laid over the paths of a province."""

import math

import pytest

from sansang_collector.simulation import world
from sansang_collector.simulation.faults import Fault, parse_duration, parse_fault, parse_time
from sansang_collector.simulation.noise import QUIET
from sansang_collector.simulation.weather import Weather
from tests.collector.simulation.provinces import FRIDAY, at, code, province


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("ring:a@09:00+40m", Fault("ring:a", 1.0, at("09:00"), at("09:40"))),
        ("ring:a=down@09:00+1.5h", Fault("ring:a", 1.0, at("09:00"), at("10:30"))),
        ("core=lossy(0.2)@9:30+90s", Fault("core", 0.2, at("09:30"), at("09:30") + 90)),
        ("svc_app:hotich=30%@08:00", Fault("svc_app:hotich", 0.3, at("08:00"), math.inf)),
        ("access_link:a=slow(80ms)@09:00+5m", Fault("access_link:a", 0.0, at("09:00"), at("09:05"), 80.0)),
        ("pc:06001/mo-phong-1@07:00", Fault("pc:06001/mo-phong-1", 1.0, at("07:00", day=1), math.inf)),
    ],
)
def test_a_fault_is_read_as_it_is_written_down(text: str, fault: Fault) -> None:
    assert parse_fault(text, at("07:30")) == fault


@pytest.mark.parametrize(
    "text",
    ["ring:a", "ring:a@9", "ring:a@25:00", "ring:a@09:61", "ring:a=up@09:00", "ring:a=0%@09:00", "ring:a@09:00+40",
     "ring:a@09:00+0m",
     "ring:a=slow(0ms)@09:00", "ring:a=slow(80)@09:00",
     "ring:a=lossy(1.5)@09:00", "@09:00", "ring:a =down@09:00", "ring:a@09:00-10:00"],
)  # fmt: skip
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_fault(text, FRIDAY)


def test_a_fault_is_written_as_it_is_read() -> None:
    for text in ("ring:a=lossy(0.2)@09:00+40m", "ring:a=slow(80ms)@09:00+40m"):
        fault = parse_fault(text, FRIDAY)

        assert parse_fault(str(fault), FRIDAY) == fault


def test_times_and_durations_are_those_of_vietnam() -> None:
    assert parse_time("2026-06-26", 0) == FRIDAY
    assert parse_time("2026-06-26T09:00", 0) == at("09:00")
    assert parse_time("09:00", at("15:00")) == at("09:00")
    assert parse_duration("8h") == 8 * 3600
    with pytest.raises(ValueError, match=r".*"):
        parse_time("tomorrow", 0)
    with pytest.raises(ValueError, match=r".*"):
        parse_duration("0m")


def test_a_ring_is_on_the_way_of_the_communes_behind_it_and_of_no_other() -> None:
    made = world.make(province(), 6, 1, seed=1, rates=QUIET)
    weather = Weather(made, [Fault("ring:a", 1.0, at("09:00"), at("09:10"))])
    weather.turn(at("09:05"))

    hit = {pc.commune for pc in made.machines if weather.hits(pc, "core")}
    assert hit == {code(0), code(1), code(4), code(5)}
    assert {pc.commune for pc in made.machines if weather.reports(pc)} == hit
    assert not any(weather.hits(pc, "gateway") for pc in made.machines)
    weather.turn(at("09:10"))
    assert not any(weather.hits(pc, "core") for pc in made.machines)


def test_power_that_is_out_darkens_its_machines_and_one_machine_only_itself() -> None:
    made = world.make(province(), 6, 2, seed=1, rates=QUIET)
    faults = [Fault(f"site_power:{code(0)}", 1.0, 0, 9e9), Fault(f"pc:{code(1)}/mo-phong-2", 1.0, 0, 9e9)]
    weather = Weather(made, faults)
    weather.turn(at("09:00"))

    dark = {pc.key for pc in made.machines if weather.dark(pc)}
    assert dark == {f"{code(0)}/mo-phong-1", f"{code(0)}/mo-phong-2", f"{code(1)}/mo-phong-2"}


def test_software_of_one_machine_spoils_its_own_pages_only() -> None:
    made = world.make(province(), 6, 1, seed=1, rates=QUIET)
    weather = Weather(made, [Fault(f"pc_app:{code(0)}/mo-phong-1", 1.0, 0, 9e9)])
    weather.turn(at("09:00"))

    assert not any(weather.hits(pc, check) for pc in made.machines for check in ("gateway", "core", "names"))


def test_a_part_there_is_none_of_has_a_guess_at_what_was_meant() -> None:
    made = world.make(province(), 6, 1, seed=1, rates=QUIET)

    assert "ring:c" not in made.parts
    assert made.meant("ring:c") in ("ring:a", "ring:b")
