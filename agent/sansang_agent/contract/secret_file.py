"""Secrets in files of their own: read only where nobody else can read them, and never part of settings or profiles.

Used where a configuration is judged and again where the secret is needed.
"""

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from .mistake import Gettext, in_words, wrong


class SecretError(Exception):
    """A secret that cannot be used; ``str()`` says why, and never what it is."""

    def said(self, _: Gettext) -> str:
        """The same by a catalogue."""
        return in_words(self.args[0], _)


class UnreadableError(SecretError):
    """A file that this user may not read; another one may."""


def mistakes(path: Path) -> Iterator[str]:
    """What is wrong with the file itself: missing, no file, or readable by others."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        yield wrong("there is no file {file}", file=path)
    except OSError:
        return  # another user's file: only the service itself can tell
    else:
        if not stat.S_ISREG(mode):
            yield wrong("{file} is not a file", file=path)
        elif sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield wrong("{file} can be read by other users; run: chmod 600 {file}", file=path)


def read(path: Path, shortest: int = 1) -> str:
    """The secret in ``path``, its first line, of at least ``shortest`` characters; raises :class:`SecretError`."""
    first = lines(path)[:1]
    secret = first[0].strip() if first else ""
    if len(secret) < shortest:
        if secret:
            raise SecretError(wrong("{file} holds fewer than {count} characters", file=path, count=shortest))
        raise SecretError(wrong("{file} holds nothing in its first line", file=path))
    return secret


def lines(path: Path) -> list[str]:
    """All lines of a small file that is as secret; raises :class:`SecretError`."""
    for mistake in mistakes(path):
        raise SecretError(mistake)
    try:
        return path.read_bytes()[:4096].decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SecretError(wrong("{file} is not UTF-8 text", file=path)) from error
    except OSError as error:
        raise UnreadableError(
            wrong("{file} cannot be read: {reason}", file=path, reason=error.strerror or str(error))
        ) from error
