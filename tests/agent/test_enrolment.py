"""What an enrolment leaves on disk: whole or not at all, secrets for one user's eyes, and what goes before the file."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sansang_agent import assignment_file, enrolment
from sansang_agent.config import AgentConfig, CollectorConfig, Commune
from sansang_agent.contract import whole_file
from sansang_agent.contract.check import Profile
from sansang_agent.enrolment import Draft, EnrolmentError, Found, followed, in_use, part, read
from sansang_agent.spool import FILE, Spool
from tests.agent.test_spool import a_report
from tests.support.fake_centre import joined

URL = "https://sansang.example.org"


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Modes must not depend on who called us."""
    before = os.umask(0)
    yield
    os.umask(before)


def enrolled(folder: Path, number: int = 7, *, ca: str = "", again: bool = False, url: str = URL) -> Found:
    return Draft.begin(folder).keep(url, joined(number), ca, again=again)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_what_was_kept_is_read_and_nothing_else_lies_about(tmp_path: Path) -> None:
    made = enrolled(tmp_path / "data", ca="PEM")

    assert read(tmp_path / "data") == made
    assert (made.enrolment.commune, made.enrolment.commune_name, made.enrolment.name) == (
        "05983",
        "Xã Vân Nham",
        "quay-7",
    )
    mark = made.enrolment.mark
    names = ["ca.pem", "report.key", "token"]
    assert list(everything(tmp_path / "data")) == sorted(
        [*(f"enrolment/{mark}/{name}" for name in names), "enrolment/enrolment.json"]
    )
    assert made.token_file.read_text() == joined().token
    assert Path(made.ca_file).read_text() == "PEM"


@pytest.mark.needs("linux")
def test_secrets_are_for_one_user_s_eyes_and_the_rest_for_everyone_s(tmp_path: Path) -> None:
    made = enrolled(tmp_path, ca="PEM")

    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "enrolment").rglob("*")}
    own = made.token_file.parent
    assert modes == {
        own: 0o700,
        **{own / name: 0o600 for name in ("token", "report.key", "ca.pem")},
        tmp_path / "enrolment" / "enrolment.json": 0o644,
    }
    shown = (tmp_path / "enrolment" / "enrolment.json").read_text(encoding="utf-8")
    assert joined().token not in shown
    assert joined().report_key not in shown
    assert "Xã Vân Nham" in shown


def test_nothing_that_says_who_a_machine_is_shows_its_secrets(tmp_path: Path) -> None:
    for said in (repr(joined()), repr(enrolled(tmp_path)), str(enrolled(tmp_path))):
        assert joined().token not in said
        assert joined().report_key not in said


def test_enrolled_again_a_machine_keeps_nothing_of_the_time_before(tmp_path: Path) -> None:
    first = enrolled(tmp_path)
    assignment_file.keep(tmp_path, URL, b"{}")
    enrolment.claim(tmp_path, URL)
    second = enrolled(tmp_path, 8, again=True)

    assert read(tmp_path) == second
    assert not first.token_file.parent.exists()
    assert not (tmp_path / assignment_file.FILE).exists()
    assert not (tmp_path / "enrolment" / "claim").exists()


@pytest.mark.parametrize("broken", ["token", "report.key", "ca.pem", "enrolment.json"])
def test_an_enrolment_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    before = enrolled(tmp_path)
    there = everything(tmp_path)
    write = whole_file.write

    def full(path: Path, content: bytes, mode: int) -> None:
        if path.name == broken:
            raise OSError(28, "No space left on device")
        write(path, content, mode)

    monkeypatch.setattr(whole_file, "write", full)
    draft = Draft.begin(tmp_path)
    with pytest.raises(OSError, match="No space"):
        draft.keep(URL, joined(8), "PEM", again=True)
    draft.end()

    assert read(tmp_path) == before
    assert everything(tmp_path) == there


@pytest.mark.needs("small-disk")
def test_a_full_disk_is_noticed_before_anything_is_asked(tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "sansang-full", str(tmp_path)], check=True)
    try:
        with pytest.raises(OSError, match="No space"):
            Draft.begin(tmp_path / "data")
        assert everything(tmp_path) == {}
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_file_is_replaced_whole_or_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    whole_file.write(file, b"old", whole_file.SECRET)

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        whole_file.write(file, b"new", whole_file.SECRET)

    assert everything(tmp_path) == {"token": b"old"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"url": "x"}'])
