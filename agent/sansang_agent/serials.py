"""The greatest serial of each signed policy that this machine has seen, kept in its data folder against old ones.

A file that cannot be read or written is said so and costs this protection only.
"""

import logging
import os
from pathlib import Path

import msgspec

FILE = "policy-serials.json"

_log = logging.getLogger(__name__)


class Serials:
    """Kept in ``folder``; without ``keeps`` they are only read there."""

    def __init__(self, folder: Path, *, keeps: bool = True) -> None:
        self._folder = folder
        self._keeps = keeps
        self._greatest = _read(folder / FILE)

    def greatest(self, policy: str) -> int:
        """The greatest seen of ``policy``, a key and a name; 0: none."""
        return self._greatest.get(policy, 0)

    def see(self, policy: str, serial: int) -> None:
        """Remember it if it is greater."""
        if serial > self.greatest(policy):
            self._greatest[policy] = serial
            self._write()

    def _write(self) -> None:
        if not self._keeps:
            return
        draft = self._folder / f"{FILE}.{os.getpid()}.new"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(self._greatest))
            draft.replace(self._folder / FILE)
        except OSError as exc:
            _log.warning("the serials of policy files cannot be kept, so older ones may be taken later: %s", exc)


def _read(path: Path) -> dict[str, int]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError, UnicodeError) as exc:
        _log.warning("the serials of policy files in %s cannot be read, so older ones may be taken: %s", path, exc)
        return {}
