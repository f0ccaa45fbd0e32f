"""The spool's promises, on real SQLite files: frozen bytes, numbers never reused, bounds, damage, several processes."""

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sansang_agent.contract.check import Profile, TcpCheck
from sansang_agent.contract.codec import encode, profile_hash
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Report, Result, Why
from sansang_agent.contract.rung import Rung
from sansang_agent.spool import Row, Spool
from sansang_agent.spool_bounds import Moment, Size, is_too_old, too_many
from sansang_agent.spool_file import MIGRATIONS

DAY = 86_400.0
PLENTY = 10_000_000


def a_report(mono: float = 1000.0, *, boot: str = "boot-1", words: str = "") -> Callable[[str, int], Report]:
    def make(stream: str, seq: int) -> Report:
        result = Result(check="gw", outcome=Outcome.OK, detail=words or None)
        return Report(
            stream=stream, seq=seq, boot=boot, mono=mono, wall=1e9 + mono, why=Why.PERIODIC, results=(result,)
        )

    return make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "spool.db"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    with_file = Spool.open(path)
    yield with_file
    with_file.close()


def everything(spool: Spool) -> list[Row]:
    return spool.take(100_000, 10**12)


def test_a_report_comes_out_byte_for_byte(spool: Spool) -> None:
    stream, seq, body = spool.append(a_report(words="trực tuyến"))

    assert spool.take(10, PLENTY) == [Row(1, stream, seq, body)]
    assert body == encode(a_report(words="trực tuyến")(stream, seq))
    assert (stream, seq) == (spool.stream, 1)


def test_newest_reports_come_first_and_stay(spool: Spool) -> None:
    for _ in range(5):
        spool.append(a_report())

    assert [row.seq for row in spool.take(3, PLENTY)] == [5, 4, 3]
    assert [row.seq for row in spool.take(9, PLENTY, after=3)] == [5, 4]
    assert [row.seq for row in spool.take(9, PLENTY, upto=2)] == [2, 1]
    assert spool.state().rows == 5


def test_a_taking_is_bounded_in_bytes_but_never_empty(spool: Spool) -> None:
    size = max(len(spool.append(a_report())[2]) for _ in range(4))

    assert len(spool.take(10, 2 * size)) == 2
    assert len(spool.take(10, 1)) == 1


def test_settled_reports_are_gone_and_their_numbers_stay_used(spool: Spool, path: Path) -> None:
    spool.append(a_report())
    spool.settle(everything(spool))
    spool.close()

    again = Spool.open(path)
    stream, seq, _ = again.append(a_report())
    again.close()

    assert (stream, seq) == (spool_stream(path), 2)


def spool_stream(path: Path) -> str:
    spool = Spool.open(path)
    spool.close()
    with sqlite3.connect(path) as db:
        stream: str = db.execute("SELECT value FROM meta WHERE key = 'stream'").fetchone()[0]
    db.close()
    return stream


def test_old_reports_lie_compressed_together_and_come_out_the_same(spool: Spool) -> None:
    bodies = {}
    for number in range(400):
        _, seq, body = spool.append(a_report(number, words="x" * random.randrange(300, 600)))
        bodies[seq] = body

    assert {row.seq: row.body for row in everything(spool)} == bodies
    assert spool.state().bytes < sum(map(len, bodies.values())) / 2


def test_a_pack_goes_when_its_last_report_goes(spool: Spool) -> None:
    for number in range(200):
        spool.append(a_report(number, words="x" * 500))
    rows = everything(spool)
    spool.settle(rows[:-1])
    assert everything(spool) == rows[-1:]

    spool.settle(rows)

    assert spool._db.execute("SELECT count(*) FROM pack").fetchone() == (0,)


def test_room_is_given_back_to_the_disk(path: Path) -> None:
    spool = Spool.open(path)
    for number in range(300):
        spool.append(a_report(number, words=random.randbytes(900).hex()))
    while rows := spool.take(100, PLENTY):
        spool.settle(rows)
    spool.close()

    assert path.stat().st_size < 100_000


