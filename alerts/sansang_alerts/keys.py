"""Secrets that alerts make for themselves, once, in files that nobody else can read.

The data folder holds them: the key of acknowledgement links, the token of the webhook, the key of the on-call page.
"""

import os
import secrets
from pathlib import Path

from sansang_agent.contract import secret_file

SHORTEST = 32
"""Characters; what is made here has 43."""


def kept(path: Path) -> str:
    """The secret in ``path``, made there if there is none yet; raises SecretError and OSError."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(path)
    return secret_file.read(path, SHORTEST)


def _make(path: Path) -> None:
    """Whole or not at all, and never over one that another program has made meanwhile."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_urlsafe(32) + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(half, path)
    except FileExistsError:
        pass
    finally:
        half.unlink()
