"""The command line: secrets go to their owner's files, mistakes come all at once, a missing extra is one hint."""

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sansang_alerts import engines
from sansang_collector import agents, cli, cli_ask, commune, fleet_changes, tokens
from sansang_collector.log import ReportLog
from sansang_collector.settings import CollectorSettings
from sansang_collector.store import Store
from tests.support.collector_process import running_collector


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli.main([*arguments, "--lang", "en"])
    said = capsys.readouterr()
    return status, said.out.strip(), said.err.strip()


def test_a_token_goes_to_a_file_and_only_its_path_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, path, _ = run(capsys, "token", "agent", "05983", "pc-1", "--data", str(tmp_path))
    secret = Path(path).read_text(encoding="utf-8").strip()
    store = Store(tmp_path)
    with store.read() as connection:
        found = tokens.find(connection, secret)
    store.close()

    assert (status, Path(path).parent) == (0, tmp_path / "tokens")
    assert found == tokens.Found(1, "agent", 1)
    assert secret not in path


@pytest.mark.needs("linux")
def test_a_token_file_is_for_its_owner_only_whatever_the_umask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = os.umask(0)
    try:
        run(capsys, "token", "read", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "r.token"))
    finally:
        os.umask(before)

    assert (tmp_path / "r.token").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob("*.part"))


def test_a_token_whose_file_cannot_be_written_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "r.token"
    status, _, said = run(capsys, "token", "read", "--data", str(tmp_path), "--out", str(out))
    assert (status, said.startswith("Cannot do that:")) == (1, True)

    assert run(capsys, "token", "list", "--data", str(tmp_path))[1] == ""


def test_a_token_for_a_retired_machine_takes_it_into_use_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ("token", "agent", "05983", "pc-1", "--data", str(tmp_path), "--role", "mini")
    run(capsys, *made)
    store = Store(tmp_path)
    store.write_sync(
        lambda it: fleet_changes.apply(it, [1], fleet_changes.Change(retired=True), "test", 1_795_000_000.0)
    )
    run(capsys, *made[:-2])
    with store.read() as connection:
        (row,) = connection.execute(agents.AGENT.select())
    store.close()

    assert (row.role, row.retired_at) == ("mini", None)


def test_two_tokens_of_one_machine_belong_to_one_agent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [run(capsys, "token", "agent", "05983", "pc-1", "--data", str(tmp_path))[1] for _ in range(2)]
    store = Store(tmp_path)
    with store.read() as connection:
        found = [tokens.find(connection, Path(path).read_text(encoding="utf-8").strip()) for path in paths]
    store.close()

    assert [one.agent for one in found if one] == [1, 1]


@pytest.mark.parametrize(("place", "name"), [("5983", "pc"), ("05983", "máy một"), ("05983", "a/b"), ("xxxxx", "pc")])
def test_a_commune_or_name_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, name: str
) -> None:
    status, _, said = run(capsys, "token", "agent", place, name, "--data", str(tmp_path))

    assert (status, said) == (2, "COMMUNE is five digits; NAME is made of letters, digits, _ . -")


def test_listing_and_revoking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "token", "metrics", "--data", str(tmp_path))
    assert run(capsys, "token", "revoke", "1", "--data", str(tmp_path))[:2] == (0, "Token 1 is revoked.")
    assert run(capsys, "token", "revoke", "1", "--data", str(tmp_path))[2] == "There is no valid token 1."
    listed = run(capsys, "token", "list", "--data", str(tmp_path))[1]

    assert listed.split()[:3] == ["1", "metrics", "revoked"]


def test_a_link_is_printed_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = run(capsys, "link", "--data", str(tmp_path), "--url", "https://b.example/")[1]

    assert said.startswith("https://b.example/login/")


def test_five_mistakes_are_five_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "collector.yml"
    config.write_text(
        "listne: x\nlisten: 127.0.0.1:70000\nhosts: one.example\npublic_url: ftp://x\ndata_dir: []\n", encoding="utf-8"
    )
    status, _, said = run(capsys, "check-config", "--config", str(config))

    assert status == 1
    assert [line.split(": ")[0] for line in said.splitlines()] == [f"{config}:{line}" for line in range(1, 6)]
    assert "'listen'" in said.splitlines()[0]


