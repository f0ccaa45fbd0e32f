"""Who is let in: by the work ahead of a report and the bytes that wait; and when the log's writer waits for more."""

from sansang_collector import door, rhythm
from sansang_collector.door import Door
from sansang_collector.rhythm import Rhythm


def test_an_idle_door_is_open_whatever_a_report_cost() -> None:
    idle = Door()
    idle.took(100.0)

    assert idle.is_open(0.0, 0.0)


def test_it_closes_when_the_work_ahead_is_more_than_a_moment_and_opens_as_it_is_done() -> None:
    busy = Door()
    for _ in range(1000):
        busy.took(0.001)
    most = int(door.MOST_SECONDS / 0.001)
    for _ in range(most + 10):
        busy.begin(1)
    assert not busy.is_open(0.0, 0.0)
    for _ in range(20):
        busy.end(1)

    assert busy.is_open(0.0, 0.0)
    assert not busy.is_open(0.0, door.MOST_SECONDS / 2)


def busy_turn(until: float) -> Door:
    """A door whose event loop read from 0 to ``until`` and at once began to read again."""
    found = Door()
    found.turn_began(0.0)
    found.turn_ended(until)
    found.turn_began(until + door.BUSY_GAP_S / 2)
    return found


def test_it_closes_for_what_may_have_waited_since_the_turn_before() -> None:
    long = busy_turn(door.MOST_SECONDS)

    assert not long.is_open(door.MOST_SECONDS + 0.1, 0.0)
    assert busy_turn(0.1).is_open(0.3, 0.0)


def test_what_comes_to_a_loop_that_rested_has_not_waited() -> None:
    rested = Door()
    rested.turn_began(0.0)
    rested.turn_ended(0.1)
    rested.turn_began(100.0)

    assert rested.is_open(100.1, 0.0)


def test_a_single_slow_report_does_not_close_it() -> None:
    busy = Door()
    for _ in range(1000):
        busy.took(0.0001)
    busy.took(0.05)
    for _ in range(500):
        busy.begin(1)

    assert busy.is_open(0.0, 0.0)


def test_it_closes_over_bytes_that_wait_however_fast_they_go() -> None:
    full = Door()
    full.begin(door.MOST_BYTES + 1)
    assert not full.is_open(0.0, 0.0)
    full.end(door.MOST_BYTES + 1)

    assert full.is_open(0.0, 0.0)


def after(gap: float, count: int = 200) -> Rhythm:
    """A rhythm after so many envelopes, one every ``gap`` seconds."""
    found = Rhythm(0.0)
    for number in range(1, count + 1):
        found.came(1, number * gap)
    return found


def test_the_writer_waits_a_moment_only_while_envelopes_come_fast() -> None:
    assert after(rhythm.MOMENT_S * 2).patience(1) == 0
    assert after(rhythm.MOMENT_S / 4).patience(1) == rhythm.MOMENT_S
    assert Rhythm(0.0).patience(1) == 0


def test_it_waits_for_nobody_when_enough_are_there() -> None:
    assert after(0.001).patience(rhythm.ENOUGH) == 0


def test_it_stops_waiting_soon_after_they_stop_coming() -> None:
    quiet = after(0.001)
    quiet.came(1, 60.0)

    assert quiet.patience(1) == 0
