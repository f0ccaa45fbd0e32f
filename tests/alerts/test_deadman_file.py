"""The dead man's file: all that is needed to tell people, secrets too, and read only where nobody else can read it."""

from pathlib import Path

import pytest

from sansang_agent.contract.secret_file import SecretError
from sansang_alerts import deadman_file
from sansang_alerts.deadman_file import DeadManFileError
from sansang_alerts.rota import Override
from tests.support import deadman
from tests.support.channels import secret
from tests.support.channels import settings as channel

OVERRIDE = Override("watch", "chief", 1.0, 2.0, 3)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    token = secret(tmp_path, "token", "zalo-token-123")
    found = deadman.settings(channel("zalo", token_file=token), deadman.mail(25))
    path = deadman.write(tmp_path / "deadman.json", found, {("zalo", "first"): "chat-7"}, (OVERRIDE,))

    plan = deadman_file.read(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert plan.settings.people == found.people
    assert plan.settings.teams == found.teams
    assert plan.roster.chats == {("zalo", "first"): "chat-7"}
    assert plan.roster.overrides == (OVERRIDE,)
    assert plan.secrets == {token: "zalo-token-123\n"}


def test_secrets_come_with_it_and_the_files_themselves_may_be_gone(tmp_path: Path) -> None:
    password = secret(tmp_path, "password", "mail-password")
    (tmp_path / "ca.pem").write_text("-----BEGIN", encoding="utf-8")
    found = deadman.settings(deadman.mail(25, user="u", password_file=password, ca=str(tmp_path / "ca.pem")))
    plan = deadman_file.read(deadman.write(tmp_path / "deadman.json", found))
    Path(password).unlink()
    (tmp_path / "open").mkdir()

    (mail,) = deadman_file.unpacked(plan, tmp_path / "open")

    placed = Path(mail.password_file)  # type: ignore[union-attr]
    assert placed.read_text(encoding="utf-8") == "mail-password\n"
    assert placed.stat().st_mode & 0o777 == 0o600
    assert Path(mail.ca).read_text(encoding="utf-8") == "-----BEGIN"


def test_secrets_of_whoever_comes_in_stay_where_they_are(tmp_path: Path) -> None:
    files = {name: secret(tmp_path, name, f"secret of {name}") for name in ("token", "hook", "report", "key")}
    zalo = channel("zalo", token_file=files["token"], webhook_secret_file=files["hook"])
    sms = channel("sms", url="http://127.0.0.1:1/", secret_file=files["key"], report_secret_file=files["report"])

    content = deadman_file.made(deadman.settings(zalo, sms), {}, ())

    assert b"secret of token" in content
    assert b"secret of key" in content
    assert b"secret of hook" not in content
    assert b"secret of report" not in content


def test_the_same_facts_are_the_same_bytes(tmp_path: Path) -> None:
    found = deadman.settings(channel("zalo", token_file=secret(tmp_path, "token", "zalo-token-123")))
    chats = {("zalo", "second"): "2", ("zalo", "first"): "1"}

    assert deadman_file.made(found, chats, ()) == deadman_file.made(found, dict(sorted(chats.items())), ())


def test_a_secret_that_others_can_read_makes_no_file(tmp_path: Path) -> None:
    token = secret(tmp_path, "token", "zalo-token-123")
    Path(token).chmod(0o644)

    with pytest.raises(SecretError, match="can be read by other users"):
        deadman_file.made(deadman.settings(channel("zalo", token_file=token)), {}, ())


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (None, 0o600, "there is no file"),
        (b"{}", 0o644, "can be read by other users; run: chmod 600"),
        (b"{}", 0o600, "is no file for the dead man"),
        (b'{"v": 2}', 0o600, "is no file for the dead man"),
        (b"not json", 0o600, "is no file for the dead man"),
        (b"\xff\xfe", 0o600, "is no file for the dead man"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: bytes | None, mode: int, said: str) -> None:
    path = tmp_path / "deadman.json"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)

    with pytest.raises(DeadManFileError, match=said):
        deadman_file.read(path)
