"""A configuration file that breaks while the agent is away: it comes back with the last one that was right."""

from pathlib import Path

import pytest

from sansang_agent import cli
from sansang_agent.contract.settings import SettingsError
from sansang_agent.last_good import FILE, Chosen, choose, keep

GOOD = "commune: {code: 06001}\nprofile: {checks: []}\n"
BAD = "communne: {code: 06001}\nreport_period: 0\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "agent.yml"


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def used_once(file: Path, text: str, environ: dict[str, str]) -> Chosen:
    """What an agent used that ran with ``text``."""
    chosen = choose(written(file, text), environ)
    keep(chosen)
    return chosen


def in_data_dir(tmp_path: Path) -> dict[str, str]:
    return {"SANSANG_DATA_DIR": str(tmp_path / "data"), "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "xdg")}


def test_a_broken_file_brings_the_last_good_one_and_its_mistakes(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = in_data_dir(tmp_path)
    monkeypatch.setenv("SANSANG_DATA_DIR", environ["SANSANG_DATA_DIR"])
    good = used_once(file, GOOD, environ)

    now = choose(written(file, BAD), environ)

    assert now.config == good.config
    assert [mistake.partition(": ")[2] for mistake in now.mistakes] == [
        "communne: unknown key 'communne'; did you mean 'commune'?",
        "report_period: must be at least 1",
    ]


@pytest.mark.parametrize("broken", ["data_dir: {}\nlanguage: [", "data_dir: '{}'  # here\nlanguage: xx\n"])
def test_it_is_found_where_the_broken_file_itself_says_data_lies(tmp_path: Path, file: Path, broken: str) -> None:
    place = tmp_path / "other place"
    good = used_once(file, f"data_dir: {place}\n{GOOD}", {})

    assert choose(written(file, broken.format(place)), {"HOME": str(tmp_path)}).config == good.config


def test_without_a_last_good_one_a_broken_file_is_refused(tmp_path: Path, file: Path) -> None:
    with pytest.raises(SettingsError):
        choose(written(file, BAD), in_data_dir(tmp_path))


def test_the_last_good_one_of_another_file_is_not_used(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = in_data_dir(tmp_path)
    monkeypatch.setenv("SANSANG_DATA_DIR", environ["SANSANG_DATA_DIR"])
    used_once(file, GOOD, environ)

    with pytest.raises(SettingsError):
        choose(written(tmp_path / "other.yml", BAD), environ)


def test_what_is_in_use_in_spite_of_mistakes_does_not_replace_what_was_right(tmp_path: Path, file: Path) -> None:
    place = tmp_path / "data"
    used_once(file, f"data_dir: {place}\n{GOOD}", {})
    before = (place / FILE).read_bytes()

    keep(choose(written(file, f"data_dir: {place}\n{BAD}"), {}))

    assert (place / FILE).read_bytes() == before


def test_a_damaged_last_good_one_is_none(tmp_path: Path, file: Path) -> None:
    place = tmp_path / "data"
    used_once(file, f"data_dir: {place}\n{GOOD}", {})
    (place / FILE).write_text("{", encoding="utf-8")

    with pytest.raises(SettingsError):
        choose(written(file, f"data_dir: {place}\n{BAD}"), {})


def test_a_data_folder_that_refuses_keeps_nothing_from_running(
    tmp_path: Path, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").touch()

    keep(choose(written(file, f"data_dir: {tmp_path / 'taken'}\n"), {}))

    assert "cannot be kept" in caplog.text


def test_commands_go_on_with_it_and_say_so_but_check_config_still_fails(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = f"data_dir: {tmp_path / 'data'}\n"
    used_once(file, place + GOOD, {})
    written(file, place + BAD)

    assert cli.answer(["report", "--config", str(file)]) == 3
    shown = capsys.readouterr()
    assert shown.out == "Máy này chưa kiểm tra lần nào; hãy chạy: sansang check\n"
    assert shown.err.splitlines()[0] == "Tệp cấu hình đang có lỗi nên tạm dùng bản đúng gần nhất:"
    assert len(shown.err.splitlines()) == 3

    assert cli.answer(["check-config", str(file)]) == 3
