"""The Alertmanager configuration: accepted, routed as meant, and delivering to a real webhook and a real mailbox."""

import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from sansang_agent.contract.rung import Owner, Rung
from sansang_agent.contract.words import word
from sansang_alerts.channels.outgoing import MOST_BYTES, Outgoing
from sansang_collector.incidents import maintenance_rows
from sansang_collector.incidents.maintenance import Kind, Plan
from sansang_collector.incidents.maintenance_rules import Ground
from sansang_collector.posted_alerts import CREATED_BY, moment
from sansang_collector.posting import Members
from sansang_collector.silencing import Silencing
from sansang_collector.store import Store
from tests.alerts.alertmanagers import CONFIG, WEBHOOK_TOKEN, alertmanager
from tests.alerts.documents import ALERTS, load
from tests.alerts.inboxes import Mailbox, Webhook
from tests.collector.simulation.provinces import code, province

SILENT = {
    "labels": {
        "alertname": "SansangCommuneWithoutAgent",
        "severity": "critical",
        "owner": "telecom",
        "commune": "06220",
        "name": "Xã Khánh Khê",
    },
    "annotations": {
        "summary": "Xã Khánh Khê (06220): không máy nào liên lạc được về trung tâm",
        "description": "Mất điện, thiết bị đầu cuối hoặc đường truyền.",
        "runbook": "docs/vi/runbooks/xa-mat-lien-lac.md",
        "dashboard": "/d/sansang-commune?var-commune=06220",
    },
    "startsAt": "2026-11-20T01:14:00Z",
}
FAILING = {
    "labels": {
        "alertname": "SansangCheckFailing",
        "severity": "warning",
        "owner": "service_owner",
        "check": "dvc",
        "rung": "service",
    },
    "annotations": SILENT["annotations"],
    "startsAt": "2026-11-20T01:14:00Z",
}
INCIDENT = {
    "labels": {"alertname": "SansangIncident", "incident": "K7F2QD", "severity": "critical", "owner": "telecom"},
    "annotations": {"summary": "Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ 08:14: 7 xã"},
    "startsAt": "2026-11-20T01:14:00Z",
}

NOW = time.time()
"""An Alertmanager takes no silence of the past."""
WORK = Plan(kind=Kind.PLANNED_WORK, title="Hàn cáp", communes=(code(0),), begins=NOW + 600, ends=NOW + 3600)
GROUND = Ground(province())


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
        ("alertname=SansangIncident incident=K7F2QD severity=critical owner=telecom", "sansang-alerts"),
        ("alertname=SansangIncident incident=K7F2QD severity=warning owner=us", "sansang-alerts"),
        ("alertname=SansangCollectorDown severity=critical owner=us", "us"),
        ("alertname=SansangMessagesStuck severity=critical owner=us", "us"),
        ("alertname=SansangCommuneWithoutAgent severity=critical owner=telecom commune=06220", "telecom"),
        ("alertname=SansangAgentSilent severity=warning owner=commune_it commune=06220", "commune_it"),
        ("alertname=SansangCheckFailing severity=warning owner=service_owner commune=06220 check=dvc", "service_owner"),
        ("alertname=SansangCertificateExpiring severity=warning owner=service_owner check=dvc", "service_owner"),
        ("alertname=Other severity=info", "us"),
        ("alertname=Other", "us"),
        *((f"alertname=Other severity=warning owner={owner.value}", owner.value) for owner in Owner),
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
def test_an_incident_and_its_end_reach_the_webhook_and_no_mailbox(
    running_alertmanager: str, webhook: Webhook, mailbox: Mailbox
) -> None:
    _post(running_alertmanager, INCIDENT)

    opened = webhook.next()
    assert opened.path == "/api/v1/alertmanager"
    assert opened.authorization == f"Bearer {WEBHOOK_TOKEN}"
    assert (opened.payload["status"], opened.payload["version"]) == ("firing", "4")
    assert opened.payload["alerts"][0]["labels"] == INCIDENT["labels"]

    _post(running_alertmanager, INCIDENT, endsAt="2026-11-20T02:00:00Z")

    assert webhook.next().payload["status"] == "resolved"
    assert mailbox.is_empty


