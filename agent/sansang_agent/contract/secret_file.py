"""Secrets in files of their own: read only where nobody else can read them, and never part of settings or profiles.

Used where a configuration is judged and again where the secret is needed.
"""

import stat
import sys
from collections.abc import Iterator
from pathlib import Path


class SecretError(Exception):
    """A secret that cannot be used; ``str()`` says why, and never what it is."""


class UnreadableError(SecretError):
    """A file that this user may not read; another one may."""


def mistakes(path: Path) -> Iterator[str]:
    """What is wrong with the file itself: missing, no file, or readable by others."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        yield f"there is no file {path}"
    except OSError:
        return  # another user's file: only the service itself can tell
    else:
        if not stat.S_ISREG(mode):
            yield f"{path} is not a file"
        elif sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield f"{path} can be read by other users; run: chmod 600 {path}"


def read(path: Path, shortest: int = 1) -> str:
    """The secret in ``path``, its first line, of at least ``shortest`` characters; raises :class:`SecretError`."""
    first = lines(path)[:1]
    secret = first[0].strip() if first else ""
    if len(secret) < shortest:
        wanted = f"fewer than {shortest} characters" if secret else "nothing in its first line"
        raise SecretError(f"{path} holds {wanted}")
    return secret


def lines(path: Path) -> list[str]:
    """All lines of a small file that is as secret; raises :class:`SecretError`."""
    for mistake in mistakes(path):
        raise SecretError(mistake)
    try:
        return path.read_bytes()[:4096].decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SecretError(f"{path} is not UTF-8 text") from error
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}") from error
