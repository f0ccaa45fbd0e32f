"""Writes what only its owner may read."""

import os
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Make or replace ``path``, mode 0600, and its folder where there is none, mode 0700; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(path.name + ".part")
    half.unlink(missing_ok=True)
    # Never, not even for a moment, readable by others: the mode is part of making the file.
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    half.replace(path)
