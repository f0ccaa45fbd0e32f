"""Holds the benches' own instruments, and runs the shortest form of one; no measured figure is asserted."""

import json
import os
import time
from pathlib import Path

import msgspec
import pytest

from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.report import Envelope, Report
from sansang_collector import records
from tests.bench import icmp_error, ingest, ingest_load, measuring


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]

    assert [measuring.percentile(values, share) for share in (0, 0.2, 0.5, 0.9, 1)] == [1, 1, 3, 5, 5]


def test_the_meter_counts_processor_time_and_not_waiting() -> None:
    meter = measuring.CpuMeter(os.getpid())
    before = meter.seconds()
    spent = time.thread_time()
    while time.thread_time() - spent < 0.05:
        pass

    assert 0.05 <= meter.seconds() - before < 5


def test_a_table_is_markdown() -> None:
    assert measuring.table(("what", "µs"), [("ours", 3)]) == "| what | µs |\n|---|--:|\n| ours | 3 |"


def test_an_error_is_told_minus_held_of_the_very_same_packet() -> None:
    run = icmp_error.compare({"a": [20.5, None], "b": [21.0]}, {"a": [20.0, 20.0], "b": [20.5]})

    assert (run.errors, run.lost) == ([500.0, 500.0], 1)


def test_the_responders_log_is_read_in_order_of_coming(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("10.95.1.1 20000000\n10.95.1.2 20500000\n10.95.1.1 20100000\n", encoding="ascii")

    assert icmp_error.held(log) == {"10.95.1.1": [20.0, 20.1], "10.95.1.2": [20.5]}


@pytest.mark.needs("linux", "root", "netns", "gcc", "tun")
def test_the_icmp_bench_measures_our_own_trains() -> None:
    shown = icmp_error.measure(["sansang"], [5], 10, 1).splitlines()

    assert shown[2].startswith("| sansang | 5 | 10 | 0 |")


def test_the_load_is_what_the_collector_takes() -> None:
    name = profile_hash(ingest.PROFILE)
    plan = {"tokens": ["secret"], "config": name, "first": 0, "within_ms": 1_500}
    plan |= {"profiles": {name: msgspec.to_builtins(ingest.PROFILE)}}
    body = ingest_load.Reports(plan).body(0, 3)
    taken, refused = records.sort_out(records.open_envelope(body))

    assert (len(taken), refused) == (1, [])
    assert (taken[0].report.seq, len(taken[0].report.results)) == (4, 20)
    assert list(msgspec.json.decode(body, type=Envelope).profiles.values()) == [ingest.PROFILE]


def test_both_kinds_of_load_carry_the_same_115_numbers() -> None:
    found = ingest_load.results(0)
    report = msgspec.convert(
        {"stream": "0" * 32, "seq": 1, "boot": "b", "mono": 1.0, "wall": 1.0, "why": "periodic", "results": found},
        Report,
    )
    numbers = [value for *_, value in ingest_load.samples(json.loads(json.dumps(found)))]
    carried = sum(1 + (result.sent is not None) * 7 + len(result.phases_ms or ()) for result in report.results)

    assert len(numbers) == carried == 115


def test_a_remote_write_sample_is_laid_out_as_its_protocol_buffer_says() -> None:
    labels = ingest_load._labels(7, "probe_success", "tcp-1", "")

    assert labels.startswith(b"\x0a\x19\x0a\x08__name__\x12\x0dprobe_success\x0a")
    assert ingest_load._varint(300) == b"\xac\x02"
