"""The collector's own authority and certificate, as files below its data directory: made at the first start.

The authority is made once, as every machine that has been let in trusts it; a certificate is made whenever one is due.
"""

import logging
import shutil
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from sansang_agent.contract import whole_file

from . import certificates, files
from .certificates import Pair
from .errors import TlsError

_LOG = logging.getLogger(__name__)

FOLDER = "tls"


class OwnFiles(NamedTuple):
    """Where they lie."""

    ca_key: Path
    ca: Path
    key: Path
    certificate: Path

    @property
    def folder(self) -> Path:
        """Only the collector's user may look into it."""
        return self.ca.parent


def files_in(data: Path, name: str = FOLDER) -> OwnFiles:
    """The four files below a data directory."""
    folder = data / name
    return OwnFiles(folder / "ca.key", folder / "ca.pem", folder / "server.key", folder / "server.pem")


def prepare(at: OwnFiles, names: frozenset[str], now: float) -> bool:
    """Make what is missing or due; whether the certificate is a new one. Raises :class:`TlsError`, OSError."""
    if not any(path.exists() for path in at):
        _make_authority(at, now)
    ca = authority(at)
    if _is_good(at, ca, names, now):
        _warn_of_lost_key(at, ca)
        return False
    leaf = certificates.new_leaf(_signing(at, ca, now), names, now)
    # The key first: a certificate whose key is not there yet would be served by nobody, and both are made anew.
    whole_file.write_placed(at.key, certificates.key_pem(leaf.key))
    whole_file.write_placed(at.certificate, certificates.pem(leaf.certificate))
    _LOG.info("new certificate until %s for %s", leaf.certificate.not_valid_after_utc.date(), ", ".join(sorted(names)))
    return True


def authority(at: OwnFiles) -> x509.Certificate:
    """The authority's certificate; raises :class:`TlsError`."""
    try:
        return files.chain(at.ca)[0]
    except TlsError as error:
        raise TlsError(f"{error}. {_how_to_go_on(at)}") from error


def _make_authority(at: OwnFiles, now: float) -> None:
    """Key and certificate appear together: half an authority would look like one that lost the other half."""
    half = files_in(at.folder.parent, FOLDER + ".part")
    shutil.rmtree(half.folder, ignore_errors=True)
    half.folder.mkdir(parents=True, mode=0o700)
    made = certificates.new_authority(now)
    whole_file.write_placed(half.ca_key, certificates.key_pem(made.key))
    whole_file.write_placed(half.ca, certificates.pem(made.certificate))
    if at.folder.exists():
        at.folder.rmdir()  # with something unknown in it this says so
    half.folder.rename(at.folder)
    _LOG.info("new authority in %s, SHA-256 %s", at.ca, certificates.sha256(made.certificate))


def _is_good(at: OwnFiles, ca: x509.Certificate, names: frozenset[str], now: float) -> bool:
    try:
        shown, held = files.chain(at.certificate)[0], files.key(at.key)
    except TlsError:
        return False
    return (
        files.fits(shown, held)
        and certificates.is_signed_by(shown, ca)
        and certificates.names_in(shown) == names
        and certificates.is_fresh(shown, now)
    )


def _signing(at: OwnFiles, ca: x509.Certificate, now: float) -> Pair:
    held = _signing_key(at, ca)
    if ca.not_valid_after_utc.timestamp() <= now:
        raise TlsError(f"the authority in {at.ca} ended on {ca.not_valid_after_utc.date()}. {_how_to_go_on(at)}")
    return Pair(ca, held)


def _signing_key(at: OwnFiles, ca: x509.Certificate) -> ec.EllipticCurvePrivateKey:
    try:
        held = files.key(at.ca_key)
    except TlsError as error:
        raise TlsError(f"{error}. {_how_to_go_on(at)}") from error
    if not isinstance(held, ec.EllipticCurvePrivateKey) or not files.fits(ca, held):
        raise TlsError(f"{at.ca_key} is not the key of {at.ca}. {_how_to_go_on(at)}")
    return held


def _warn_of_lost_key(at: OwnFiles, ca: x509.Certificate) -> None:
    try:
        _signing_key(at, ca)
    except TlsError as error:
        _LOG.warning("the next certificate cannot be made: %s", error)


def _how_to_go_on(at: OwnFiles) -> str:
    return (
        f"Put {at.ca_key.name} and {at.ca.name} back from a backup. Without one, move the folder {at.folder} away: "
        "the collector then makes a new authority, and every machine has to be enrolled again"
    )
