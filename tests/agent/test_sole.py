"""One running agent per data folder, whatever became of the one before."""

import subprocess
import sys
from pathlib import Path

import pytest

from sansang_agent import cli
from sansang_agent.sole import AlreadyRunningError, sole

HOLD = """
import pathlib, sys
from sansang_agent.sole import sole
with sole(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    input()
"""


def test_a_second_agent_on_the_same_folder_is_refused_and_one_elsewhere_is_not(tmp_path: Path) -> None:
    with sole(tmp_path / "here"), sole(tmp_path / "there"), pytest.raises(AlreadyRunningError), sole(tmp_path / "here"):
        pass


def test_a_killed_agent_leaves_no_lock_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunningError), sole(tmp_path):
            pass
        other.kill()
        other.wait()

    with sole(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with sole(tmp_path / "file" / "folder"):
        pass


def test_the_command_says_in_one_sentence_that_an_agent_runs_already(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "agent.yml"
    config.write_text(f"data_dir: {tmp_path / 'data'}\n", encoding="utf-8")
    with sole(tmp_path / "data"):
        code = cli.answer(["run", "--config", str(config)])

    assert code == 3
    assert capsys.readouterr().err == (
        f"Chương trình giám sát đã chạy sẵn trên máy này (dữ liệu ở {tmp_path / 'data'}).\n"
    )
