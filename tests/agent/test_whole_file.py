"""Small files that matter: whole or as they were, their owner's alone, and made once where only one may make them."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sansang_agent.contract import whole_file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that does not take what is written."""

    def fsync(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)


def test_what_is_there_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    for content in (b"old", b"new"):
        whole_file.write(tmp_path / "key", content)

    assert (tmp_path / "key").read_bytes() == b"new"
    assert names(tmp_path) == ["key"]


def test_what_cannot_be_written_leaves_all_as_it_was(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    whole_file.write(tmp_path / "key", b"old")
    request.getfixturevalue("broken")
    for act in (whole_file.write, whole_file.write_placed, whole_file.make):
        with pytest.raises(OSError, match="Input/output"):
            act(tmp_path / "key", b"new")

    assert (tmp_path / "key").read_bytes() == b"old"
    assert names(tmp_path) == ["key"]


@pytest.mark.needs("linux")
@pytest.mark.parametrize("mask", [0o000, 0o777])
def test_a_secret_is_its_owners_alone_whatever_the_umask_is(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        whole_file.write(tmp_path / "secret", b"1")
        whole_file.make(tmp_path / "made", b"1")
        whole_file.write(tmp_path / "shown", b"1", whole_file.PUBLIC)
    finally:
        os.umask(before)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"secret": 0o600, "made": 0o600, "shown": 0o644}


@pytest.mark.needs("linux")
def test_a_folder_that_is_missing_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    whole_file.write_placed(tmp_path / "tokens" / "read", b"1")
    whole_file.make(tmp_path / "data" / "link.key", b"1")

    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o700}


def test_of_many_who_make_a_secret_one_does_and_the_others_are_told(tmp_path: Path) -> None:
    path = tmp_path / "link.key"
    with ThreadPoolExecutor(8) as many:
        made = list(many.map(lambda number: whole_file.make(path, b"%d" % number), range(8)))

    assert made.count(True) == 1
    assert path.read_bytes() == b"%d" % made.index(True)
    assert names(tmp_path) == ["link.key"]
