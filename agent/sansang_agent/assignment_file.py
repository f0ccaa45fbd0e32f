"""The centre's assignment kept beside the spool: a restart with no line goes on with what was assigned last."""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

from .assigned import Assigned, AssignmentError, hash_of, read

FILE = "assignment.json"

_log = logging.getLogger(__name__)


def keep(folder: Path, body: bytes) -> None:
    """Remember an assignment that can be used; a disk that refuses costs this only, and is logged."""
    draft = folder / f"{FILE}.{os.getpid()}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(f"{hash_of(body)}\n".encode() + body)
        draft.chmod(0o644)
        draft.replace(folder / FILE)
    except OSError as exc:
        _log.warning("the centre's assignment cannot be kept for a restart: %s", exc)


def kept(folders: Iterable[Path]) -> Assigned:
    """The assignment in the first of ``folders`` that has a good one; an empty one where none has."""
    found = (_kept(folder / FILE) for folder in folders)
    return next((one for one in found if one), Assigned())


def _kept(path: Path) -> Assigned | None:
    try:
        name, _, body = path.read_bytes().partition(b"\n")
        if name.decode("ascii", "replace") != hash_of(body):
            raise AssignmentError("it is not what was written")
        return read(body)
    except FileNotFoundError:
        return None
    except (OSError, AssignmentError) as exc:
        _log.warning("the centre's assignment in %s is not used: %s", path, exc)
        return None
