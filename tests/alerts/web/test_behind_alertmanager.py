"""A real Alertmanager in front of a real ``sansang-alerts serve``: one message for a group, and one at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.alerts.processes import free_port, running
from tests.alerts.web.test_serve import SETTINGS
from tests.support.alerts_process import AlertsProcess
from tests.support.mail_server import MailServer

ROUTES = """
route:
  receiver: sansang-alerts
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: sansang-alerts
    webhook_configs:
      - url: {url}/api/v1/alertmanager
        send_resolved: true
        max_alerts: 0
        http_config: {{authorization: {{credentials_file: {token}}}}}
"""


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.mark.needs("alertmanager")
def test_an_alert_goes_from_alertmanager_to_a_mailbox_and_so_does_its_end(tmp_path: Path, mails: MailServer) -> None:
    config = tmp_path / "alerts.yml"
    config.write_text(SETTINGS.format(data=tmp_path / "data", port=mails.port), encoding="utf-8")
    labels = {"alertname": "DiskFull", "severity": "critical", "owner": "us"}
    annotations = {"summary": "Máy chủ sao lưu: đĩa còn 2 %"}
    with AlertsProcess(config, tmp_path / "data") as served, _alertmanager(tmp_path, served) as address:
        posted = f"http://{address}/api/v2/alerts"
        httpx.post(posted, json=[{"labels": labels, "annotations": annotations}]).raise_for_status()
        mails.until(lambda: len(mails.mails) == 1)
        over = {"labels": labels, "annotations": annotations, "endsAt": "2020-01-01T00:00:00Z"}
        httpx.post(posted, json=[over | {"startsAt": "2019-12-31T00:00:00Z"}]).raise_for_status()
        mails.until(lambda: len(mails.mails) == 2)

    opened, ended = (mail.text for mail in mails.mails)
    assert opened.startswith("Máy chủ sao lưu: đĩa còn 2 %")
    assert "https://bao-tin.example.vn/a/" in opened
    assert "Hết lúc" in ended


@contextmanager
def _alertmanager(folder: Path, served: AlertsProcess) -> Iterator[str]:
    file, address = folder / "alertmanager.yml", f"127.0.0.1:{free_port()}"
    file.write_text(ROUTES.format(url=served.url, token=served.data / "alertmanager.token"), encoding="utf-8")
    command = ["prometheus-alertmanager", f"--config.file={file}", f"--storage.path={folder / 'am'}"]
    command += [f"--web.listen-address={address}", "--cluster.listen-address=", "--log.level=warn"]
    with running(command, ready=f"http://{address}/-/ready"):
        yield address
