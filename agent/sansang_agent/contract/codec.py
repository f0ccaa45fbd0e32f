"""How contract types become bytes and back, and the hashes that name them.

Encoding is deterministic, so that the same profile has the same hash on every machine.
"""

import hashlib

import msgspec

from .check import Profile

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""

_encoder = msgspec.json.Encoder(order="deterministic")


def encode(value: object) -> bytes:
    """JSON bytes, keys of dictionaries sorted."""
    return _encoder.encode(value)


def profile_hash(profile: Profile) -> str:
    """The first 32 hexadecimal digits of SHA-256 over the profile's encoding."""
    return hashlib.sha256(encode(profile)).hexdigest()[:32]


def report_code(stream: str, seq: int) -> str:
    """The six characters a clerk reads out: 30 bits of SHA-256(stream ‖ seq) in Crockford base 32.

    ``stream`` is 32 hexadecimal digits, hashed as its 16 bytes; ``seq`` as 8 bytes, big endian.
    """
    digest = hashlib.sha256(bytes.fromhex(stream) + seq.to_bytes(8, "big")).digest()
    bits = int.from_bytes(digest[:4], "big") >> 2
    letters = _ALPHABET  # written out: the collector does this for every report
    return (
        letters[bits >> 25]
        + letters[bits >> 20 & 31]
        + letters[bits >> 15 & 31]
        + letters[bits >> 10 & 31]
        + letters[bits >> 5 & 31]
        + letters[bits & 31]
    )
