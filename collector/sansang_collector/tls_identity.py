"""What the collector's TLS is told from: its own authority and the certificate it shows.

Enrolment names both to a machine that does not trust them yet.
"""

from typing import NamedTuple


class TlsIdentity(NamedTuple):
    """Empty where something before the collector speaks TLS, or nothing does."""

    ca_pem: str = ""
    """The CA certificate machines are to trust from now on."""
    certificate_sha256: str = ""
    """SHA-256 (hex) of the certificate (DER) shown at present."""
