"""``sansang-collector simulate`` as its user sees it: its own collector, a running one, Ctrl-C, what it cannot do."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sansang_collector import cli
from sansang_collector.simulation import LABEL
from tests.support.collector_process import CollectorProcess, running_collector

SMALL = ("--communes", "3", "--agents", "2", "--lang", "en")


class Simulating:
    """A simulation in a process of its own, and what it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line

    def until(self, text: str) -> None:
        deadline = time.monotonic() + 60
        while text not in self.said:
            assert time.monotonic() < deadline, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.05)

    def end(self) -> int:
        status = self.process.wait(timeout=60)
        self._reader.join(10)
        return status


@contextmanager
def simulating(*options: str) -> Iterator[Simulating]:
    command = [sys.executable, "-m", "sansang_collector", "simulate", *SMALL, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Simulating(process)
        finally:
            if process.poll() is None:
                process.kill()


def valid_tokens(collector: CollectorProcess) -> list[str]:
    """What ``token list`` shows as valid, but for those this test made itself."""
    listed = collector.run("token", "list", "--data", str(collector.data), "--lang", "en").splitlines()
    return [line for line in listed if " valid " in line and not line.endswith(("read", "admin"))]


def test_a_simulation_with_its_own_clock_tells_what_it_did_and_leaves_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start = ("--start", "2026-06-26T09:00", "--speed", "max", "--for", "2m", "--listen", "127.0.0.1:0")
    status = cli.main(["simulate", *SMALL, *start, "--fault", "core@09:00+1m", "--fault", "core@23:00"])
    said = capfd.readouterr().out

    assert status == 0
    assert said.startswith(f"{LABEL}: 6 machines in 3 communes from 2026-06-26 09:00 on.")
    assert "/login/" in said
    assert " 0 refused" in said
    assert "core=down@09:00+1m: hit" in said
    assert "core=down@23:00: hit nobody." in said
    assert "Until 2026-06-26 09:02" in said


def test_a_running_collector_shows_the_simulation_and_keeps_no_valid_token_of_it(tmp_path: Path) -> None:
    with running_collector(tmp_path) as collector, collector.client("read") as reader:
        with simulating("--collector", collector.url, "--data", str(tmp_path)) as run:
            run.until("Ctrl-C")
            shown = reader.get("/api/v1/agents").json()
            during = valid_tokens(collector)
            run.process.send_signal(signal.SIGINT)
            run.process.send_signal(signal.SIGINT)
            status = run.end()
        after = valid_tokens(collector)
        listed = collector.run("token", "list", "--data", str(tmp_path), "--lang", "en")

    assert shown["total"] == 6
    assert len([line for line in during if " agent " in line]) == 6
    assert (status, after) == (0, []), run.said
    assert " 0 refused" in run.said
    assert "Traceback" not in run.said
    assert not [line for line in listed.splitlines() if "simulation" in line and " valid " in line]


def test_what_a_killed_simulation_left_is_taken_back_by_the_next(tmp_path: Path) -> None:
    with running_collector(tmp_path) as collector:
        (tmp_path / "admin").write_text(collector.token("admin"), encoding="utf-8")
        reach = ("--collector", collector.url, "--token-file", str(tmp_path / "admin"))
        with simulating(*reach) as run:
            run.until("Ctrl-C")
            run.process.kill()
            run.end()
        left = valid_tokens(collector)
        with simulating(*reach, "--for", "1s") as again:
            status = again.end()

        assert len(left) == 6
        assert (status, valid_tokens(collector)) == (0, [])


def test_a_collector_that_went_away_is_told_with_what_could_not_be_taken_back(tmp_path: Path) -> None:
    reach = ("--data", str(tmp_path))
    with running_collector(tmp_path) as collector, simulating("--collector", collector.url, *reach) as run:
        run.until("Ctrl-C")
        collector.stop()
        run.process.send_signal(signal.SIGTERM)
        status = run.end()

    assert status == 1
    assert "could not be taken back" in run.said
    assert "Traceback" not in run.said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--start", "09:00", "--collector", "http://127.0.0.1:1"), "bring a collector of their own"),
        (("--listen", "127.0.0.1:0"), "--listen is for a collector of the simulation's own"),
        (("--speed", "2", "--communes", "66"), "Lạng Sơn has 65 communes."),
        (("--province", "Lạng Sươn", "--speed", "2"), "There is no province 'Lạng Sươn'."),
        (("--speed", "2", "--fault", "ring:vi-du-vong-9@09:00"), "part called 'ring:vi-du-vong-9'. Did you mean"),
        (("--speed", "2", "--fault", "ring"), "'ring' is no fault; it is written as ring:"),
        (("--collector", "http://192.0.2.1:9640"), "plain HTTP to this machine only"),
        (("--collector", "9640"), "is no http:// or https:// address"),
        ((), "There is no collector in"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_nothing_begins(
    options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main(["simulate", "--agents", "1", "--lang", "en", "--data", str(tmp_path / "none"), *options])
    printed = capsys.readouterr()

    assert status in (1, 2)
    assert said in printed.err
    assert "Traceback" not in printed.err
    assert not (tmp_path / "none" / "ledger.db").exists()


def test_a_folder_that_holds_a_collectors_files_is_no_place_for_simulated_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ledger.db").touch()
    status = cli.main(["simulate", *SMALL, "--speed", "2", "--data", str(tmp_path)])

    assert status == 2
    assert "must not mix" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [("--speed", "0"), ("--speed", "fast"), ("--speed", "nan"), ("--for", "8"), ("--start", "yesterday"),
     ("--agents", "0"), ("--communes", "-1"), ("--listen", "9640")],
)  # fmt: skip
def test_a_mistyped_option_is_said_with_what_is_wanted(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["simulate", *SMALL, option, value])

    assert f"'{value}'" in capsys.readouterr().err