def test_the_state_says_how_much_waits_since_when(spool: Spool) -> None:
    sizes = [len(spool.append(a_report(mono))[2]) for mono in (5.0, 6.0)]

    state = spool.state()

    assert (state.rows, state.oldest, state.bytes, state.dropped) == (2, 1e9 + 5, sum(sizes), ())


def test_at_the_bound_reports_go_from_the_middle_and_are_counted(path: Path) -> None:
    spool = Spool.open(path, max_bytes=60_000)
    for number in range(120):
        spool.append(a_report(number, words=random.randbytes(400).hex()), keep=number == 60)

    left = [row.seq for row in reversed(everything(spool))]
    state = spool.state()
    spool.close()

    assert state.bytes <= 60_000
    assert {1, 60, 61, 62, 120} <= set(left)
    gone = [number for first, last in state.dropped for number in range(first, last + 1)]
    assert sorted(gone + left) == list(range(1, 121))


def test_dropped_numbers_are_told_until_the_collector_knows(path: Path) -> None:
    spool = Spool.open(path, max_bytes=20_000)
    for number in range(60):
        spool.append(a_report(number, words=random.randbytes(400).hex()))
    told = spool.state().dropped
    assert told
    for number in range(60, 120):
        spool.append(a_report(number, words=random.randbytes(400).hex()))

    spool.told_dropped(spool.stream, told)

    later = spool.state().dropped
    spool.close()
    assert later
    assert not set(told) & set(later)


def test_thinning_spares_changes_and_the_edges_of_quiet_stretches() -> None:
    rows = [Size(number, number in (100, 101, 300), 10) for number in range(1, 401)]

    gone = set(too_many(rows, limit=4000))

    left = [row.id for row in rows if row.id not in gone]
    assert 1700 <= 10 * len(left) <= 2000
    assert {1, 99, 100, 101, 102, 299, 300, 301, 400} <= set(left)


def test_below_half_the_bound_nothing_goes() -> None:
    assert too_many([Size(number, keep=False, size=10) for number in range(200)], limit=4000) == []


def test_when_only_changes_are_left_the_oldest_go() -> None:
    rows = [Size(number, keep=True, size=10) for number in range(500)]

    gone = too_many(rows, limit=4000)

    assert gone == list(range(120))


def test_changes_above_half_the_bound_stay_while_there_is_room() -> None:
    assert too_many([Size(number, keep=True, size=10) for number in range(300)], limit=4000) == []


def test_reports_past_their_age_go(spool: Spool) -> None:
    spool.append(a_report(0.0))
    spool.append(a_report(10 * DAY))
    spool.append(a_report(15 * DAY))

    assert [row.seq for row in everything(spool)] == [3, 2]
    assert spool.state().dropped == ((1, 1),)


@pytest.mark.parametrize(
    ("taken", "old"),
    [
        (Moment("now", 0.0, 0.0), True),
        (Moment("now", 10 * DAY, -900 * DAY), False),
        (Moment("before", 5.0, 1000 * DAY - 15 * DAY), True),
        (Moment("before", 5.0, 1000 * DAY - 13 * DAY), False),
        (Moment("before", 5.0, 0.0), False),
        (Moment("before", 5.0, 2000 * DAY), False),
    ],
    ids=["same boot", "same boot, clock set", "older boot", "young", "clock jumped forward", "clock set back"],
)
def test_age_does_not_trust_a_clock_that_jumped(taken: Moment, old: bool) -> None:
    assert is_too_old(taken, Moment("now", 20 * DAY, 1000 * DAY)) is old


def test_a_new_stream_takes_the_refused_reports_with_it(spool: Spool) -> None:
    for mono in (1.0, 2.0, 3.0):
        spool.append(a_report(mono))
    before = spool.stream
    refused = [row for row in everything(spool) if row.seq != 2]

    stream = spool.new_stream(refused)

    rows = everything(spool)
    assert stream == spool.stream != before
    assert [(row.stream, row.seq) for row in rows] == [(stream, 2), (before, 2), (stream, 1)]
    assert rows[0].body == encode(a_report(3.0)(stream, 2))
    assert spool.append(a_report())[:2] == (stream, 3)


