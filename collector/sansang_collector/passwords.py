"""Passwords: which are taken, and how they are kept (argon2id, RFC 9106) and compared.

Each comparison takes 64 MiB and a fifth of a second of a processor, so only a few happen at once and only so many wait.
"""

import asyncio
import base64
import os
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

T = TypeVar("T")

SHORTEST = 12
LONGEST = 1024
"""Characters. NIST SP 800-63B asks for length and nothing about what kinds of characters there are."""
FEWEST_DIFFERENT = 4

AT_ONCE = 2
MOST_WAITING = 16
"""Comparisons under way or waiting for it; at a fifth of a second each, the last one waits less than two seconds."""


class Weak(StrEnum):
    """Why a password is not taken."""

    SHORT = "short"
    LONG = "long"
    NAME = "name"
    PLAIN = "plain"


class BusyError(Exception):
    """Too many comparisons are waiting already."""


def weakness(password: str, name: str) -> Weak | None:
    """What is wrong with a password for the account of this name; None for one that is taken.

    Plain: hardly any different characters, or a row such as 123456789012 or abcdefghijkl.
    """
    text = _composed(password)
    if len(text) < SHORTEST:
        return Weak.SHORT
    if len(text) > LONGEST:
        return Weak.LONG
    low = text.casefold()
    if name and len(low.replace(name, "").strip("0123456789.-_ ")) < FEWEST_DIFFERENT and name in low:
        return Weak.NAME
    steps = {(ord(after) - ord(before)) % 10 for before, after in pairwise(low)}
    return Weak.PLAIN if len(set(low)) < FEWEST_DIFFERENT or len(steps) == 1 else None


def random_password() -> str:
    """A start password of 100 bits in groups of four, which a person can copy from paper: no l, o, 0, 1."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))


class Passwords:
    """Makes what is kept of passwords, and compares; a few at once, each in a thread."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0
        self.nobody = _hash_of_nothing(self._hasher)
        """Kept for nobody: comparing with it takes as long as with any other, and always fails."""

    def make_sync(self, password: str) -> str:
        """What is kept of a password."""
        return self._hasher.hash(_composed(password))

    async def make(self, password: str) -> str:
        """The same in a thread; raises :class:`BusyError`."""
        return await self._in_turn(lambda: self.make_sync(password))

    async def verify(self, kept: str, password: str) -> bool:
        """Whether it is the password that ``kept`` was made of; raises :class:`BusyError`."""
        return await self._in_turn(lambda: self._verify(kept, password[: LONGEST + 1]))

    def is_outdated(self, kept: str) -> bool:
        """Whether it was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        """End the threads; what waits is done first."""
        self._threads.shutdown(wait=True)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, _composed(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._threads.submit(work))
        finally:
            self._waiting -= 1


def _composed(password: str) -> str:
    """The same however a keyboard wrote it: Vietnamese letters come composed or as a letter and its marks."""
    return unicodedata.normalize("NFC", password)


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    salt, digest = (
        base64.b64encode(os.urandom(size)).rstrip(b"=").decode() for size in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"
