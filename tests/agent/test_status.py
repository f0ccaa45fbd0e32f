"""The status file: read as it was written, by everyone, never half, and its age is known."""

import logging
import stat
from pathlib import Path

import pytest

from sansang_agent import status
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Result, SpoolState
from sansang_agent.status import CheckStatus, Status, newest, write

SAID = Status(
    pid=7,
    version="0.1.0",
    started=1000.0,
    written=2000.0,
    period=15.0,
    config="c" * 32,
    last_contact=1990.0,
    last_error="đường truyền",
    spool=SpoolState(rows=3, oldest=1500.0, bytes=99, dropped=((1, 4),)),
    clock_skew_s=-0.2,
    results={"gw": CheckStatus(result=Result(check="gw", outcome=Outcome.OK), wall=1999.0, since=1000.0)},
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    status.write(tmp_path, SAID)

    assert status.read(tmp_path) == SAID


def test_everyone_may_read_it_and_no_draft_stays(tmp_path: Path) -> None:
    status.write(tmp_path, SAID)
    status.write(tmp_path, SAID)

    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]
    assert stat.S_IMODE((tmp_path / "status.json").stat().st_mode) == 0o644


def test_where_no_agent_ever_ran_there_is_none(tmp_path: Path) -> None:
    assert status.read(tmp_path) is None


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"{}"])
def test_a_file_that_is_no_status_is_none_and_in_the_log(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "status.json").write_bytes(content)

    with caplog.at_level(logging.WARNING):
        assert status.read(tmp_path) is None

    assert "cannot be used" in caplog.text


def test_its_age_tells_whether_the_agent_still_lives() -> None:
    assert SAID.age(2010.0) == 10.0
    assert not SAID.is_stale(2045.0)
    assert SAID.is_stale(2051.0)
    assert SAID.is_stale(1900.0), "a clock set back leaves the age unknown"


def test_the_newest_word_counts_wherever_it_lies(tmp_path: Path) -> None:
    service, own = tmp_path / "service", tmp_path / "own"
    for folder, pid, written in ((own, 1, 100.0), (service, 2, 200.0)):
        folder.mkdir()
        write(folder, Status(pid=pid, version="1", started=0.0, written=written, period=15.0, config="c"))

    found = newest([own, service, tmp_path / "nowhere"])

    assert found is not None
    assert found.pid == 2
    assert newest([tmp_path / "nowhere"]) is None
