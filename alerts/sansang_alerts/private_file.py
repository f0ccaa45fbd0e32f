"""Writes small files of the owner's alone: whoever finds one after a power cut finds the old or the new, and whole."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Make or replace ``path``, mode 0600 (its folder has to be there); raises OSError, and then it is as it was."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        # never, not even for a moment, readable by others: the mode is part of making the file
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
