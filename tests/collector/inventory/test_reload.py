"""A running collector takes a new inventory over when told, keeps the old one for a bad file, and loses no report."""

import json
import threading
import time
from pathlib import Path

import pytest

from sansang_agent.contract.report import Problem
from sansang_collector.app import create_app
from sansang_collector.inventory import versions
from sansang_collector.inventory.in_force import InForce
from sansang_collector.settings import CollectorSettings
from sansang_collector.store import Store
from tests.collector.inventory.folders import FILES, folder, read, with_row
from tests.support import reports
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.ledgers import NOW

BAD = "rings:\n  - id: ring-1\n    nodes: [an-1]\n"
MORE = with_row("communes.csv", "06076,Xã Quý Hòa,xã,,,,")


def in_force(data: Path) -> tuple[int, int]:
    """The number and the count of communes of what the ledger says is in force."""
    store = Store(data)
    with store.read() as connection:
        found = versions.current(connection)
    store.close()
    return (found.applied.number, len(found.inventory.communes)) if found else (0, 0)


def settings(place: Path) -> Path:
    """A settings file that names the folder beside it."""
    config = place / "collector.yml"
    config.write_text(f"inventory_dir: {place / 'inventory'}\n", encoding="utf-8")
    return config


def until_logged(collector: CollectorProcess, words: str, times: int = 1) -> None:
    """Return once the collector's log says so; what it says by itself there is nothing else to wait for."""
    deadline = time.monotonic() + 20
    while collector.log.read_text(encoding="utf-8").count(words) < times:
        assert time.monotonic() < deadline, collector.log.read_text(encoding="utf-8")
        time.sleep(0.02)


def test_a_folder_in_the_settings_is_applied_at_the_start_and_at_a_reload(tmp_path: Path) -> None:
    folder(tmp_path / "inventory")
    with running_collector(tmp_path / "data", settings(tmp_path)) as collector, collector.client("admin") as admin:
        assert in_force(tmp_path / "data") == (1, 4)
        folder(tmp_path / "inventory", communes_csv=MORE)
        assert admin.post("/-/reload").status_code == 204
        assert in_force(tmp_path / "data") == (2, 5)
        assert admin.post("/-/reload").status_code == 204
        assert in_force(tmp_path / "data") == (2, 5)


async def test_opening_hours_are_known_from_the_start_and_after_a_reload(tmp_path: Path) -> None:
    place = folder(tmp_path / "inventory")
    app = create_app(CollectorSettings(data_dir=str(tmp_path / "data"), inventory_dir=str(place)), lambda: NOW)
    async with app.fastapi.router.lifespan_context(app.fastapi):
        before = app.collector.present().usual.week("06001", "counter")
        folder(place, province_yml=FILES["province.yml"] + "hours: sat 08:00-10:00\n")
        assert app.reload("test") == ""
        after = app.collector.present().usual.week("06001", "counter")

    assert [len(day) for day in before.days] == [2, 2, 2, 2, 2, 0, 0]
    assert [len(day) for day in after.days] == [0, 0, 0, 0, 0, 1, 0]


def test_a_bad_file_keeps_the_old_version_and_every_mistake_is_answered(tmp_path: Path) -> None:
    place = folder(tmp_path / "inventory")
    with running_collector(tmp_path / "data", settings(tmp_path)) as collector, collector.client("admin") as admin:
        folder(place, topology_yml=BAD, communes_csv=MORE.replace("06076", "6076"))
        answer = admin.post("/-/reload")

        assert answer.status_code == 422
        assert [line.partition(": ")[0] for line in Problem(**json.loads(answer.content)).detail.splitlines()] == [
            f"{place}/communes.csv:6",
            f"{place}/topology.yml:3",
        ]
        assert in_force(tmp_path / "data") == (1, 4)


def test_settings_are_not_taken_over_beside_a_bad_inventory(tmp_path: Path) -> None:
    place = folder(tmp_path / "inventory")
    config = settings(tmp_path)
    with running_collector(tmp_path / "data", config) as collector, collector.client("admin") as admin:
        folder(place, topology_yml=BAD)
        config.write_text(config.read_text(encoding="utf-8") + "hosts: [new.example]\n", encoding="utf-8")

        assert admin.post("/-/reload").status_code == 422
        assert admin.get("/-/healthy", headers={"Host": "new.example"}).status_code == 421


@pytest.mark.needs("linux")
def test_a_hang_up_takes_over_what_was_applied_from_the_command_line(tmp_path: Path) -> None:
    place = folder(tmp_path / "inventory")
    with running_collector(tmp_path / "data") as collector:
        collector.run("inventory", "apply", str(place), "--data", str(tmp_path / "data"))
        collector.hang_up()
        until_logged(collector, "inventory: version 1 is in force")
        folder(place, communes_csv=MORE)
        collector.run("inventory", "apply", str(place), "--data", str(tmp_path / "data"))
        collector.hang_up()
        until_logged(collector, "inventory: version 2 is in force")


def test_a_folder_that_is_bad_at_the_start_does_not_keep_the_collector_from_starting(tmp_path: Path) -> None:
    folder(tmp_path / "inventory", topology_yml=BAD)
    with running_collector(tmp_path / "data", settings(tmp_path)) as collector, collector.client() as client:
        assert client.get("/-/ready").status_code == 200
        assert "a ring needs two access nodes or more" in collector.log.read_text(encoding="utf-8")
        assert in_force(tmp_path / "data") == (0, 0)


def test_reloading_in_the_middle_of_traffic_loses_no_report(tmp_path: Path) -> None:
    place = folder(tmp_path / "inventory")
    with running_collector(tmp_path / "data", settings(tmp_path)) as collector:
        answers: list[int] = []
        with collector.client("agent", "06001", "pc-1") as agent, collector.client("admin") as admin:

            def send() -> None:
                for seq in range(1, 61):
                    contents = reports.body(reports.report(seq, 1000.0 + seq), mono=1000.0 + seq)
                    answers.append(agent.post("/api/v1/reports", content=contents).status_code)

            sending = threading.Thread(target=send)
            sending.start()
            reloads = 0
            while sending.is_alive() or reloads < 4:
                folder(place, communes_csv=MORE) if reloads % 2 else folder(place)
                assert admin.post("/-/reload").status_code == 204
                reloads += 1
            sending.join()

        assert answers == [200] * 60
        assert in_force(tmp_path / "data")[0] == reloads


def test_the_version_in_force_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    store = Store(tmp_path / "data")
    held = InForce(store, lambda: NOW)
    assert (held.reload(""), held.version) == ("", None)

    place = folder(tmp_path / "inventory")
    assert held.reload(str(place)) == ""
    first = held.version
    assert first is not None
    assert (first.inventory, first.applied.note) == (read(tmp_path / "same").inventory, str(place))

    assert "a ring needs two access nodes" in held.reload(str(folder(place, topology_yml=BAD)))
    assert held.version is first
    assert held.reload(str(folder(place))) == ""
    assert held.version is first
    store.close()
