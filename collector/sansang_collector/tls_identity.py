"""What the collector shows of itself before anybody trusts it: its authority and the certificate it serves."""

import msgspec


class TlsIdentity(msgspec.Struct, frozen=True):
    """All empty where the collector itself speaks no TLS."""

    ca_pem: str = ""
    """The authority that machines are to trust, PEM; empty: their system's."""
    certificate_sha256: str = ""
    """SHA-256 (hex) of the certificate served (DER)."""
    expires_at: float = 0.0
    """When that certificate ends, Unix seconds."""


NO_TLS = TlsIdentity()
