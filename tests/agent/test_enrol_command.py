"""``sansang enrol`` as a person meets it: what is said in either language, what stays, and how it ends."""

import asyncio
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sansang_agent import cli, enrolment, status
from sansang_agent.contract import joining
from sansang_agent.enrolment import Draft, read
from sansang_agent.hindrance import Hindrance
from sansang_agent.status import Status
from tests.support.fake_centre import CODE, SECRETS, WRITTEN, FakeCentre, joined
from tests.support.fake_collector import FakeCollector, Reply, problem

Capsys = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def nobody_configured_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANSANG_CONFIG", str(tmp_path / "agent.yml"))
    monkeypatch.setenv("SANSANG_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "agent.yml").write_text("language: en\n", encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def sansang(*arguments: str) -> int:
    return await asyncio.to_thread(cli.answer, arguments)


async def test_a_code_enrols_this_computer_and_every_command_knows_it(data: Path, capsys: Capsys) -> None:
    async with FakeCollector(FakeCentre()) as collector:
        assert await sansang("enrol", WRITTEN.lower(), "--collector", collector.url) == 0

        said = capsys.readouterr()
        enrolled = f"This computer is enrolled as “quay-7” of Xã Vân Nham 05983 at {collector.url}."
        assert said.out.splitlines() == [
            enrolled,
            "The monitoring program does not run yet: start its service, or “sansang run”.",
        ]
        assert said.err == ""
        await sansang("report")
        assert "Nothing has been checked here yet" in capsys.readouterr().out
        status.write(data, an_agent(collector=collector.url))
        await sansang("status")
        assert enrolled in capsys.readouterr().out
        await sansang("status", "--lang", "vi")
        assert f"Máy này đã ghi danh: “quay-7”, Xã Vân Nham 05983, tại {collector.url}." in capsys.readouterr().out


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def an_agent(**more: object) -> Status:
    now = time.time()
    made = {"pid": 1, "version": "1", "started": now, "written": now, "period": 15.0, "config": "c" * 32}
    return Status(**(made | more))  # type: ignore[arg-type]


@pytest.mark.parametrize("hindrance", list(Hindrance))
def test_what_a_person_can_do_something_about_is_said_in_both_languages(
    hindrance: Hindrance, data: Path, capsys: Capsys
) -> None:
    Draft.begin(data).keep("https://c.example", joined(), "", again=False)
    status.write(data, an_agent(collector="https://c.example", last_error="in English", hindrance=hindrance))

    said = []
    for language in ("en", "vi"):
        assert cli.answer(["status", "--lang", language]) == 1
        said.append(capsys.readouterr().out.splitlines())
    english, vietnamese = said
    assert len(english) == len(vietnamese)
    assert english[3] != vietnamese[3]
    by_enrolling = "sansang enrol CODE --collector https://c.example --again"
    assert (by_enrolling in english[4]) == (by_enrolling in vietnamese[4])
    assert (by_enrolling in english[4]) == (hindrance in ("revoked", "clone", "token"))


def test_a_machine_whose_file_names_its_token_is_not_told_to_enrol(tmp_path: Path, data: Path, capsys: Capsys) -> None:
    (tmp_path / "token").touch(mode=0o600)
    (tmp_path / "agent.yml").write_text("collector: {url: 'https://c.example', token_file: token}\n", encoding="utf-8")
    data.mkdir()
    status.write(data, an_agent(collector="https://c.example", last_error="401", hindrance=Hindrance.REVOKED))

    cli.answer(["status", "--lang", "en"])
    shown = capsys.readouterr().out
    assert "was removed at the centre" in shown
    assert "for a new token, and put it into the file that the configuration names." in shown
    assert "sansang enrol" not in shown


def test_a_cause_that_this_version_does_not_know_is_left_out(data: Path, capsys: Capsys) -> None:
    data.mkdir()
    status.write(data, an_agent(collector="https://c.example", last_error="new", hindrance="unheard_of"))

    assert cli.answer(["status"]) == 1
    assert "(new)." in capsys.readouterr().out


def test_a_token_that_cannot_be_kept_is_said_and_is_something_to_look_at(data: Path, capsys: Capsys) -> None:
    data.mkdir()
    good = an_agent(collector="https://c.example", last_contact=time.time(), token_error="No space left on device")
    status.write(data, good)

    assert cli.answer(["status"]) == 1
    assert "Không lưu được mã truy cập mới của trung tâm" not in capsys.readouterr().out
    assert cli.answer(["status", "--lang", "vi"]) == 1
    assert "Không lưu được mã truy cập mới của trung tâm vào ổ đĩa, nên vẫn dùng mã cũ: No space" in (
        capsys.readouterr().out
    )


async def test_enrolled_already_it_says_so_and_only_again_enrols_anew(data: Path, capsys: Capsys) -> None:
    centre = FakeCentre()
    async with FakeCollector(centre) as collector:
        assert await sansang("enrol", WRITTEN, "--collector", collector.url) == 0
        first = read(data)
        assert await sansang("enrol", WRITTEN, "--collector", collector.url) == 3
        assert "To enrol it anew" in capsys.readouterr().out
        assert (read(data), len(centre.joins)) == (first, 1)

        centre.next = joined(8)
        assert await sansang("enrol", WRITTEN, "--collector", collector.url, "--again") == 0

    second = read(data)
    assert second is not None
    assert (second.enrolment.agent, second.enrolment.again) == (8, True)


async def test_a_file_that_names_its_collector_decides(tmp_path: Path, data: Path, capsys: Capsys) -> None:
    (tmp_path / "token").touch(mode=0o600)
    (tmp_path / "agent.yml").write_text(
        "collector: {url: 'https://c.example', token_file: token}\nlanguage: en\n", encoding="utf-8"
    )
    async with FakeCollector(FakeCentre()) as collector:
        assert await sansang("enrol", WRITTEN, "--collector", collector.url) == 3

    assert f"The configuration file {tmp_path / 'agent.yml'} names the collector https://c.example itself" in (
        capsys.readouterr().out
    )
    assert (collector.requests, names_in(data)) == ([], [])


@pytest.mark.parametrize(
    ("code", "url", "said"),
    [
        (WRITTEN, "http://sansang.example.org", "plain http is for a collector on this machine only; use https://"),
        (WRITTEN, "ftp://127.0.0.1", "is not a URL that starts with https://"),
        (WRITTEN[:-1], "https://127.0.0.1:1", "a join code has 16 characters, this one has 15"),
        (CODE.written()[:-1] + "!", "https://127.0.0.1:1", "'!' is in no join code"),
        ("0" + WRITTEN[1:], "https://127.0.0.1:1", "one of its characters is wrong, or two are exchanged"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_done(
    code: str, url: str, said: str, data: Path, capsys: Capsys
) -> None:
    assert cli.answer(["enrol", code, "--collector", url]) == 3
    assert said in capsys.readouterr().out
    assert not data.exists()


def test_a_file_of_authorities_that_is_not_there_is_said(capsys: Capsys) -> None:
    assert cli.answer(["enrol", WRITTEN, "--collector", "https://127.0.0.1:1", "--ca", "/none.pem"]) == 3
    assert "The file /none.pem with the centre's authority cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("reply", "english", "vietnamese"),
    [
        (problem(410, type=joining.CODE_EXPIRED), "This join code is too old.", "Mã ghi danh này đã quá hạn."),
        (problem(410, type=joining.CODE_USED), "used up or withdrawn", "đã dùng hết lượt hoặc bị thu hồi"),
        (
            problem(403, detail="closed"),
            "does not let this computer in (it answered 403 (closed))",
            "không cho máy này",
        ),
        (Reply(302), "The answer leads elsewhere", "Câu trả lời chuyển sang nơi khác"),
        (Reply(404), "is not the centre's collector", "không phải máy chủ giám sát"),
        (problem(429), "Try again in a few minutes", "Hãy thử lại sau vài phút"),
    ],
)
async def test_why_it_was_not_let_in_is_said_in_both_languages(
    reply: Reply, english: str, vietnamese: str, data: Path, capsys: Capsys
) -> None:
    centre = FakeCentre()
    centre.refused[joining.JOIN_PATH] = reply
    async with FakeCollector(centre) as collector:
        for language, said in (("en", english), ("vi", vietnamese)):
            assert await sansang("enrol", WRITTEN, "--collector", collector.url, "--lang", language) == 3
            assert said in capsys.readouterr().out

    assert names_in(data) == ["enrolment"], "nothing half made stays"


async def test_a_wrong_code_is_refused_in_clear_words_and_nothing_is_kept(data: Path, capsys: Capsys) -> None:
    centre = FakeCentre()
    centre.keys[CODE.id] = b"another"
    async with FakeCollector(centre) as collector:
        assert await sansang("enrol", WRITTEN, "--collector", collector.url) == 3

    assert "Either the code is wrong, or somebody is between this computer and the centre." in capsys.readouterr().out
    assert read(data) is None
    assert not [secret for secret in SECRETS if secret in str(collector.requests[0].body)]


async def test_without_a_code_it_shows_the_word_and_goes_on_when_let_in(
    data: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = FakeCentre()
    centre.retry_s = 0.01
    monkeypatch.setattr("sansang_agent.enrolling.LEAST_RETRY_S", 0.01)

    def once_asked_thrice(request: object) -> Reply:
        answer = centre(request)  # type: ignore[arg-type]
        if len(centre.asked) == 2:
            return problem(503)
        if len(centre.asked) == 3:
            centre.let_in.add(centre.asked[0].claim)
        return answer

    monkeypatch.setattr("sansang_agent.commands.enrol.BUSY_S", 0.01)
    async with FakeCollector(once_asked_thrice) as collector:
        assert await sansang("enrol", "--collector", collector.url) == 0

    said = capsys.readouterr().out.splitlines()
    assert said[0] == (
        "Waiting to be let in. The centre's page of machines shows this word: K7F2QD. Ctrl-C stops waiting."
    )
    assert said[1].startswith("This computer is enrolled as “quay-7”")
    assert len({ask.claim for ask in centre.asked}) == 1
    assert not (data / "enrolment" / "claim").exists()


async def test_who_was_refused_asks_anew_and_who_stopped_goes_on_waiting(data: Path, capsys: Capsys) -> None:
    centre = FakeCentre()
    centre.refused[joining.ASK_PATH] = problem(403, detail="somebody decided")
    async with FakeCollector(centre) as collector:
        assert await sansang("enrol", "--collector", collector.url) == 3
        assert "does not let this computer in (it answered 403 (somebody decided))" in capsys.readouterr().out
        assert not (data / "enrolment" / "claim").exists()
        centre.refused[joining.ASK_PATH] = problem(503)
        assert await sansang("enrol", "--collector", collector.url) == 3
        kept = enrolment.claim(data, collector.url)
        assert await sansang("enrol", "--collector", collector.url) == 3
        assert enrolment.claim(data, collector.url) == kept


async def test_a_disk_that_cannot_keep_it_costs_no_code(
    data: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    centre = FakeCentre()
    monkeypatch.setattr("sansang_agent.commands.enrol.Draft.begin", full)
    async with FakeCollector(centre) as collector:
        assert await sansang("enrol", WRITTEN, "--collector", collector.url) == 3

    assert "No space left on device. Nothing was asked of the centre." in capsys.readouterr().out
    assert collector.requests == []


async def test_a_disk_that_fills_meanwhile_is_said_with_what_became_of_the_code(
    data: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sansang_agent.enrolment.Draft.keep", full)
    async with FakeCollector(FakeCentre()) as collector:
        assert await sansang("enrol", WRITTEN, "--collector", collector.url) == 3

    said = capsys.readouterr().out
    assert "a code that was for one computer is spent" in said
    assert joined().token not in said


@pytest.mark.needs("root")
async def test_root_enrols_for_the_service_s_own_user(tmp_path: Path, as_nobody: Callable[[Path], None]) -> None:
    """The folder is the service's: what root writes there must be the service's too, and lead root nowhere else."""
    data = tmp_path / "data"
    data.mkdir()
    as_nobody(data)
    async with FakeCollector(FakeCentre()) as collector:
        command = [sys.executable, "-m", "sansang_agent", "enrol", WRITTEN, "--collector", collector.url]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    owner = data.stat().st_uid
    assert owner != 0
    found = sorted(data.rglob("*"))
    assert {path.stat().st_uid for path in found} == {owner}
    token = next(path for path in found if path.name == "token")
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


@pytest.mark.needs("root")
async def test_a_link_in_the_service_s_folder_leads_root_nowhere(
    tmp_path: Path, as_nobody: Callable[[Path], None]
) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    elsewhere.mkdir(mode=0o700)
    (data / "enrolment").symlink_to(elsewhere)
    as_nobody(data)
    command = [sys.executable, "-m", "sansang_agent", "enrol", WRITTEN, "--collector", "http://127.0.0.1:1", "--again"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert "An enrolment cannot be kept in" in done.stdout
    assert list(elsewhere.iterdir()) == []
    assert elsewhere.stat().st_uid == 0


@pytest.fixture
def as_nobody(tmp_path: Path) -> Callable[[Path], None]:
    """Gives a folder to another user, who may come as far as it."""

    def give(folder: Path) -> None:
        if sys.platform != "win32":
            for parent in (tmp_path, *tmp_path.parents):
                if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
                    parent.chmod(parent.stat().st_mode | 0o011)
            os.chown(folder, 65534, 65534)

    return give
