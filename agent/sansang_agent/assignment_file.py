"""The centre's assignment kept beside the spool: a restart with no line goes on with what was assigned last.

It belongs to the collector it came from: a machine that has gone over to another one does not do the first one's work.
"""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

from .assigned import Assigned, AssignmentError, hash_of, read

FILE = "assignment.json"

_log = logging.getLogger(__name__)


def keep(folder: Path, url: str, body: bytes) -> None:
    """Remember what the collector at ``url`` assigned; a disk that refuses costs this only, and is logged."""
    draft = folder / f"{FILE}.{os.getpid()}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(f"{hash_of(body)} {url}\n".encode() + body)
        draft.chmod(0o644)
        draft.replace(folder / FILE)
    except OSError as exc:
        _log.warning("the centre's assignment cannot be kept for a restart: %s", exc)


def kept(folders: Iterable[Path], url: str) -> Assigned:
    """What ``url`` assigned, of the first of ``folders`` that has a good one; an empty one where none has."""
    found = (_kept(folder / FILE, url) for folder in folders)
    return next((one for one in found if one), Assigned())


def forget(folder: Path) -> None:
    """What was assigned to this machine counts no more; raises OSError."""
    (folder / FILE).unlink(missing_ok=True)


def _kept(path: Path, url: str) -> Assigned | None:
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        name, _, origin = head.decode("utf-8", "replace").partition(" ")
        if name != hash_of(body):
            raise AssignmentError("it is not what was written")
        if origin not in ("", url):  # earlier versions did not say from whom it is
            return None
        return read(body)
    except FileNotFoundError:
        return None
    except (OSError, AssignmentError) as exc:
        _log.warning("the centre's assignment in %s is not used: %s", path, exc)
        return None
