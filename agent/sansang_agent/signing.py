"""Ed25519 (RFC 8032) for policy files: keys, signing on the machine that holds the secret, checking on every other.

The only module that needs the extra ``policy``, and only when it is called.
"""

import base64
from collections.abc import Mapping
from typing import NamedTuple

from .contract.signed_policy import KEY_BYTES, FormError, Sealed, key_id, seal, signed_bytes

HINT = "the extra 'policy' is not installed; run: pip install 'sansang[policy]'"


class UnsignedError(Exception):
    """A file that nobody trusted has signed, or nothing to check it with; ``str()`` says so, in English."""


class KeyPair(NamedTuple):
    """Both halves in base 64; the secret one shows nowhere by itself."""

    secret: str
    public: str

    def __repr__(self) -> str:
        return f"KeyPair(…, {self.public!r})"


def verify(sealed: Sealed, keys: Mapping[str, bytes]) -> None:
    """Raises :class:`UnsignedError` unless one of ``keys`` (public ones by their ids) has signed it."""
    if sealed.key_id not in keys:
        raise UnsignedError(f"it is signed by the key {sealed.key_id}, which this machine's file does not name")
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # an extra
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    except ImportError as error:
        raise UnsignedError(HINT) from error
    try:
        Ed25519PublicKey.from_public_bytes(keys[sealed.key_id]).verify(sealed.signature, signed_bytes(sealed.text))
    except InvalidSignature as error:
        raise UnsignedError("its signature is not right: it has been changed, or forged") from error


def new_pair() -> KeyPair:
    """A key that nobody has yet; raises :class:`UnsignedError` without the extra."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    except ImportError as error:
        raise UnsignedError(HINT) from error
    key = Ed25519PrivateKey.generate()
    return KeyPair(_written(key.private_bytes_raw()), _written(key.public_key().public_bytes_raw()))


def sign(text: bytes, secret: str) -> str:
    """The file of a text, signed; raises :class:`UnsignedError` without the extra or with a secret that is none."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    except ImportError as error:
        raise UnsignedError(HINT) from error
    try:
        key = Ed25519PrivateKey.from_private_bytes(_secret_bytes(secret))
    except FormError as error:
        raise UnsignedError("the key file does not hold a secret key") from error
    return seal(key_id(key.public_key().public_bytes_raw()), key.sign(signed_bytes(text)), text)


def _secret_bytes(secret: str) -> bytes:
    try:
        found = base64.b64decode(secret, validate=True)
    except ValueError as error:
        raise FormError("not base 64") from error
    if len(found) != KEY_BYTES:
        raise FormError("not as long as a key")
    return found


def _written(key: bytes) -> str:
    return base64.b64encode(key).decode()
