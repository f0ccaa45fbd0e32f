"""The relabel file for dashboards that expect IF-MIB's own names: taken by promtool, and doing what it says."""

import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from sansang_agent.contract.report import Interface
from sansang_collector.interfaces import values
from sansang_collector.metrics import BY_NAME
from tests.alerts.documents import ROOT
from tests.alerts.processes import free_port, running

FILE = ROOT / "deploy" / "prometheus" / "if-mib-relabel.yml"
COUNTS: dict[str, Any] = dict.fromkeys(
    ("in_octets", "out_octets", "in_errors", "out_errors", "in_discards", "out_discards"), 5
)
WIDE = Interface(name="ge0", index=1, admin=1, oper=1, bps=8, bits=64, **COUNTS)
NARROW = Interface(name="ge1", index=2, oper=2, bits=32, in_octets=6, out_octets=7)
RESTORED = {
    *("ifHCInOctets", "ifHCOutOctets", "ifInOctets", "ifOutOctets", "ifInErrors", "ifOutErrors"),
    *("ifInDiscards", "ifOutDiscards", "ifAdminStatus", "ifOperStatus"),
}

pytestmark = pytest.mark.needs("prometheus")


class Page(BaseHTTPRequestHandler):
    """What the collector exposes of two interfaces."""

    def do_GET(self) -> None:  # the base class's name
        self.send_response(200)
        self.end_headers()
        for name, labels, value in values(None, (WIDE, NARROW), ("05983", "pc-1", "terminal", "gateway")):
            pairs = ",".join(f'{key}="{label}"' for key, label in zip(BY_NAME[name].labels, labels, strict=True))
            self.wfile.write(f"{name}{{{pairs}}} {value}\n".encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        pass


@pytest.fixture
def scraped() -> Iterator[str]:
    """The address of such a page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def config_with(target: str, folder: Path) -> Path:
    job = {"job_name": "sansang", "static_configs": [{"targets": [target]}]}
    job |= yaml.safe_load(FILE.read_text(encoding="utf-8"))
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}), encoding="utf-8")
    return file


def test_old_names_and_labels_are_there_again(scraped: str, tmp_path: Path) -> None:
    file = config_with(scraped, tmp_path)
    checked = subprocess.run(["promtool", "check", "config", file], capture_output=True, text=True, check=False)
    listen = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={tmp_path / 'tsdb'}", "--log.level=warn"]
    with running([*command, f"--web.listen-address={listen}"], ready=f"http://{listen}/-/ready"):
        deadline = time.monotonic() + 30
        while not (found := query(listen, '{__name__=~"if.+"}')):
            assert time.monotonic() < deadline
            time.sleep(0.1)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert {each["metric"]["__name__"] for each in found} == RESTORED
    values_of = {(each["metric"]["__name__"], each["metric"]["ifName"]): each["value"][1] for each in found}
    assert values_of["ifHCInOctets", "ge0"] == "5"
    assert values_of["ifInOctets", "ge1"] == "6"
    assert ("ifHCInOctets", "ge1") not in values_of


def query(listen: str, expression: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"http://{listen}/api/v1/query", params={"query": expression})
    return list(answer.json()["data"]["result"])
