"""A real collector that is killed, a real vantage beside it, a real mail server: people are told once, and the end."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tests.support import deadman
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.mail_server import MailServer
from tests.support.vantage_process import ALERTS, Vantage


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, mail: MailServer) -> Path:
    """The collector's settings: it writes the dead man's file where the vantage looks for it."""
    told = replace(deadman.settings(deadman.mail(mail.port)), dead_man_file="deadman.json")
    (tmp_path / "alerts.yml").write_bytes(msgspec.json.encode(told))
    path = tmp_path / "collector.yml"
    path.write_text(json.dumps({"alerts": str(tmp_path / "alerts.yml")}), encoding="utf-8")
    return path


@pytest.fixture
def collector(tmp_path: Path, config: Path) -> Iterator[CollectorProcess]:
    with running_collector(tmp_path / "collector", config) as started:
        yield started


@pytest.fixture
def vantage(tmp_path: Path, collector: CollectorProcess) -> Iterator[Vantage]:
    started = Vantage(tmp_path, collector.url, collector.token("agent", "00000", "vantage"))
    started.start()
    yield started
    started.kill()


def test_a_killed_collector_is_told_once_and_its_end_too_whatever_else_is_killed(
    config: Path, collector: CollectorProcess, vantage: Vantage, mail: MailServer
) -> None:
    vantage.until(vantage.is_watching)

    collector.kill()
    mail.until(lambda: len(mail.mails) == 1)
    assert mail.mails[0].to == ("first@watch.invalid",)
    assert "Hệ thống giám sát không phản hồi từ" in mail.mails[0].text

    vantage.kill()
    vantage.start()
    vantage.until(lambda: "--since" in " ".join(vantage.commands()))
    assert len(mail.mails) == 1

    again = CollectorProcess(collector.data, config, port=collector.port)
    try:
        mail.until(lambda: len(mail.mails) == 2)
        vantage.until(lambda: not vantage.watched.exists())
    finally:
        again.kill()
    assert mail.mails[1].to == ("first@watch.invalid",)
    assert re.match(r"Hệ thống giám sát không phản hồi từ .+ đến .+ \(", mail.mails[1].text)

    mail.until(lambda: len(mail.mails) == 3)
    assert vantage.stop() == 0
    assert _children_are_gone(vantage)


def test_whom_a_file_would_tell_is_said_without_telling_them(tmp_path: Path, mail: MailServer) -> None:
    done = _told(tmp_path / "deadman.json", "--check")
    assert done.returncode == 1
    assert "không có tệp" in done.stderr

    path = deadman.write(tmp_path / "deadman.json", deadman.settings(deadman.mail(mail.port)))
    assert _told(path, "--check").stdout == "Trực first qua email\n"
    assert mail.mails == []


def test_a_file_that_others_can_read_is_refused_without_a_word_of_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "deadman.json"
    path.write_text('{"v": 1, "secrets": {"x": "very secret"}}', encoding="utf-8")
    path.chmod(0o644)
    opened = _told(path, "--since", "1795000000")
    path.chmod(0o600)
    broken = _told(path, "--since", "1795000000")

    assert (opened.returncode, broken.returncode) == (1, 1)
    assert "chmod 600" in opened.stderr
    assert "is no file for the dead man" in broken.stderr
    assert "very secret" not in opened.stderr + broken.stderr
    assert "Traceback" not in opened.stderr + broken.stderr


def _told(path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [str(ALERTS), "deadman", "--channels", str(path), *more]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)


def _children_are_gone(vantage: Vantage) -> bool:
    listed = subprocess.run(["ps", "-wweo", "args="], capture_output=True, text=True, check=True)
    return str(vantage.file) not in listed.stdout
