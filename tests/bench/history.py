"""What history takes on disk for one agent and day, and how long a quarter of one commune's intervals takes to read.

No peers: both are about our own files. An agent has 20 checks every 15 s; the quarter is read from a full province.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


from sansang_agent.contract.check import HttpCheck, IcmpCheck, Profile  # noqa: E402
from sansang_agent.contract.codec import encode, profile_hash  # noqa: E402
from sansang_agent.contract.outcome import Outcome, Reason  # noqa: E402
from sansang_agent.contract.report import Host, Nic, Report, Result, Sent, SpoolState, Why  # noqa: E402
from sansang_agent.contract.rung import Rung  # noqa: E402
from sansang_collector import agents, check_history, consumers, points, profiles_seen, rung_history  # noqa: E402
from sansang_collector.history import History  # noqa: E402
from sansang_collector.log import Arrival, ReportLog, Taken  # noqa: E402
from sansang_collector.running import RUNGS_PUT_OFF_S  # noqa: E402
from sansang_collector.store import Store  # noqa: E402
from tests.bench.measuring import machine, percentile, table  # noqa: E402

START = 1_795_000_200.0
DAY = 86_400
PERIOD = 15
CHECKS = 20
OUTAGES = 4
"""A day: of five minutes each, in which half the checks fail."""
COMMUNES, AGENTS, DAYS = 65, 3, 92
CHANGES = 8
"""Intervals a day of every check and rung: an outcome that changes every three hours, day and night."""
PROFILE = Profile(
    checks=(
        *(IcmpCheck(id=f"ping-{n}", rung=list(Rung)[n % 9], target=f"192.0.2.{n}") for n in range(CHECKS // 2)),
        *(HttpCheck(id=f"page-{n}", rung=Rung.SERVICE, target=f"https://{n}.example/") for n in range(CHECKS // 2)),
    )
)
HOST = Host(
    uptime_s=86_400, cpu=0.07, memory=0.61, disk_free_bytes=51_200_000_000, nics=(Nic(name="Ethernet", up=True),),
    gateways=("192.168.1.1",), dns=("192.168.1.1",),
)  # fmt: skip


def result(check: str, failing: bool, chance: random.Random) -> Result:
    """A train or a page, with the numbers a real one has."""
    at = -chance.randrange(15_000)
    if failing:
        return Result(check=check, at=at, outcome=Outcome.FAILED, reason=Reason.TIMEOUT, detail="no answer within 2 s")
    if check.startswith("ping"):
        trips = sorted(round(chance.lognormvariate(2.5, 0.3), 3) for _ in range(4))
        rtt = (trips[0], trips[1], trips[2], trips[3])
        return Result(check=check, at=at, outcome=Outcome.OK, sent=5, lost=0, rtt_ms=rtt, jitter_ms=0.4)
    phases = {
        name: round(chance.lognormvariate(2.5, 0.5), 3)
        for name in ("resolve", "connect", "tls", "first_byte", "transfer")
    }
    return Result(check=check, at=at, outcome=Outcome.OK, phases_ms=phases, status=200, cert_expiry=START + 90 * DAY)


def arrivals(hours: float) -> Iterator[Arrival]:
    """The live reports of one agent."""
    chance = random.Random(7)
    for seq in range(1, int(hours * 3600 / PERIOD) + 1):
        offset = seq * PERIOD
        away = offset % (DAY // OUTAGES) < 300
        results = tuple(result(check.id, away and place % 2 == 0, chance) for place, check in enumerate(PROFILE.checks))
        report = Report(
            stream="0" * 32, seq=seq, boot="boot-1", mono=1000.0 + offset, wall=START + offset, why=Why.PERIODIC,
            version="0.3.0", config=profile_hash(PROFILE), host=HOST, results=results,
        )  # fmt: skip
        body = encode(report)
        sent = Sent(boot="boot-1", mono=1000.1 + offset, wall=START + offset)
        yield Arrival(1, START + offset + 0.1, sent, SpoolState(rows=1), (Taken(0, report, body),))


def sizes(path: Path) -> dict[str, int]:
    """Bytes by table, its indexes included."""
    query = "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name"
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute(query).fetchall())


def disk(folder: Path, hours: float) -> str:
    """Play an agent's day through the real log and the real consumer; a table of what it takes."""
    store, log, history = Store(folder), ReportLog(folder), History(RUNGS_PUT_OFF_S)
    store.write_sync(lambda it: agents.register(it, "05983", "pc-1", START))
    store.write_sync(lambda it: profiles_seen.keep(it, {profile_hash(PROFILE): PROFILE}, START))
    empty = sizes(folder / "log.db") | sizes(folder / "ledger.db")
    spent, wire = 0.0, 0
    for number, arrival in enumerate(arrivals(hours), start=1):
        done = log.append(arrival)
        wire += len(arrival.reports[0].body)
        if number % 20 == 0:
            done.result()
            entries = log.read_from(number - 20, 20)
            began = time.process_time()
            for entry in entries:  # one at a time, as live ones come
                store.write_sync(lambda it, entry=entry: consumers.take(history, [entry], entry.received, it))  # type: ignore[misc]
            spent += time.process_time() - began
    log.close()
    store.close()
    full = sizes(folder / "log.db") | sizes(folder / "ledger.db")
    took = {name: (size - empty.get(name, 0)) * 24 / hours for name, size in full.items()}
    rows = [
        ("raw reports (log.db), 7 days", took["report"] + took["envelope"]),
        ("  of which the reports' own bytes", wire * 24 / hours),
        ("single results, 7 days", took["bundle"]),
        ("chunks, 400 days", took["chunk"]),
        ("intervals of checks and rungs, 5 years", took["interval"] + took["rung_interval"]),
    ]
    said = table(("what, kept for", "MB per agent and day"), [(name, f"{size / 1e6:.2f}") for name, size in rows])
    return f"{said}\n\nThe history consumer took {spent / number * 1e3:.2f} ms of CPU a report, one transaction each."


