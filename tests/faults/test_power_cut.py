"""Power that goes at any moment: databases as a disk would show them then, opened with our own code.

Every call of a real writer is recorded; each cut keeps what was synced and any part of what was not.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import Report
from sansang_agent.spool import Spool
from sansang_collector import consumers
from sansang_collector.consumers import Consumer
from sansang_collector.history import History
from sansang_collector.log import ReportLog, Taken
from sansang_collector.state import State
from sansang_collector.store import Store
from tests.agent.test_spool import a_report
from tests.support.books import Identity, compare, open_books
from tests.support.ledgers import NOW
from tests.support.power import Disk, Event, record
from tests.support.reports import STREAM, report, result

pytestmark = pytest.mark.needs("strace")

SEED = 3
SPOOL_CUTS = 80
COLLECTOR_CUTS = 16

SPOOL_WRITER = """
import sys
from pathlib import Path
from sansang_agent.spool import Spool
from tests.agent.test_spool import a_report
spool = Spool.open(Path(sys.argv[1]) / "spool.db")
spool._db.execute("PRAGMA wal_autocheckpoint = 40")
for number in range(1, 161):
    stream, seq, _ = spool.append(a_report(number, words="x" * 300))
    print("kept", seq, flush=True)
    if number % 40 == 0:
        rows = spool.take(5, 10**9)
        print("let-go", *(row.seq for row in rows), flush=True)
        spool.settle(rows)
print("packs", spool._db.execute("SELECT count(*) FROM pack").fetchone()[0], flush=True)
"""

COLLECTOR_WRITER = """
import sys
from pathlib import Path
from sansang_collector import consumers
from sansang_collector.history import History
from sansang_collector.log import ReportLog, Taken
from sansang_collector.state import State
from sansang_collector.store import Store
from tests.collector.test_log import arrival
from tests.faults.test_power_cut import a_taken
from tests.support.ledgers import NOW, add_agent
folder = Path(sys.argv[1])
store, log = Store(folder), ReportLog(folder)
with store._writing.connect() as connection:
    connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 40")
log._rows.execute("PRAGMA wal_autocheckpoint = 40")
agent = store.write_sync(add_agent)
for seq in range(1, 61):
    log.append(arrival(a_taken(seq), agent=agent)).result()
    print("kept", seq, flush=True)
    if seq % 6 == 0:
        for consumer in (State(), History()):
            entries = log.read_from(seq - 6, 6)
            store.write_sync(lambda connection: consumers.take(consumer, entries, NOW, connection))
            print("applied", consumer.name, seq, flush=True)
"""

CARELESS_WRITER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1] + "/spool.db", isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = NORMAL")
db.execute("CREATE TABLE report (seq INTEGER)")
for seq in range(1, 31):
    db.execute("INSERT INTO report VALUES (?)", (seq,))
    print("kept", seq, flush=True)
"""


def a_taken(seq: int) -> Taken:
    """A report of one result, each at a time of its own."""
    body = encode(report(seq, 900.0 + seq, [result(f"check-{seq % 5}", reason="timeout" if seq % 7 == 0 else None)]))
    return Taken(0, msgspec.json.decode(body, type=Report), body)


def cuts(events: list[Event], count: int, folder: Path) -> Iterator[tuple[Path, list[list[str]]]]:
    """Folders as found after ``count`` cuts at random moments, each with what the program had said by then."""
    chance = random.Random(SEED)
    disk = Disk(events)
    for number, moment in enumerate(sorted(chance.choices(range(1, len(events) + 1), k=count))):
        disk.play(moment)
        found = folder / f"cut-{number}"
        disk.cut(found, chance)
        whole = disk.out[: disk.out.rfind(b"\n") + 1]
        yield found, [line.split() for line in whole.decode().splitlines()]


def is_whole(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


def numbers(said: list[list[str]], what: str) -> set[int]:
    return {int(number) for line in said if line[0] == what for number in line[1:]}


def test_every_report_the_spool_kept_survives_a_power_cut_and_no_number_is_given_twice(tmp_path: Path) -> None:
    events = record(tmp_path / "spool", SPOOL_WRITER, str(tmp_path / "spool"))
    assert b"packs 1\n" in b"".join(event.data for event in events if event.path == "out")
    most = 0
    for folder, said in cuts(events, SPOOL_CUTS, tmp_path):
        kept, let_go = numbers(said, "kept"), numbers(said, "let-go")
        spool = Spool.open(folder / "spool.db")
        found = {row.seq for row in spool.take(1000, 10**9)}
        following = spool.append(a_report())[1]
        spool.close()

        assert kept - let_go <= found
        assert following > max(kept, default=0)
        assert is_whole(folder / "spool.db")
        assert not kept or not (folder / "spool.db.damaged").exists()
        most = max(most, len(kept))
    assert most > 100


def test_what_the_collector_acknowledged_survives_a_power_cut_and_takes_effect_once(tmp_path: Path) -> None:
    events = record(tmp_path / "collector", COLLECTOR_WRITER, str(tmp_path / "collector"))
    most = 0
    for folder, said in cuts(events, COLLECTOR_CUTS, tmp_path):
        kept = numbers(said, "kept")
        log, store = ReportLog(folder), Store(folder)
        try:
            for consumer in (State(), History()):
                assert catch_up(consumer, log, store) >= applied(said, consumer.name)
        finally:
            log.close()
            store.close()

        assert is_whole(folder / "log.db")
        assert is_whole(folder / "ledger.db")
        assert compare(open_books(folder), {Identity(1, STREAM, seq) for seq in kept}).none
        most = max(most, len(kept))
    assert most > 40


def catch_up(consumer: Consumer, log: ReportLog, store: Store) -> int:
    """Apply what is left to apply; the position the consumer stood at before."""
    with store.read() as connection:
        position = consumers.position_of(connection, consumer.name)
    entries = log.read_from(position, 1000)
    store.write_sync(lambda connection: consumers.take(consumer, entries, NOW, connection))
    return position


def applied(said: list[list[str]], consumer: str) -> int:
    return max((int(line[2]) for line in said if line[:2] == ["applied", consumer]), default=0)


def test_the_cuts_find_a_program_that_promises_before_it_syncs(tmp_path: Path) -> None:
    events = record(tmp_path / "careless", CARELESS_WRITER, str(tmp_path / "careless"))
    broken = 0
    for folder, said in cuts(events, 40, tmp_path):
        kept = numbers(said, "kept")
        with closing(sqlite3.connect(folder / "spool.db")) as connection:
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            found = {row[0] for row in connection.execute("SELECT seq FROM report")} if tables else set()
        broken += not kept <= found
    assert broken > 10
