"""Reads certificates and keys from files, and says what is wrong with them in words."""

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from sansang_agent.contract.mistake import wrong

from .errors import TlsError

MOST_BYTES = 1_048_576


def chain(path: Path) -> list[x509.Certificate]:
    """The certificates in a file, the server's own first; raises :class:`TlsError`."""
    try:
        found = x509.load_pem_x509_certificates(_bytes(path))
    except ValueError as error:
        raise TlsError(wrong("{file} holds no PEM certificate", file=path)) from error
    return found


def key(path: Path) -> PrivateKeyTypes:
    """The private key in a file that only its owner can read; raises :class:`TlsError`, which never tells the key."""
    if mistake := open_to_others(path):
        raise TlsError(mistake)
    try:
        return serialization.load_pem_private_key(_bytes(path), None)
    except TypeError:
        raise TlsError(wrong("{file} is encrypted; the collector asks nobody for a password", file=path)) from None
    except Exception:  # noqa: BLE001  # ValueError, UnsupportedAlgorithm; their words may hold parts of the file
        raise TlsError(wrong("{file} holds no PEM private key", file=path)) from None


def fits(certificate: x509.Certificate, private: PrivateKeyTypes) -> bool:
    """Whether the key is this certificate's."""
    shape = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return certificate.public_key().public_bytes(*shape) == private.public_key().public_bytes(*shape)


def open_to_others(path: Path) -> str:
    """That other users can read a file; empty if they cannot, or there is none: reading it says why."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    is_open = sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO)
    return wrong("{file} can be read by other users; run: chmod 600 {file}", file=path) if is_open else ""


def mistakes(certificate: Path, private: Path) -> Iterator[tuple[str, str]]:
    """All that is wrong with a certificate and its key, each beside the key of the settings that names the file.

    A file that this user may not read is no mistake: only the collector's own user can tell.
    """
    shown = held = None
    try:
        shown = chain(certificate)[0]
    except TlsError as error:
        if not isinstance(error.__cause__, PermissionError):
            yield "tls_certificate", error.args[0]
    try:
        held = key(private)
    except TlsError as error:
        if not isinstance(error.__cause__, PermissionError):
            yield "tls_key", error.args[0]
    if shown is not None and held is not None and not fits(shown, held):
        yield "tls_key", wrong("{key} is not the key of {certificate}", key=private, certificate=certificate)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except FileNotFoundError as error:
        raise TlsError(wrong("there is no file {file}", file=path)) from error
    except OSError as error:
        raise TlsError(
            wrong("{file} cannot be read: {reason}", file=path, reason=error.strerror or str(error))
        ) from error
