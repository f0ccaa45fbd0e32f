"""Small files that matter, written whole: after a power cut there is the old one or the new one, and never half of one.

What is secret is nobody else's to read at any moment.
"""

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

SECRET = 0o600
PUBLIC = 0o644


def write(path: Path, content: bytes, mode: int) -> None:
    """Replace ``path`` and do not return before it is on disk; raises OSError, and then it is as it was."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:  # noqa: PTH123
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)  # whatever the umask is
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    settle(path.parent)


def make_folder(path: Path, mode: int) -> None:
    """A folder in one that is there already; raises OSError."""
    path.mkdir(mode=mode, exist_ok=True)
    path.chmod(mode)  # whatever the umask is


def settle(folder: Path) -> None:
    """Have the names in ``folder`` on disk as well, where a system can say so; raises OSError."""
    if sys.platform != "win32":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