def test_packed_reports_can_go_to_a_new_stream(spool: Spool) -> None:
    for number in range(200):
        spool.append(a_report(float(number)))
    oldest = everything(spool)[-1]

    stream = spool.new_stream([oldest])

    assert everything(spool)[-1].body == encode(a_report(0.0)(stream, 1))


def test_what_the_collector_refuses_lies_aside_counted(spool: Spool) -> None:
    spool.append(a_report())
    _, _, body = spool.append(a_report())

    spool.set_aside(spool.take(1, PLENTY)[0], "results[0].rtt_ms: wrong")

    assert [row.seq for row in everything(spool)] == [1]
    assert spool.poisoned() == 1
    assert spool._db.execute("SELECT seq, why, body FROM poison").fetchall() == [(2, "results[0].rtt_ms: wrong", body)]


def test_profiles_are_found_by_hash(spool: Spool) -> None:
    profile = Profile(checks=(TcpCheck(id="a", rung=Rung.GATEWAY, target="192.0.2.1:80"),))

    name = spool.put_profile(profile)

    assert name == profile_hash(profile)
    assert spool.profile(name) == profile
    assert spool.profile("f" * 32) is None


def test_only_the_latest_profiles_are_kept(spool: Spool) -> None:
    names = [spool.put_profile(Profile(label=str(number))) for number in range(60)]

    assert [spool.profile(name) is not None for name in names] == [False] * 10 + [True] * 50


@pytest.mark.parametrize("harm", ["text", "middle", "newer"])
def test_a_damaged_file_is_moved_aside_and_a_new_stream_begins(path: Path, harm: str) -> None:
    spool = Spool.open(path)
    before = spool.stream
    for number in range(100):
        spool.append(a_report(number, words="x" * 500))
    spool.close()
    damage(path, harm)

    again = Spool.open(path)
    stream, seq, _ = again.append(a_report())
    again.close()

    assert stream != before
    assert seq == 1
    assert path.with_name("spool.db.damaged").exists()


def damage(path: Path, harm: str) -> None:
    if harm == "text":
        path.write_bytes(b"not a database, but long enough to be read as one" * 100)
    elif harm == "middle":
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(8 * 4096))
    else:
        db = sqlite3.connect(path)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        db.close()


def test_a_spool_in_memory_works_as_well() -> None:
    spool = Spool.open(None)
    spool.append(a_report())

    assert spool.state().rows == 1
    spool.close()


def test_two_processes_may_append_to_one_spool(path: Path, spool: Spool) -> None:
    other = Spool.open(path)
    seqs = [which.append(a_report())[1] for which in (spool, other, spool, other)]
    other.close()

    assert seqs == [1, 2, 3, 4]


APPENDER = """
import sys
from pathlib import Path
from sansang_agent.spool import Spool
from tests.agent.test_spool import a_report
spool = Spool.open(Path(sys.argv[1]))
for number in range(1_000_000):
    stream, seq, _ = spool.append(a_report(number, words="x" * 300))
    print(seq, flush=True)
"""


def test_what_was_acknowledged_survives_sigkill_at_any_moment(path: Path) -> None:
    acknowledged = 0
    for lines in (3, 130, 77):
        with subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(path)], stdout=subprocess.PIPE, text=True
        ) as appender:
            assert appender.stdout is not None
            printed = [int(appender.stdout.readline()) for _ in range(lines)]
            appender.kill()  # SIGKILL; on Windows TerminateProcess
            printed += [int(line) for line in appender.stdout if line.endswith("\n")]
        assert printed == list(range(printed[0], printed[0] + len(printed)))
        assert printed[0] > acknowledged
        acknowledged = printed[-1]

    spool = Spool.open(path)
    rows = {row.seq: row.body for row in everything(spool)}
    spool.close()
    assert set(range(1, acknowledged + 1)) <= set(rows)
    assert not path.with_name("spool.db.damaged").exists()
