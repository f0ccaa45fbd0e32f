"""What a device is asked with: read from the files a check names at each run, so that a new secret is used at once.

Never part of a profile, a report, a log line or a ``repr``.
"""

from pathlib import Path

import msgspec

from sansang_agent.contract import secret_file
from sansang_agent.contract.check import SnmpAuth, SnmpCheck, SnmpPriv, SnmpVersion
from sansang_agent.contract.outcome import Reason

from .reasons import ProbeError

SHORTEST_PASSPHRASE = 8
"""RFC 3414, section 11.2."""


class Community(msgspec.Struct, frozen=True):
    """A community of version 2c."""

    name: str

    def __repr__(self) -> str:
        """Says nothing of the secret."""
        return "Community(…)"


class User(msgspec.Struct, frozen=True):
    """A user of version 3 with both passphrases: level authPriv."""

    name: str
    auth: SnmpAuth
    auth_secret: str
    priv: SnmpPriv
    priv_secret: str

    def __repr__(self) -> str:
        """Says nothing of the secrets."""
        return f"User({self.name!r}, …)"


Credential = Community | User


def credential_of(check: SnmpCheck) -> Credential:
    """What ``check`` is asked with; raises :class:`ProbeError` (not_configured) where a file cannot be used."""
    try:
        if check.version is SnmpVersion.V2C:
            return Community(secret_file.read(_path(check.community_file, "community_file")))
        auth = secret_file.read(_path(check.auth_file, "auth_file"), SHORTEST_PASSPHRASE)
        priv = secret_file.read(_path(check.priv_file, "priv_file"), SHORTEST_PASSPHRASE)
    except secret_file.SecretError as error:
        raise ProbeError(Reason.NOT_CONFIGURED, str(error)) from error
    return User(check.user, check.auth, auth, check.priv, priv)


def _path(name: str, key: str) -> Path:
    if not name:
        raise ProbeError(Reason.NOT_CONFIGURED, f"no {key} is named")
    return Path(name)