def test_a_good_file_is_said_to_be_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "collector.yml"
    config.write_text("listen: 127.0.0.1:9640\nhosts: [collector]\n", encoding="utf-8")

    assert run(capsys, "check-config", "--config", str(config))[:2] == (0, f"{config} is good.")


def test_the_language_may_stand_before_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "collector.yml"
    config.write_text("listne: x\n", encoding="utf-8")

    for language, said in (("en", "unknown key 'listne'"), ("vi", "không có khóa 'listne'")):
        assert cli.main(["--lang", language, "check-config", "--config", str(config)]) == 1
        assert said in capsys.readouterr().err


def test_a_port_in_use_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        status, _, said = run(capsys, "serve", "--data", str(tmp_path), "--listen", address)

    assert status == 1
    assert said.startswith(f"Cannot listen on {address}:")


def test_a_second_collector_on_a_folder_is_one_sentence_and_a_killed_one_leaves_it_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_collector(tmp_path) as first:
        status, _, said = run(capsys, "serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0")
        first.kill()
        with running_collector(tmp_path) as next_one, next_one.client() as client:
            assert client.get("/-/ready").status_code == 200

    assert (status, said) == (1, f"Another collector is already running on {tmp_path}.")


@pytest.mark.parametrize("file", ["ledger.db", "log.db"])
def test_serving_files_of_a_newer_program_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    Store(tmp_path).close()
    ReportLog(tmp_path).close()
    connection = sqlite3.connect(tmp_path / file)
    connection.execute("INSERT INTO schema_version VALUES (99)")
    connection.commit()
    connection.close()
    status, _, said = run(capsys, "serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0")

    assert (status, said.startswith(f"{tmp_path / file} has schema version 99,")) == (1, True)


def test_without_the_extra_the_hint_is_printed_and_the_status_is_2() -> None:
    hide = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'sqlalchemy': raise ModuleNotFoundError(name)\n"
        "import importlib.util as u\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda name: None if name == 'sqlalchemy' else found(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from sansang_collector.cli import main\n"
        "sys.exit(main(['serve']))\n"
    )
    done = subprocess.run([sys.executable, "-c", hide], capture_output=True, text=True, encoding="utf-8", check=False)

    assert (done.returncode, "pip install 'sansang[collector]'" in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


def test_the_defaults_listen_to_this_machine_only() -> None:
    settings = CollectorSettings()

    assert (settings.listen_host, settings.listen_port) == ("127.0.0.1", 9640)
    assert CollectorSettings(listen="[::1]:0").listen_host == "::1"


def test_the_province_has_sixty_five_communes_with_names_of_one_spelling() -> None:
    known = commune._packaged()

    assert len(known) == 65
    assert known["05983"].name == "Phường Lương Văn Tri"
    assert all(commune.CODE.fullmatch(code) for code in known)
    assert commune.PACKAGED.name_of("99999") == "99999"


def test_a_machine_in_no_commune_says_so_in_either_language() -> None:
    assert commune.PACKAGED.name_of("00000") == "Máy này (không thuộc xã nào)"
    assert commune.PACKAGED.name_of("00000", "en") == "This computer (in no commune)"


def test_a_vantage_stands_in_no_commune(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    placed = ("--role", "vantage", "--data", str(tmp_path))

    assert run(capsys, "token", "agent", "05983", "quan-sat", *placed)[0] == 2
    assert run(capsys, "token", "agent", "00000", "quan-sat", *placed)[0] == 0


def test_a_mistyped_role_is_told_the_roles_as_they_are_typed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(capsys, "token", "agent", "05983", "may-1", "--role", "pc")

    assert "(choose from 'counter', 'kiosk', 'mini', 'vantage')" in capsys.readouterr().err


def test_more_looks_are_waited_for_longer() -> None:
    assert cli_ask.patience(1) == 20
    assert cli_ask.patience(5) > 15 + 4 * 5 + 20  # heard after 15 s, five seconds apart, each of them given up


def test_a_ledger_that_another_program_holds_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 10)
    assert run(capsys, "token", "read", "--data", str(tmp_path))[0] == 0
    holder = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    code, _, error = run(capsys, "token", "read", "--data", str(tmp_path))
    holder.close()

    assert code == 1
    assert error == (
        "The ledger cannot be used just now (database is locked). Another program may be writing; try again."
    )
