"""The collector's own authority and certificate: made once, renewed in time, and honest when something is lost."""

import logging
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sansang_collector.settings import CollectorSettings
from sansang_collector.tls import certificates, files, own
from sansang_collector.tls.errors import TlsError
from sansang_collector.tls.names import names_of
from tests.support.ledgers import NOW

DAY = 86_400.0
NAMES = frozenset({"localhost", "127.0.0.1", "::1", "sansang.example"})


def made(folder: Path, now: float = NOW, names: frozenset[str] = NAMES) -> own.OwnFiles:
    at = own.files_in(folder)
    own.prepare(at, names, now)
    return at


def leaf(at: own.OwnFiles) -> x509.Certificate:
    return files.chain(at.certificate)[0]


def test_an_authority_signs_servers_and_no_other_authorities(tmp_path: Path) -> None:
    ca = files.chain(made(tmp_path).ca)[0]
    basic = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = ca.extensions.get_extension_for_class(x509.KeyUsage)

    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    assert (usage.critical, usage.value.key_cert_sign, usage.value.digital_signature) == (True, True, False)
    assert ca.not_valid_after_utc - ca.not_valid_before_utc == timedelta(days=3650)


def test_a_certificate_is_for_all_names_and_no_longer_than_browsers_take(tmp_path: Path) -> None:
    found = leaf(made(tmp_path))
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value

    assert certificates.names_in(found) == NAMES
    assert [one._name for one in usage] == ["serverAuth"]
    assert found.not_valid_after_utc - found.not_valid_before_utc <= timedelta(days=398)
    assert found.not_valid_before_utc == datetime.fromtimestamp(NOW, UTC) - timedelta(hours=1)


@pytest.mark.needs("linux")
def test_nobody_else_may_look_at_the_keys(tmp_path: Path) -> None:
    at = made(tmp_path)

    assert stat.S_IMODE(at.folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in (at.ca_key, at.key)] == [0o600, 0o600]
    assert sorted(path.name for path in at.folder.iterdir()) == ["ca.key", "ca.pem", "server.key", "server.pem"]


@pytest.mark.needs("openssl")
def test_openssl_accepts_the_chain_strictly(tmp_path: Path) -> None:
    at = made(tmp_path)
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-attime", str(int(NOW))]
    done = subprocess.run(
        [*command, "-verify_hostname", "sansang.example", "-CAfile", at.ca, at.certificate],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout.strip()) == (0, f"{at.certificate}: OK")


def test_a_certificate_is_kept_until_two_thirds_of_its_life_are_over(tmp_path: Path) -> None:
    first = leaf(made(tmp_path))
    assert leaf(made(tmp_path, NOW + 264 * DAY)) == first
    later = leaf(made(tmp_path, NOW + 265 * DAY))

    assert later.not_valid_after_utc > first.not_valid_after_utc
    assert files.chain(own.files_in(tmp_path).ca)[0].not_valid_before_utc < later.not_valid_before_utc


def test_a_certificate_of_the_future_is_made_anew_once_the_clock_is_right(tmp_path: Path) -> None:
    made(tmp_path)
    made(tmp_path, NOW + 300 * DAY)

    assert leaf(made(tmp_path, NOW)).not_valid_before_utc.timestamp() < NOW


def test_another_name_makes_another_certificate_of_the_same_authority(tmp_path: Path) -> None:
    ca = made(tmp_path).ca.read_bytes()
    at = made(tmp_path, names=NAMES | {"new.example"})

    assert "new.example" in certificates.names_in(leaf(at))
    assert at.ca.read_bytes() == ca


@pytest.mark.parametrize("lost", ["server.key", "server.pem"])
@pytest.mark.parametrize("damage", [None, b"", b"-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n"])
def test_a_lost_or_damaged_server_key_only_makes_a_new_one(tmp_path: Path, lost: str, damage: bytes | None) -> None:
    at = made(tmp_path)
    ca = at.ca.read_bytes()
    path = at.folder / lost
    path.unlink() if damage is None else path.write_bytes(damage)

    assert own.prepare(at, NAMES, NOW) is True
    assert at.ca.read_bytes() == ca
    assert files.fits(leaf(at), files.key(at.key))


@pytest.mark.parametrize("damage", [None, b"", b"not a key"])
def test_a_lost_authoritys_key_is_told_and_serving_goes_on_with_what_there_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes | None
) -> None:
    at = made(tmp_path)
    before = leaf(at)
    at.ca_key.unlink() if damage is None else at.ca_key.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        assert own.prepare(at, NAMES, NOW) is False

    assert leaf(at) == before
    assert "every machine has to be enrolled again" in caplog.text
    with pytest.raises(TlsError, match=r"ca\.key.*backup.*enrolled again"):
        own.prepare(at, NAMES | {"new.example"}, NOW)


@pytest.mark.parametrize("damage", [None, b"", b"not a certificate"])
def test_a_lost_authority_is_never_replaced_in_silence(tmp_path: Path, damage: bytes | None) -> None:
    at = made(tmp_path)
    at.ca.unlink() if damage is None else at.ca.write_bytes(damage)

    with pytest.raises(TlsError, match=r"ca\.pem.*backup.*enrolled again"):
        own.prepare(at, NAMES, NOW)


def test_an_authority_whose_key_is_anothers_signs_nothing(tmp_path: Path) -> None:
    at, other = made(tmp_path / "a"), made(tmp_path / "b")
    at.ca_key.write_bytes(other.ca_key.read_bytes())
    at.certificate.unlink()

    with pytest.raises(TlsError, match=r"ca\.key is not the key of .*ca\.pem"):
        own.prepare(at, NAMES, NOW)


def test_an_authority_that_ended_is_said_to_have_ended(tmp_path: Path) -> None:
    made(tmp_path)

    with pytest.raises(TlsError, match=r"ended on 20\d\d-"):
        made(tmp_path, NOW + 3651 * DAY)


def test_half_an_authority_after_a_power_cut_is_none(tmp_path: Path) -> None:
    half = own.files_in(tmp_path, own.FOLDER + ".part")
    half.folder.mkdir()
    half.ca_key.write_bytes(b"half a k")

    assert leaf(made(tmp_path))
    assert not half.folder.exists()


def test_a_certificate_outlives_no_authority(tmp_path: Path) -> None:
    made(tmp_path)
    at = made(tmp_path, NOW + 3500 * DAY)

    assert leaf(at).not_valid_after_utc == files.chain(at.ca)[0].not_valid_after_utc


def test_all_names_it_is_reached_by_are_in_it_and_none_that_is_no_name() -> None:
    settings = CollectorSettings(
        listen="0.0.0.0:9640", public_url="https://Sẵn-Sàng.example:8443/x", hosts=("10.1.2.3", "[2001:db8::1]", "Box")
    )

    always = {"localhost", "127.0.0.1", "::1"}
    assert names_of(settings, "máy chủ!") == always | {
        "xn--sn-sng-lta6022d.example", "10.1.2.3", "2001:db8::1", "box"
    }  # fmt: skip
    assert names_of(CollectorSettings(), "may-chu") == always | {"may-chu"}


def test_two_authorities_differ_in_name(tmp_path: Path) -> None:
    one, two = (files.chain(made(tmp_path / name).ca)[0].subject for name in "ab")

    assert one != two
