"""Small files that matter, written whole: after a power cut there is the old one or the new one, and never half of one.

What is secret is nobody else's to read at any moment. Agent, collector and alerts write theirs by this alone.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SECRET = 0o600
PUBLIC = 0o644


def write(path: Path, content: bytes, mode: int = SECRET) -> None:
    """Make or replace ``path`` in a folder that is there, and do not return before it is on disk; raises OSError, and
    then it is as it was."""
    with _draft(path, content, mode) as draft:
        draft.replace(path)


def write_placed(path: Path, content: bytes) -> None:
    """Like :func:`write`, a secret, and its folder where there is none, which is the owner's alone."""
    make_folders(path.parent)
    write(path, content)


def make(path: Path, content: bytes) -> bool:
    """Make a secret where there is none yet, never over one that another program has made meanwhile; whether it was
    made. Raises OSError."""
    make_folders(path.parent)
    with _draft(path, content, SECRET) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
    return True


def make_folder(path: Path, mode: int) -> None:
    """A folder in one that is there already; raises OSError."""
    path.mkdir(mode=mode, exist_ok=True)
    path.chmod(mode)  # whatever the umask is


def make_folders(path: Path) -> None:
    """A folder of the owner's alone, and those it stands in, where there are none; raises OSError."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def settle(folder: Path) -> None:
    """Have the names in ``folder`` on disk as well, where a system can say so; raises OSError."""
    if sys.platform != "win32":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@contextmanager
def _draft(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """The content on disk beside ``path``, for the time of the block; its folder is settled afterwards."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        # never, not even for a moment, readable by others: the mode is part of making the file
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:  # noqa: PTH123
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)  # whatever the umask is
        yield draft
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    settle(path.parent)
