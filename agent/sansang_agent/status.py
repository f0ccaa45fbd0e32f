"""What a running agent says about itself in ``status.json``, for ``sansang status`` and the local page.

Written whole and swapped in, so that a reader never sees half a file.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec

from .contract.report import Result, SpoolState

FILE = "status.json"

_log = logging.getLogger(__name__)


class CheckStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The newest result of one check; both times are this machine's wall clock, Unix seconds."""

    result: Result
    wall: float
    """When it was measured."""
    since: float
    """Since when the outcome has been what it is, as far as this process knows."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """One running agent at one moment."""

    pid: int
    version: str
    started: float
    written: float
    """When this was written, Unix seconds by this machine's clock."""
    period: float
    """Seconds between two writings, so that a reader can tell a stale file."""
    config: str
    """Hash of the profile in use."""
    assigned: str = ""
    """Hash of the centre's assignment that the profile is made of; empty: the machine's own configuration."""
    role: str = ""
    """What the centre says this machine is."""
    assignment_error: str | None = None
    """Why what the centre has assigned since cannot be used, in English."""
    label: str = ""
    """The profile's label, for example that it is a sandbox."""
    policies: tuple[str, ...] = ()
    """Signed policies that hold here."""
    unused_policies: tuple[tuple[str, str], ...] = ()
    """Those that do not, and why, in English."""
    vantage: bool = False
    """Whether it looks into the communes from the province's side (``sansang run --vantage``)."""
    mistakes: tuple[str, ...] = ()
    """Why the configuration file cannot be used, one line each; the agent runs with the last good one."""
    collector: str | None = None
    """The collector's URL; None where none is configured."""
    last_contact: float | None = None
    """When the collector last answered, Unix seconds."""
    last_error: str | None = None
    """Why the collector cannot be told, in English; None while all is well."""
    hindrance: str = ""
    """What of it a person can do something about; one of :class:`sansang_agent.hindrance.Hindrance`, or empty."""
    token_error: str | None = None
    """Why a token of the centre's could not be kept, in English; the one before is in use."""
    spool: SpoolState = SpoolState()
    spool_error: str | None = None
    """Why reports cannot be kept on this disk, in English."""
    refused: int = 0
    """Reports the collector would not take; they lie aside in the spool."""
    clock_skew_s: float | None = None
    """The collector's clock minus this machine's."""
    results: dict[str, CheckStatus] = {}
    """By check."""

    def age(self, wall: float) -> float:
        """Seconds since this was written; negative where the clock was set back."""
        return wall - self.written

    def is_stale(self, wall: float) -> bool:
        """Whether the agent should have written again by now: it hangs or is gone."""
        return abs(self.age(wall)) > 3 * self.period + 5


def write(data_dir: Path, status: Status) -> None:
    """Replace the status file in ``data_dir``, readable by everyone; raises OSError."""
    path = data_dir / FILE
    draft = path.with_name(f"{FILE}.{status.pid}.new")
    draft.write_bytes(msgspec.json.encode(status))
    draft.chmod(0o644)
    draft.replace(path)


def newest(data_dirs: Iterable[Path]) -> Status | None:
    """The status written last in any of ``data_dirs``; None where there is none that can be read."""
    found = [status for status in map(read, data_dirs) if status]
    return max(found, key=lambda status: status.written, default=None)


def read(data_dir: Path) -> Status | None:
    """The status an agent last wrote in ``data_dir``; None where there is none that can be read."""
    try:
        return msgspec.json.decode((data_dir / FILE).read_bytes(), type=Status)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as exc:
        _log.warning("the status file in %s cannot be used: %s", data_dir, exc)
        return None
