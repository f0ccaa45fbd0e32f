"""A server whose certificate is signed by an authority between it and the trusted one: good, out of date or unsent."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


class Party(NamedTuple):
    """Somebody with a key."""

    name: str
    key: ec.EllipticCurvePrivateKey


class Chain(NamedTuple):
    """What a client trusts, and what a server shows."""

    ca_file: Path
    server: ssl.SSLContext


def between(folder: Path, valid: tuple[int, int], *, sent: bool = True) -> Chain:
    """Server (90 days), middle (``valid``: days from now), root; ``sent``: whether the server shows the middle one."""
    root, middle, server = (Party(name, ec.generate_private_key(ec.SECP256R1())) for name in ("root", "middle", "dvc"))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    ca, leaf = x509.BasicConstraints(ca=True, path_length=None), x509.BasicConstraints(ca=False, path_length=None)
    shown = [
        _certificate(server, middle, (-1, 90), leaf, names),
        *([_certificate(middle, root, valid, ca)] if sent else []),
    ]
    ca_file, chain_file, key_file = folder / "root.pem", folder / "chain.pem", folder / "dvc.key"
    ca_file.write_bytes(_certificate(root, root, (-1, 3650), ca))
    chain_file.write_bytes(b"".join(shown))
    key_file.write_bytes(
        server.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain_file, key_file)
    return Chain(ca_file, context)


def _certificate(subject: Party, issuer: Party, valid: tuple[int, int], *extensions: x509.ExtensionType) -> bytes:
    now = datetime.now(UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(subject.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + valid[0] * _DAY)
        .not_valid_after(now + valid[1] * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(subject.key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _name(party: Party) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, party.name)])