@pytest.mark.needs("alertmanager")
def test_a_critical_alert_and_its_end_reach_the_mailbox(running_alertmanager: str, mailbox: Mailbox) -> None:
    _post(running_alertmanager, SILENT)

    subject, text = _text_of(mailbox.next())
    assert subject == "[Nghiêm trọng] Xã Khánh Khê (06220): không máy nào liên lạc được về trung tâm"
    assert "Từ 08:14 ngày 20/11/2026." in text

    _post(running_alertmanager, SILENT, endsAt="2026-11-20T02:00:00Z")

    subject, text = _text_of(mailbox.next())
    assert subject.startswith("[Hết cảnh báo] Xã Khánh Khê")
    assert "Từ 08:14 ngày 20/11/2026 đến 09:00 ngày 20/11/2026." in text


@pytest.mark.needs("alertmanager")
def test_a_warning_goes_by_mail_and_names_the_rung_in_vietnamese(running_alertmanager: str, mailbox: Mailbox) -> None:
    _post(running_alertmanager, FAILING)

    subject, text = _text_of(mailbox.next())
    assert subject.startswith("[Cảnh báo] ")
    assert "Bậc: Dịch vụ công." in text


@pytest.mark.needs("alertmanager")
async def test_a_silence_that_was_made_just_before_a_kill_is_found_again_and_ends_with_its_work(
    running_alertmanager: str, tmp_path: Path
) -> None:
    others = _silence(running_alertmanager, "maintenance:1 of somebody else")
    with closing(Store(tmp_path)) as store:
        async with Outgoing() as outgoing:
            members = Members([f"http://{running_alertmanager}"], outgoing)
            plan = store.write_sync(lambda it: maintenance_rows.add(it, WORK, GROUND, "lan", NOW))
            with pytest.raises(KilledError):
                await Silencing(store, KilledWithThePost(members.urls, outgoing), lambda: NOW).once()
            (orphan,) = _active(running_alertmanager) - {others}
            await Silencing(store, members, lambda: NOW).once()
            assert _active(running_alertmanager) == {orphan, others}

            store.write_sync(lambda it: maintenance_rows.cancel(it, plan.id, "lan", NOW))
            with pytest.raises(KilledError):
                await Silencing(store, KilledWithThePost(members.urls, outgoing, "DELETE"), lambda: NOW).once()
            await Silencing(store, members, lambda: NOW).once()

    assert _active(running_alertmanager) == {others}


class KilledError(Exception):
    """Nothing more was done."""


class KilledWithThePost(Members):
    """The collector is killed when an Alertmanager has done what it was asked, before the answer arrives."""

    def __init__(self, urls: Sequence[str], outgoing: Outgoing, method: str = "POST") -> None:
        super().__init__(urls, outgoing)
        self._method = method

    async def ask(self, method: str, path: str, body: object = None, most: int = MOST_BYTES) -> tuple[int, object]:
        answer = await super().ask(method, path, body, most)
        if method == self._method:
            raise KilledError
        return answer


def _silence(address: str, comment: str) -> str:
    body = {
        "matchers": [{"name": "commune", "value": code(0), "isRegex": True, "isEqual": True}], "comment": comment,
        "startsAt": moment(NOW), "endsAt": moment(NOW + 3600), "createdBy": CREATED_BY,
    }  # fmt: skip
    return str(httpx.post(f"http://{address}/api/v2/silences", json=body).raise_for_status().json()["silenceID"])


def _active(address: str) -> set[str]:
    found = httpx.get(f"http://{address}/api/v2/silences").raise_for_status().json()
    return {one["id"] for one in found if one["status"]["state"] != "expired"}


def test_the_templates_name_every_rung_as_the_glossary_does() -> None:
    template = (ALERTS / "templates" / "sansang.tmpl").read_text(encoding="utf-8")
    named = dict(re.findall(r'if eq \. "(\w+)" }}([^{]+){{', template.split('define "sansang.rung"')[1]))

    assert named == {rung.value: word("rung", rung) for rung in Rung}


def test_office_hours_are_vietnams_wherever_alertmanager_runs() -> None:
    hours = [interval for named in load(CONFIG)["time_intervals"] for interval in named["time_intervals"]]

    assert {interval["location"] for interval in hours} == {"Asia/Ho_Chi_Minh"}


def test_only_notes_are_muted_because_what_is_muted_loses_its_end() -> None:
    muted = [route for route in load(CONFIG)["route"]["routes"] if "active_time_intervals" in route]

    assert [route["matchers"] for route in muted] == [['severity="info"']]
