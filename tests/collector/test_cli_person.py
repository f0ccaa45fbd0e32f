"""``sansang-collector person``: passwords from a prompt or a file of the owner's, never an argument; all is audited."""

import getpass
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from sansang_collector import audit, cli, people
from sansang_collector.audit import AUDIT
from sansang_collector.passwords import Passwords
from sansang_collector.rights import EVERYWHERE, Held
from sansang_collector.store import Store
from tests.support.accounts import PASSWORD, CheapPasswords


class Said(NamedTuple):
    status: int
    out: str
    err: str


class Shell:
    """Runs commands on one data directory."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = data
        self.file = data / "password"
        self.write(PASSWORD + "\n")
        self._capsys = capsys

    def write(self, text: str | bytes, mode: int = 0o600) -> None:
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.file.chmod(mode)

    def __call__(self, *arguments: str) -> Said:
        status = cli.main(["person", *arguments, "--data", str(self.data), "--lang", "en"])
        found = self._capsys.readouterr()
        return Said(status, found.out.strip(), found.err.strip())

    def add(self, name: str, *role: str) -> Said:
        return self("add", name, *(role or ("--role", "viewer", "--everywhere")), "--password-file", str(self.file))

    def accounts(self) -> list[people.Person]:
        store = Store(self.data)
        with store.read() as connection:
            found = people.everybody(connection)
        store.close()
        return list(found)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sansang_collector.cli_person.Passwords", CheapPasswords)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


async def test_an_account_is_made_with_a_password_from_a_file(shell: Shell) -> None:
    said = shell.add("Nguyễn.An", "--role", "technician", "--commune", "05983", "--commune", "06019")
    (made,) = shell.accounts()

    assert said == (0, "nguyễn.an can log in now.", "")
    assert made.held == (Held("technician", "05983"), Held("technician", "06019"))
    assert await Passwords().verify(made.account.password, PASSWORD)


def test_the_list_shows_roles_and_who_is_disabled_and_no_password(shell: Shell) -> None:
    shell.add("an")
    shell.add("bình", "--role", "commune", "--commune", "05983")
    shell("disable", "bình")
    listed = shell("list").out

    assert [line.split() for line in listed.splitlines()] == [
        ["an", "enabled", "viewer", "(everywhere)"],
        ["bình", "disabled", "commune", "(05983)"],
    ]
    assert "argon" not in listed


def test_roles_come_and_go(shell: Shell) -> None:
    shell.add("an")
    given = shell("grant", "AN", "--role", "admin", "--everywhere")
    taken = shell("withdraw", "an", "--role", "viewer", "--everywhere")
    again = shell("withdraw", "an", "--role", "viewer", "--everywhere")

    assert (given, taken) == ((0, "Done: an.", ""), (0, "Done: an.", ""))
    assert again == (1, "", "an does not hold the role 'viewer' there.")
    assert shell.accounts()[0].held == (Held("admin", EVERYWHERE),)


def test_a_role_needs_a_place(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        shell.add("an", "--role", "viewer")

    assert "--commune" in capsys.readouterr().err


def test_a_password_is_asked_for_twice_on_a_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([PASSWORD, "something else", PASSWORD, PASSWORD])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(answers))

    assert shell("add", "an", "--role", "viewer", "--everywhere") == (1, "", "The two new passwords are not the same.")
    assert shell("add", "an", "--role", "viewer", "--everywhere").status == 0


def test_without_a_terminal_a_file_is_needed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    said = shell("add", "an", "--role", "viewer", "--everywhere")

    assert said.status == 2
    assert "--password-file" in said.err
    assert shell.accounts() == []


@pytest.mark.needs("linux")
def test_a_file_that_others_can_read_is_refused(shell: Shell) -> None:
    shell.write(PASSWORD, 0o640)
    said = shell.add("an")

    assert said.status == 2
    assert "chmod 600" in said.err


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"short\n", "at least 12"),
        (b"", "at least 12"),
        (b"\xff\xfe not text, not text", "not UTF-8"),
        (b"x1" * 600, "at most 1024"),
        (b"z" * 1_000_000, "at most 1024"),
    ],
)
def test_what_is_no_password_is_said(shell: Shell, content: bytes, why: str) -> None:
    shell.write(content)
    said = shell.add("an")

    assert said.status in {1, 2}
    assert why in said.err
    assert shell.accounts() == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("an", "--role", "viewer", "--commune", "5983"), "'5983' is not a commune's code of five digits."),
        (("a n", "--role", "viewer", "--everywhere"), "'a n' cannot be an account's name"),
        (("\x1b[31m", "--role", "viewer", "--everywhere"), "'?[31m' cannot be an account's name"),
    ],
)
def test_a_mistake_is_named_before_a_password_is_asked_for(shell: Shell, arguments: tuple[str, ...], why: str) -> None:
    said = shell("add", *arguments)

    assert said.status == 1
    assert said.err.startswith(why)


def test_nobody_is_made_twice_and_nobody_unknown_is_changed(shell: Shell) -> None:
    shell.add("an")

    assert shell.add("AN") == (1, "", "There is an account 'an' already.")
    for action in ("disable", "enable", "password"):
        assert shell(action, "bình") == (1, "", "There is no account 'bình'."), action


def test_the_audit_says_whose_command_it_was(shell: Shell) -> None:
    shell.add("an")
    shell("password", "an", "--password-file", str(shell.file))
    store = Store(shell.data)
    with store.read() as connection:
        rows = connection.execute(AUDIT.select().order_by(AUDIT.c.id)).all()
    store.close()

    assert {row.who for row in rows} == {audit.operator()}
    assert [row.what for row in rows] == ["person_add", "grant", "password"]
