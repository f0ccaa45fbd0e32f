"""The Alertmanager configuration: accepted, routed as meant, and delivering to a real webhook and a real mailbox."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage

import httpx
import pytest

from sansang_agent.contract.rung import Rung
from sansang_agent.contract.words import word
from tests.alerts.alertmanagers import CONFIG, WEBHOOK_TOKEN, alertmanager
from tests.alerts.documents import ALERTS, load
from tests.alerts.inboxes import Mailbox, Webhook

SILENT = {
    "labels": {
        "alertname": "SansangCommuneWithoutAgent",
        "severity": "critical",
        "commune": "06220",
        "name": "Xã Khánh Khê",
    },
    "annotations": {
        "summary": "Xã Khánh Khê (06220): không máy nào liên lạc được về trung tâm",
        "description": "Mất điện, thiết bị đầu cuối hoặc đường truyền.",
        "runbook": "alerts/README.md#sansangcommunewithoutagent",
        "dashboard": "/d/sansang-commune?var-commune=06220",
    },
    "startsAt": "2026-11-20T01:14:00Z",
}
FAILING = {
    "labels": {"alertname": "SansangCheckFailing", "severity": "warning", "check": "dvc", "rung": "service"},
    "annotations": SILENT["annotations"],
    "startsAt": "2026-11-20T01:14:00Z",
}


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    with Webhook() as inbox:
        yield inbox


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as inbox:
        yield inbox


@pytest.fixture(scope="module")
def running_alertmanager(tmp_path_factory: pytest.TempPathFactory, webhook: Webhook, mailbox: Mailbox) -> Iterator[str]:
    with alertmanager(tmp_path_factory.mktemp("alertmanager"), webhook.port, mailbox.port) as address:
        yield address


def _post(address: str, alert: Mapping[str, object], **more: str) -> None:
    httpx.post(f"http://{address}/api/v2/alerts", json=[{**alert, **more}]).raise_for_status()


def _text_of(raw: bytes) -> tuple[str, str]:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return str(message["Subject"]), body.get_content()


@pytest.mark.needs("alertmanager")
def test_amtool_accepts_the_configuration() -> None:
    done = subprocess.run(["amtool", "check-config", CONFIG], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 templates" in done.stdout


@pytest.mark.needs("alertmanager")
@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ("alertname=SansangCollectorDown severity=critical", "sansang-alerts,email"),
        ("alertname=SansangCommuneWithoutAgent severity=critical commune=06220", "sansang-alerts,email"),
        ("alertname=SansangAgentSilent severity=warning commune=06220", "email"),
        ("alertname=SansangCheckFailing severity=warning commune=06220 check=dvc", "email"),
        ("alertname=SansangCertificateExpiring severity=warning check=dvc", "email"),
        ("alertname=Other severity=info", "email"),
        ("alertname=Other", "email"),
    ],
)
def test_an_alert_reaches_its_receivers(labels: str, receivers: str) -> None:
    command = ["amtool", "config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receivers}"]
    done = subprocess.run([*command, *labels.split()], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_secret_stands_in_the_configuration() -> None:
    text = CONFIG.read_text(encoding="utf-8")

    assert re.findall(r"(?m)^[^#\n]*\b(?:password|credentials|bearer_token|secret)\s*:", text) == []
    assert load(CONFIG)["global"]["smtp_auth_password_file"].startswith("/etc/alertmanager/secrets/")


@pytest.mark.needs("alertmanager")
def test_a_critical_alert_and_its_end_reach_the_webhook_and_the_mailbox(
    running_alertmanager: str, webhook: Webhook, mailbox: Mailbox
) -> None:
    _post(running_alertmanager, SILENT)

    opened = webhook.next()
    assert opened.path == "/api/v1/alertmanager"
    assert opened.authorization == f"Bearer {WEBHOOK_TOKEN}"
    assert (opened.payload["status"], opened.payload["version"]) == ("firing", "4")
    assert opened.payload["alerts"][0]["labels"] == SILENT["labels"]
    subject, text = _text_of(mailbox.next())
    assert subject == "[Nghiêm trọng] Xã Khánh Khê (06220): không máy nào liên lạc được về trung tâm"
    assert "Từ 08:14 ngày 20/11/2026." in text

    _post(running_alertmanager, SILENT, endsAt="2026-11-20T02:00:00Z")

    assert webhook.next().payload["status"] == "resolved"
    subject, text = _text_of(mailbox.next())
    assert subject.startswith("[Hết cảnh báo] Xã Khánh Khê")
    assert "Từ 08:14 ngày 20/11/2026 đến 09:00 ngày 20/11/2026." in text


@pytest.mark.needs("alertmanager")
def test_a_warning_goes_by_mail_and_names_the_rung_in_vietnamese(running_alertmanager: str, mailbox: Mailbox) -> None:
    _post(running_alertmanager, FAILING)

    subject, text = _text_of(mailbox.next())
    assert subject.startswith("[Cảnh báo] ")
    assert "Bậc: Dịch vụ công." in text


def test_the_templates_name_every_rung_as_the_glossary_does() -> None:
    template = (ALERTS / "templates" / "sansang.tmpl").read_text(encoding="utf-8")
    named = dict(re.findall(r'if eq \. "(\w+)" }}([^{]+){{', template.split('define "sansang.rung"')[1]))

    assert named == {rung.value: word("rung", rung) for rung in Rung}
