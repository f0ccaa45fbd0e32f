"""The dead man's file as the collector keeps it: written at each change, whole, and its owner's alone."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from sansang_agent.contract import whole_file
from sansang_alerts import cli as deadman_check
from sansang_alerts import deadman_file, overrides, pairing
from sansang_alerts import schema as alert_tables
from sansang_alerts.incoming import Heard
from sansang_alerts.overrides import Wish
from sansang_alerts.settings import AlertSettings
from sansang_alerts.tables import PAIRING
from sansang_collector import cli
from sansang_collector.deadman_file import DeadManFile
from sansang_collector.store import Store
from tests.support import deadman
from tests.support.channels import secret
from tests.support.channels import settings as channel

NOW = 1_795_000_000.0
ALERTS = """
people: [{id: a, name: Trực 1}]
teams: [{id: watch, name: Trực hệ thống, takes: [{}], fallback: a}]
channels: [{id: zalo, kind: zalo, token_file: token}]
"""


class Kept:
    """A collector that keeps the file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "kept" / "deadman.json"
        self.token = Path(secret(folder, "token", "zalo-token-123"))
        found = deadman.settings(channel("zalo", token_file=str(self.token)))
        self.settings: AlertSettings = replace(found, dead_man_file=str(self.path))
        self.store = Store(folder / "data")
        self.store.write_sync(alert_tables.migrate)
        self.file = DeadManFile(self.store, lambda: self.settings, lambda: NOW)

    @property
    def plan(self) -> deadman_file.Plan:
        return deadman_file.read(self.path)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    found = Kept(tmp_path)
    yield found
    found.store.close()


def test_it_is_written_once_and_then_only_where_something_changed(kept: Kept) -> None:
    assert [kept.file.look() for _ in range(3)] == [True, False, False]
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.path.parent.iterdir()] == ["deadman.json"]


def test_a_new_chat_a_stand_in_a_secret_and_the_settings_are_changes(kept: Kept) -> None:
    kept.file.look()

    def pair(connection: object) -> None:
        code = pairing.offer(connection, "zalo", "first", b"key", NOW)  # type: ignore[arg-type]
        pairing.take(connection, Heard("zalo", "chat-7", code), code, b"key", NOW)  # type: ignore[arg-type]

    kept.store.write_sync(pair)
    assert kept.file.look()
    assert kept.plan.roster.chats == {("zalo", "first"): "chat-7"}

    wish = Wish("watch", "chief", NOW + 60, NOW + 3600)
    kept.store.write_sync(lambda connection: overrides.add(connection, kept.settings, wish, "somebody", NOW))
    assert kept.file.look()
    assert [one.person for one in kept.plan.overrides] == ["chief"]

    kept.token.write_text("another-token\n", encoding="utf-8")
    assert kept.file.look()
    assert kept.plan.secrets == {str(kept.token): "another-token\n"}

    kept.settings = replace(kept.settings, public_url="https://sansang.invalid")
    assert kept.file.look()
    assert not kept.file.look()


def test_a_secret_that_cannot_be_read_leaves_the_file_before_and_is_said_once(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    kept.file.look()
    before = kept.path.read_bytes()
    kept.token.unlink()

    with caplog.at_level(logging.ERROR):
        assert [kept.file.look() for _ in range(3)] == [False] * 3

    assert kept.path.read_bytes() == before
    assert caplog.text.count("stays as it was") == 1


@pytest.fixture
def province(tmp_path: Path) -> Path:
    """The settings of a collector that has run and tells people by one gateway; a chat is paired."""
    secret(tmp_path, "token", "zalo-token-123")
    (tmp_path / "alerts.yml").write_text(ALERTS, encoding="utf-8")
    (tmp_path / "collector.yml").write_text("alerts: alerts.yml\n", encoding="utf-8")
    store = Store(tmp_path / "data")
    store.write_sync(alert_tables.migrate)
    store.write_sync(
        lambda it: it.execute(PAIRING.insert(), {"channel": "zalo", "person": "a", "chat": "7", "paired_at": NOW})
    )
    store.close()
    return tmp_path / "collector.yml"


def run(province: Path, out: str, data: str = "data") -> int:
    placed = ("--config", str(province), "--data", str(province.parent / data))
    return cli.main(["deadman-file", *placed, "--out", out, "--lang", "en"])


def test_the_command_writes_what_another_machine_needs_beside_a_running_collector(
    province: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file, piped = province.parent / "out.json", province.parent / "piped.json"
    assert run(province, str(file)) == 0
    assert run(province, "-") == 0
    whole_file.write(piped, capfdbinary.readouterr().out)

    plan = deadman_file.read(file)
    assert plan == deadman_file.read(piped)
    assert plan.roster.chats == {("zalo", "a"): "7"}
    assert list(plan.secrets.values()) == ["zalo-token-123\n"]
    assert deadman_check.main(["deadman", "--channels", str(piped), "--check"]) == 0


def test_the_command_shows_secrets_on_no_screen_and_makes_no_ledger(
    province: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(province, str(province.parent / "out.json"), data="mistyped") == 1
    assert "There is no ledger in" in capsys.readouterr().err
    assert not (province.parent / "mistyped").exists()
    province.write_text("delivery: 'off'\nalerts: alerts.yml\n", encoding="utf-8")
    assert run(province, str(province.parent / "out.json")) == 1
    assert "Nobody is told of anything" in capsys.readouterr().err
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(province, "-") == 2
    assert "not to the screen" in capsys.readouterr().err
    assert not (province.parent / "out.json").exists()


def test_where_no_file_is_wanted_none_is_written(kept: Kept) -> None:
    kept.settings = replace(kept.settings, dead_man_file="")

    assert not kept.file.look()
    assert not kept.path.exists()