def fill(folder: Path, communes: int = COMMUNES, days: int = DAYS) -> None:
    """Intervals of a province over a quarter; of checks for one commune in five, which is enough to be in the way."""
    Store(folder).close()
    step = DAY * 1000 // CHANGES
    first = round(START * 1000)
    stretches = [(first + n * step, first + (n + 1) * step - 15_000, n % 8 == 0) for n in range(days * CHANGES)]
    with closing(sqlite3.connect(folder / "ledger.db")) as connection, connection:
        for commune in range(communes):
            code = f"{6000 + commune:05}"
            for rung in Rung:
                connection.executemany(
                    "INSERT INTO rung_interval (commune, rung, first_ms, last_ms, light, late, revision, made_at)"
                    " VALUES (?, ?, ?, ?, ?, 0, 1, 0)",
                    [(code, rung, begin, end, "failed" if bad else "ok") for begin, end, bad in stretches],
                )
            for number in range(AGENTS if commune % 5 == 0 else 0):
                agent = commune * AGENTS + number + 1
                connection.execute(
                    "INSERT INTO agent (id, commune, name, created_at) VALUES (?, ?, ?, 0)",
                    (agent, code, f"pc-{number}"),
                )
                for check in PROFILE.checks:
                    row = (agent, check.id, check.rung, PERIOD)
                    series = connection.execute(
                        'INSERT INTO series (agent, "check", rung, period) VALUES (?, ?, ?, ?)', row
                    ).lastrowid
                    connection.executemany(
                        "INSERT INTO interval (series, first_ms, last_ms, outcome, reason, late, revision, made_at)"
                        " VALUES (?, ?, ?, ?, ?, 0, 1, 0)",
                        [(series, a, b, *(("failed", "timeout") if bad else ("ok", None))) for a, b, bad in stretches],
                    )


def reading(folder: Path, repeats: int, communes: int = COMMUNES) -> str:
    """How long a quarter of the commune in the middle takes: its rungs, one check, all checks of its machines."""
    store = Store(folder)
    code = f"{6000 + communes // 10 * 5:05}"
    first, last = round(START * 1000), round((START + DAYS * DAY) * 1000)
    with store.read() as connection:
        query = 'SELECT s.id FROM series s JOIN agent a ON a.id = s.agent WHERE a.commune = ? ORDER BY a.id, s."check"'
        series = list(connection.exec_driver_sql(query, (code,)).scalars())
    rows = []
    for name, asked, of_rungs in (
        ("all nine rungs of the commune", list(Rung), True),
        ("one rung", [Rung.LINE], True),
        ("one check of one machine", series[:1], False),
        (f"all {len(series)} checks of its {AGENTS} machines", series, False),
    ):
        times, count = [], 0
        for _ in range(repeats):
            began = time.perf_counter()
            with store.read() as connection:
                if of_rungs:
                    count = sum(len(rung_history.current(connection, code, str(rung), first, last)) for rung in asked)
                else:
                    found = check_history.current_of_all(connection, [int(one) for one in asked], first, last, {})
                    count = sum(len(intervals) for intervals in found.values())
            times.append((time.perf_counter() - began) * 1e3)
        rows.append((name, str(count), f"{percentile(times, 0.5):.1f}", f"{max(times):.1f}"))
    store.close()
    return table(("a quarter of", "intervals", "median ms", "worst ms"), rows)


def curve(folder: Path, hours: float) -> str:
    """How long the points of one check take, over the time that was played."""
    store = Store(folder)
    began = time.perf_counter()
    with store.read() as connection:
        found = points.read(connection, 1, PROFILE.checks[0].id, START, START + hours * 3600, 300)
    spent = (time.perf_counter() - began) * 1e3
    store.close()
    return f"The {len(found)} points of one check over {hours:g} h came in {spent:.1f} ms."


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hours", type=float, default=24.0, help="how much of a day is played (default 24)")
    options.add_argument("--repeats", type=int, default=20, help="readings of each kind (default 20)")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        day, quarter = Path(name) / "day", Path(name) / "quarter"
        print(machine(), disk(day, asked.hours), curve(day, asked.hours), sep="\n\n", flush=True)
        fill(quarter)
        print("", reading(quarter, asked.repeats), sep="\n")


if __name__ == "__main__":
    main()
