"""What the settings say of TLS and proxies: every mistake at once, in words, and what is dangerous is said aloud."""

import time
from pathlib import Path

import pytest

from sansang_collector import cli, settings_rules
from sansang_collector.settings import CollectorSettings
from sansang_collector.tls import certificates, own

NAMES = frozenset({"localhost", "127.0.0.1"})
YEAR = 31_536_000.0


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli.main([*arguments, "--lang", "en"])
    said = capsys.readouterr()
    return status, said.out.strip(), said.err.strip()


def check(capsys: pytest.CaptureFixture[str], folder: Path, text: str) -> tuple[int, str]:
    config = folder / "collector.yml"
    config.write_text(text, encoding="utf-8")
    status, out, err = run(capsys, "check-config", "--config", str(config))
    return status, (err or out).replace(str(folder) + "/", "")


def given(folder: Path, now: float | None = None) -> own.OwnFiles:
    """A certificate and a key beside the settings, as if somebody had bought them."""
    at = own.files_in(folder)
    own.prepare(at, NAMES, time.time() if now is None else now)
    return at


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (CollectorSettings(), "off"),
        (CollectorSettings(listen="[::1]:1"), "off"),
        (CollectorSettings(listen="localhost:1"), "off"),
        (CollectorSettings(listen="0.0.0.0:1"), "own"),
        (CollectorSettings(listen="collector.example:1"), "own"),
        (CollectorSettings(listen="0.0.0.0:1", tls="off"), "off"),
        (CollectorSettings(tls="own"), "own"),
    ],
)
def test_whoever_listens_for_others_speaks_tls_unless_told_otherwise(settings: CollectorSettings, kind: str) -> None:
    assert settings.tls_kind == kind
    assert bool(settings_rules.warning(settings)) == (settings.listen == "0.0.0.0:1" and kind == "off")


def test_off_needs_no_quotes_and_is_warned_of_where_others_can_connect(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = check(capsys, tmp_path, "listen: 0.0.0.0:9640\ntls: off\n")

    assert status == 0
    assert "'tls: off'" in said
    assert check(capsys, tmp_path, "tls: off\n") == (0, "collector.yml is good.")


def test_names_of_files_are_below_the_settings_own_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given(tmp_path)
    text = "tls: files\ntls_certificate: tls/server.pem\ntls_key: tls/server.key\ntls_ca: tls/ca.pem\n"

    assert check(capsys, tmp_path, text) == (0, "collector.yml is good.")


@pytest.mark.needs("linux")
def test_all_that_is_wrong_is_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given(tmp_path).key.chmod(0o644)
    text = (
        "tls: files\ntls_certificate: nowhere.pem\ntls_key: tls/server.key\ntls_ca: collector.yml\n"
        "proxies: [10.0.0.0/33, 0.0.0.0/0, 10.0.0.1, nginx]\nconnections: 5\n"
    )
    status, said = check(capsys, tmp_path, text)

    assert status == 1
    assert said.splitlines() == [
        "collector.yml:2: tls_certificate: there is no file nowhere.pem",
        "collector.yml:3: tls_key: tls/server.key can be read by other users; run: chmod 600 tls/server.key",
        "collector.yml:4: tls_ca: collector.yml holds no PEM certificate",
        "collector.yml:5: proxies[0]: '10.0.0.0/33' is not an address or a network such as 10.1.2.0/24",
        "collector.yml:5: proxies[1]: '0.0.0.0/0' is everybody, who could then claim any address",
        "collector.yml:5: proxies[3]: 'nginx' is not an address or a network such as 10.1.2.0/24",
        "collector.yml:6: connections: must be at least 100",
    ]


def test_a_key_that_does_not_fit_is_said_to_be_another_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given(tmp_path)
    (tmp_path / "other.key").write_bytes(certificates.key_pem(certificates.new_authority(0).key))
    (tmp_path / "other.key").chmod(0o600)
    text = "tls: files\ntls_certificate: tls/server.pem\ntls_key: other.key\n"

    assert check(capsys, tmp_path, text) == (
        1,
        "collector.yml:3: tls_key: other.key is not the key of tls/server.pem",
    )


def test_a_certificate_whose_time_is_over_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given(tmp_path, time.time() - 2 * YEAR)
    status, said = check(capsys, tmp_path, "tls: files\ntls_certificate: tls/server.pem\ntls_key: tls/server.key\n")

    assert status == 1
    assert said.startswith("collector.yml: tls_certificate: the certificate in tls/server.pem ended on 20")


def test_files_without_a_name_and_names_without_files_are_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(capsys, tmp_path, "tls: files\n")[1].splitlines() == [
        "collector.yml:1: tls: 'tls: files' needs 'tls_certificate'",
        "collector.yml:1: tls: 'tls: files' needs 'tls_key'",
    ]
    assert check(capsys, tmp_path, "tls_key: a.key\n") == (1, "collector.yml:1: tls_key: counts with 'tls: files' only")
    assert "must be one of" in check(capsys, tmp_path, "tls: on\n")[1]


def test_the_authority_is_shown_as_openssl_writes_it_and_exported_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "ca", "show", "--data", str(tmp_path))[0] == 1
    at = given(tmp_path)
    status, shown, _ = run(capsys, "ca", "show", "--data", str(tmp_path))

    assert status == 0
    assert shown.splitlines()[0] == f"Authority: {at.ca}"
    assert len(shown.splitlines()[1].removeprefix("SHA-256: ").split(":")) == 32
    assert run(capsys, "ca", "export", "--data", str(tmp_path))[1] == at.ca.read_text(encoding="ascii").strip()


def test_a_link_says_https_where_the_collector_speaks_tls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "collector.yml"
    config.write_text("listen: 127.0.0.1:9640\ntls: own\n", encoding="utf-8")
    said = run(capsys, "link", "--config", str(config), "--data", str(tmp_path / "data"))[1]

    assert said.startswith("https://127.0.0.1:9640/login/")