def test_a_file_that_is_no_enrolment_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    enrolled(tmp_path)
    (tmp_path / "enrolment" / "enrolment.json").write_bytes(content)

    with pytest.raises(EnrolmentError, match="is not what was written"):
        read(tmp_path)


@pytest.mark.parametrize("mark", ["../../etc", "", "a" * 15, "a" * 16 + "\n"])
def test_a_mark_leads_nowhere_else(tmp_path: Path, mark: str) -> None:
    made = enrolled(tmp_path)
    odd = msgspec.structs.replace(made.enrolment, mark=mark)
    (tmp_path / "enrolment" / "enrolment.json").write_bytes(msgspec.json.encode(odd))

    with pytest.raises(EnrolmentError):
        read(tmp_path)


def test_without_one_there_is_none(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere") is None
    (tmp_path / "enrolment").write_text("a file")
    assert read(tmp_path) is None


def test_the_file_goes_before_the_enrolment_and_the_enrolment_fills_in(tmp_path: Path) -> None:
    found = enrolled(tmp_path, ca="PEM")
    plain = AgentConfig(data_dir=str(tmp_path))

    config = followed(plain, found)
    assert config.collector == CollectorConfig(url=URL, token_file=str(found.token_file), ca=found.ca_file)
    assert config.commune == Commune(code="05983", name="Xã Vân Nham")
    assert in_use(config) == found

    collector = CollectorConfig(url="https://other.example", token_file="t")
    own = AgentConfig(data_dir=str(tmp_path), collector=collector)
    assert followed(own, found) == own
    assert in_use(own) is None
    named = Commune(code="05986", name="Xã khác")
    assert followed(AgentConfig(commune=named), found).commune == named
    assert followed(plain, None) == plain


def test_a_new_token_takes_the_old_one_s_place(tmp_path: Path) -> None:
    found = enrolled(tmp_path)
    enrolment.keep_token(found, "another")

    assert found.token_file.read_text() == "another"
    if sys.platform != "win32":
        assert stat.S_IMODE(found.token_file.stat().st_mode) == 0o600


def test_a_claim_stays_until_it_is_decided_and_belongs_to_one_collector(tmp_path: Path) -> None:
    Draft.begin(tmp_path)
    first = enrolment.claim(tmp_path, URL)

    assert len(first) == 43
    assert enrolment.claim(tmp_path, URL) == first
    assert enrolment.claim(tmp_path, "https://other.example") != first
    second = enrolment.claim(tmp_path, URL)
    (tmp_path / "enrolment" / "claim").write_bytes(b"damaged")
    assert enrolment.claim(tmp_path, URL) not in (first, second)
    enrolment.forget_claim(tmp_path)
    enrolment.forget_claim(tmp_path)
    assert not (tmp_path / "enrolment" / "claim").exists()


def test_a_copied_spool_parts_once_and_what_waits_in_it_is_still_told(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / FILE)
    spool.append(a_report(1.0))
    before = spool.stream
    part(spool, enrolled(tmp_path))
    assert spool.stream == before, "a first enrolment sends what was measured before it"

    again = enrolled(tmp_path, 8, again=True)
    part(spool, again)
    parted = spool.stream
    part(spool, again)
    spool.append(a_report(2.0))

    assert parted != before
    assert [(row.stream, row.seq) for row in spool.take(9, 10**6)] == [(parted, 1), (before, 1)]
    spool.close()
    reopened = Spool.open(tmp_path / FILE)
    part(reopened, again)
    assert reopened.stream == parted
    part(reopened, enrolled(tmp_path, 9, again=True))
    assert reopened.stream not in (parted, before)
    reopened.close()


def test_a_profile_of_the_file_s_own_does_not_keep_a_machine_from_its_centre(tmp_path: Path) -> None:
    config = followed(AgentConfig(data_dir=str(tmp_path), profile=Profile()), enrolled(tmp_path))

    assert config.collector is not None
    assert not config.follows_centre
