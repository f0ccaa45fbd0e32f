"""A certificate authority for stand-ins, good and bad leaves on demand, all made on the spot.

Nothing of it is secret or lasts: keys live in a folder its owner removes.
"""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Kind = Literal["good", "expired", "not_yet", "wrong_name", "self_signed"]

_DAY = timedelta(days=1)
_VALIDITY = {"expired": (-400 * _DAY, -10 * _DAY), "not_yet": (10 * _DAY, 400 * _DAY)}


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Authority:
    """An authority whose own certificate is ``ca_file`` in ``folder``; ``context`` makes servers' settings."""

    def __init__(self, folder: Path, name: str = "sansang stand-in CA") -> None:
        self.ca_file = folder / "ca.pem"
        self._folder = folder
        self._name = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        self._certificate = (
            self._builder(self._name, now - _DAY, now + 3650 * _DAY)
            .public_key(self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def context(
        self, kind: Kind = "good", hosts: tuple[str, ...] = ("localhost", "127.0.0.1"), *, ask_client: bool = False
    ) -> ssl.SSLContext:
        """Settings of a TLS server whose certificate is ``kind``; ``ask_client`` refuses visitors without one."""
        chain = self.chain(kind, hosts)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        if ask_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca_file)
        return context

    def chain(self, kind: Kind, hosts: tuple[str, ...]) -> Path:
        """A file with the leaf's key and certificate; times in it are whole seconds from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        before, after = _VALIDITY.get(kind, (-_DAY, 90 * _DAY))
        now = datetime.now(UTC).replace(microsecond=0)
        names = ("elsewhere.example",) if kind == "wrong_name" else hosts
        alone = kind == "self_signed"
        builder = (
            self._builder(_name(names[0]), now + before, now + after, issuer=_name(names[0]) if alone else self._name)
            .public_key(key.public_key())
            .add_extension(x509.SubjectAlternativeName([_general(host) for host in names]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key((key if alone else self._key).public_key()),
                critical=False,
            )
        )
        leaf = builder.sign(key if alone else self._key, hashes.SHA256())
        path = self._folder / f"{kind}-{leaf.serial_number:x}.pem"
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + leaf.public_bytes(serialization.Encoding.PEM)
        )
        return path

    def _builder(
        self, subject: x509.Name, before: datetime, after: datetime, issuer: x509.Name | None = None
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or self._name)
            .serial_number(x509.random_serial_number())
            .not_valid_before(before)
            .not_valid_after(after)
        )
