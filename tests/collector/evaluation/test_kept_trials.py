"""``evaluate --keep FILE``: what was played is not played again, whatever ended the program before."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sansang_collector import cli
from sansang_collector.evaluation.running import Trial, Wanted, trials

ASKED = ["evaluate", "--only", "svc_tcp", "--communes", "8", "--seed", "3", "--lang", "en"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trials.jsonl"


def table(file: Path, capsys: pytest.CaptureFixture[str], *more: str, faults: int = 1) -> str:
    assert cli.main([*ASKED, "--faults", str(faults), "--keep", str(file), *more]) == 0
    return capsys.readouterr().out


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def test_a_trial_that_was_kept_is_not_played_again(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = table(file, capsys)
    kept = lines(file)

    assert len(kept) == 1
    assert table(file, capsys) == before  # to the microsecond that its looks took
    assert lines(file) == kept


def test_more_trials_of_the_same_are_added_to_those_there_are(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table(file, capsys)
    kept = lines(file)

    assert "| svc_tcp | engine | 2 |" in table(file, capsys, faults=2)
    assert lines(file)[:1] == kept
    assert len(lines(file)) == 2
    assert "| svc_tcp | engine | 1 |" in table(file, capsys)


def test_a_line_that_was_cut_off_is_taken_out_and_played_again(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table(file, capsys)
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2])

    table(file, capsys, faults=2)

    assert file.read_bytes().startswith(whole)
    assert len(lines(file)) == 2


def test_trials_of_another_version_or_seed_do_not_count(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table(file, capsys)
    file.write_text(re.sub(r'"version":"[^"]+"', '"version":"0.0.1"', file.read_text("utf-8")), encoding="utf-8")

    assert cli.main([*ASKED, "--faults", "1", "--keep", str(file)]) == 0
    assert "another version of this program kept are played again: 1." in capsys.readouterr().err
    assert len(lines(file)) == 2

    table(file, capsys, "--seed", "4")
    assert len(lines(file)) == 3


@pytest.mark.parametrize("content", ["name,value\n1,2\n", '{"version":"1"}\n', "no line of its own"])
def test_a_file_of_something_else_is_named_and_left_alone(
    file: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(content, encoding="utf-8")

    assert cli.main([*ASKED, "--keep", str(file)]) == 1
    assert f"{file}, line 1: this is no trial that was kept" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == content


def test_a_file_that_cannot_be_written_is_said_before_anything_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*ASKED, "--keep", str(tmp_path / "nowhere" / "trials.jsonl")]) == 1
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="there nobody can be asked to end")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_is_stopped_in_the_middle_has_kept_what_was_played(file: Path, jobs: str) -> None:
    command = [
        sys.executable,
        "-m",
        "sansang_collector",
        *ASKED,
        "--faults",
        "5000",
        "--jobs",
        jobs,
        "--keep",
        str(file),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not (file.exists() and lines(file)) and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        told = process.communicate(timeout=30)[1]

    assert process.returncode == 130
    assert re.search(r"Stopped; trials played: \d+ of 5000\. The same command goes on from there\.", told), told
    assert "Traceback" not in told


def test_the_first_trial_of_every_row_comes_before_the_second_of_any() -> None:
    asked = trials(Wanted(["ring", "office day 10 % late", "closing hour unlearned"], 3, faults=2, days=8))

    assert asked[:3] == [Trial("ring", 0), Trial("office day 10 % late", 0), Trial("closing hour unlearned", 0)]
    assert [sum(one.row == row for one in asked) for row in ("ring", "office day 10 % late")] == [2, 2]
