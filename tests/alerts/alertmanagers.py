"""Starts a real Alertmanager with our configuration; only addresses, secret files and waits are replaced."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

from tests.alerts.documents import ALERTS
from tests.alerts.processes import free_port, running

CONFIG = ALERTS / "alertmanager.yml"
WEBHOOK_TOKEN = "the-token"


@contextmanager
def alertmanager(
    folder: Path, webhook_port: int, mailbox_port: int, port: int = 0, token: str = WEBHOOK_TOKEN, more: str = ""
) -> Iterator[str]:
    """The address (``host:port``) of an Alertmanager that keeps its files in ``folder``; ``more``: what somebody has
    added to the configuration."""
    copytree(ALERTS / "templates", folder / "templates")
    (folder / "token").write_text(f"{token}\n")
    (folder / "password").write_text("the-password\n")
    config = folder / "alertmanager.yml"
    config.write_text(_for_this_machine(folder, webhook_port, mailbox_port) + more, encoding="utf-8")
    address = f"127.0.0.1:{port or free_port()}"
    command = ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'data'}"]
    command += [f"--web.listen-address={address}", "--cluster.listen-address=", "--log.level=warn"]
    with running(command, ready=f"http://{address}/-/ready"):
        yield address


def _for_this_machine(folder: Path, webhook_port: int, mailbox_port: int) -> str:
    text = CONFIG.read_text(encoding="utf-8")
    for pattern, replacement in (
        (r"mail\.example\.org:587", f"127.0.0.1:{mailbox_port}"),
        (r"127\.0\.0\.1:9641", f"127.0.0.1:{webhook_port}"),
        (r"smtp_require_tls: true", "smtp_require_tls: false"),
        (r"/etc/alertmanager/secrets/smtp-password", str(folder / "password")),
        (r"/etc/alertmanager/secrets/webhook-token", str(folder / "token")),
        (r"group_wait: 30s", "group_wait: 0s"),
        (r"group_interval: 2m", "group_interval: 1s"),
    ):
        text, count = re.subn(pattern, replacement, text)
        assert count == 1, pattern
    return text
