"""The dead man's file as the collector keeps it: written at each change, whole, and its owner's alone."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from sansang_alerts import deadman_file, overrides, pairing
from sansang_alerts import schema as alert_tables
from sansang_alerts.incoming import Heard
from sansang_alerts.overrides import Wish
from sansang_alerts.settings import AlertSettings
from sansang_collector.deadman_file import DeadManFile
from sansang_collector.store import Store
from tests.support import deadman
from tests.support.channels import secret
from tests.support.channels import settings as channel

NOW = 1_795_000_000.0


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


def test_where_no_file_is_wanted_none_is_written(kept: Kept) -> None:
    kept.settings = replace(kept.settings, dead_man_file="")

    assert not kept.file.look()
    assert not kept.path.exists()
