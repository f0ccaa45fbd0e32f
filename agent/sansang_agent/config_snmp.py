"""What is wrong with how an snmp check says who asks: by a community, or as a user with two passphrases.

Pure but for looking at the files that hold the secrets; used by config_rules.py.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .contract import secret_file
from .contract.check import SnmpVersion
from .contract.mistake import wrong
from .contract.strict import INVALID

_SHORTEST = {"community_file": 1, "auth_file": 8, "priv_file": 8}
"""Keys that name a secret, and its fewest characters (RFC 3414, section 11.2)."""
_NEEDED = {SnmpVersion.V2C: ("community_file",), SnmpVersion.V3: ("user", "auth_file", "priv_file")}
_OF_V3 = ("user", "auth", "auth_file", "priv", "priv_file")
_FOREIGN = {SnmpVersion.V2C: _OF_V3, SnmpVersion.V3: ("community_file",)}
_LONGEST_USER = 32
"""Octets in a user's name (RFC 3414, section 2.4)."""


def mistakes(parts: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, str]]:
    """What is wrong with the well-formed ``parts`` of an snmp check; relative paths start at ``folder``."""
    version = parts.get("version", SnmpVersion.V2C)
    for key in _FOREIGN[version]:
        if parts.get(key):
            other = SnmpVersion.V3 if version is SnmpVersion.V2C else SnmpVersion.V2C
            yield (
                key,
                wrong("goes with version {other}; this check has version {version}", other=other, version=version),
            )
    for key in _NEEDED[version]:
        if not parts.get(key):
            yield key, wrong("is needed for version {version}", version=version)
        elif key in _SHORTEST:
            yield from ((key, message) for message in _secret(folder / parts[key], _SHORTEST[key]))
    if len(parts.get("user", "").encode()) > _LONGEST_USER:
        yield "user", wrong("is longer than {count} bytes", count=_LONGEST_USER)
    for number, pattern in enumerate(parts.get("interfaces", ())):
        if pattern is not INVALID and not pattern.strip():
            yield f"interfaces[{number}]", wrong("is empty")


def _secret(path: Path, shortest: int) -> Iterator[str]:
    """Nothing where another user's file cannot be looked at: only the service itself can tell."""
    try:
        secret_file.read(path, shortest)
    except secret_file.UnreadableError:
        return
    except secret_file.SecretError as error:
        yield error.args[0]
