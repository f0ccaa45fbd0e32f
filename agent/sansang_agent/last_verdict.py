"""The last verdict, kept beside the spool, for ``sansang report``: a text to send when nobody can look at the screen.

One small file, replaced whole.
"""

import logging
import os
from pathlib import Path

import msgspec

from .verdict import Verdict

FILE = "last-verdict.json"

_log = logging.getLogger(__name__)


class LastVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict, when it was found (Unix seconds), and the code of the report behind it."""

    wall: float
    verdict: Verdict
    label: str = ""
    since: float | None = None
    code: str | None = None


def save(folder: Path, last: LastVerdict) -> None:
    """Replace the last verdict in ``folder``; a disk that refuses costs this file only and is logged."""
    draft = folder / f"{FILE}.{os.getpid()}.new"
    try:
        draft.write_bytes(msgspec.json.encode(last))
        draft.replace(folder / FILE)
    except OSError as exc:
        _log.info("the last verdict could not be kept: %s", exc)


def read(folder: Path) -> LastVerdict | None:
    """The last verdict in ``folder``; None where there is none that can be read."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=LastVerdict)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as exc:
        _log.info("the last verdict in %s cannot be used: %s", folder, exc)
        return None
