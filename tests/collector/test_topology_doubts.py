"""Doubts of the inventory by API and by command: shown to who sees the fleet, settled by who handles incidents."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from sansang_collector import cli, tokens
from sansang_collector.diagnosis.doubts import Doubt
from sansang_collector.incidents import doubts
from sansang_collector.incidents.doubts import Noted
from sansang_collector.inventory import versions
from sansang_collector.simulation import provinces
from sansang_collector.store import Store
from tests.support.ledgers import NOW
from tests.support.web_collector import NOON, WebCollector, web_collector

PATH = "/api/v1/topology/doubts"
DOUBT = Doubt("06019", "ring:a", "ring:b")
MADE = provinces.make(1, communes=8).inventory


def twice(store: Store, doubt: Doubt) -> None:
    for incident in (3, 8):
        store.write_sync(lambda it, number=incident: doubts.note(it, [Noted(number, (doubt,))], NOW))  # type: ignore[misc]


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[WebCollector]:
    with web_collector(tmp_path) as running:
        store = Store(tmp_path)
        twice(store, DOUBT)
        store.close()
        yield running


@pytest.fixture
def admin(collector: WebCollector, tmp_path: Path) -> Iterator[httpx.Client]:
    store = Store(tmp_path)
    secret = store.write_sync(lambda it: tokens.issue(it, "admin", "trực tỉnh", NOON))[1]
    store.close()
    with httpx.Client(base_url=collector.url, headers={"Authorization": f"Bearer {secret}"}, timeout=10) as client:
        yield client


def test_a_doubt_is_listed_until_somebody_settles_it(collector: WebCollector, admin: httpx.Client) -> None:
    (found,) = collector.client.get(PATH).json()["items"]
    assert found.items() >= {"commune": "06019", "probable": "ring:b", "incidents": [3, 8]}.items()
    settled = {"commune": "06019", "declared": "ring:a"}

    assert collector.client.post(f"{PATH}/settle", json=settled).status_code == 403
    assert admin.post(f"{PATH}/settle", json=settled).status_code == 204
    assert collector.client.get(PATH).json()["total"] == 0
    again = admin.post(f"{PATH}/settle", json=settled)
    assert (again.status_code, again.json()["detail"]) == (404, "there is no doubt that 06019 belongs under 'ring:a'")


class Said(NamedTuple):
    status: int
    out: str
    err: str


class Shell:
    """Runs ``inventory doubts`` on one data directory."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = data
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Said:
        status = cli.main(["inventory", "doubts", *arguments, "--data", str(self.data), "--lang", "en"])
        found = self._capsys.readouterr()
        return Said(status, found.out.strip(), found.err.strip())


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    line, other = MADE.lines[0], MADE.lines[-1]
    store = Store(tmp_path)
    store.write_sync(lambda it: versions.put(it, MADE, ("thử", NOW), ""))
    twice(store, Doubt(line.commune, f"access_node:{line.access_node}", f"access_node:{other.access_node}"))
    store.close()
    return Shell(tmp_path, capsys)


def test_the_command_says_where_a_commune_may_belong_and_settles_it(shell: Shell) -> None:
    line, other = MADE.lines[0], MADE.lines[-1]
    declared = f"access_node:{line.access_node}"
    said = shell()

    assert said.status == 0
    assert f"{line.commune} Xã {line.commune} is entered under" in said.out
    assert f"in 2 incidents it was as if under {other.access_node} (access_node:{other.access_node})" in said.out
    assert shell("--settle", line.commune, declared).out == "Settled. Two new incidents would bring it back."
    assert shell().out == "Nothing speaks against how communes are entered."
    assert shell("--json").out == "[]"


def test_a_folder_without_a_ledger_is_said_and_none_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = tmp_path / "nowhere"
    for words in (["inventory", "doubts"], ["maintenance", "list"]):
        assert cli.main([*words, "--data", str(nowhere), "--lang", "en"]) == 1
        assert "There is no ledger in" in capsys.readouterr().err

    assert not nowhere.exists()


def test_settling_what_is_no_doubt_is_said(shell: Shell) -> None:
    said = shell("--settle", "00000", "ring:x")

    assert (said.status, said.err) == (1, "There is no doubt that 00000 belongs under 'ring:x'.")
