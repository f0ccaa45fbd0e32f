"""Writes small files of the owner's alone: whoever finds one after a power cut finds the old or the new, and whole."""

import os
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Make or replace ``path``, mode 0600, and its folder where there is none, mode 0700; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(path.name + ".part")
    half.unlink(missing_ok=True)
    # Never, not even for a moment, readable by others: the mode is part of making the file.
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
