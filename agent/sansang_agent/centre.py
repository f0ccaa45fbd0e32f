"""What this machine knows of its centre, over every restart of its checks: assignment, clock, last contact.

Nothing here sends or measures. The uplink offers what it fetched; whoever runs the agent adopts it between two runs.
"""

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from . import assignment_file
from .assigned import Assigned, AssignmentError, hash_of, read
from .contract.report import Pace
from .hindrance import Hindrance
from .pace import Fetches
from .timing import ALONE_REPORTS

_log = logging.getLogger(__name__)


class Contact(msgspec.Struct, kw_only=True):
    """How it stands with the collector."""

    mono: float | None = None
    """When it last answered, by both clocks."""
    wall: float | None = None
    error: str | None = None
    """Why it could not be told, in English; None while all is well."""
    hindrance: Hindrance | None = None
    """What of it a person can do something about."""
    token_error: str | None = None
    """Why a token of the centre's could not be kept, in English; the one before is in use."""
    skew_s: float | None = None
    """The collector's clock minus this machine's."""
    ahead_s: float | None = None
    """The collector's clock minus this machine's monotonic one."""
    sure_s: float = float("inf")
    """How far that may be off."""

    def hear_clock(self, ahead: float, unsure: float) -> None:
        """Take a reading of the collector's clock, unless what is known is surer and agrees with it."""
        known = self.ahead_s
        if known is None or unsure <= self.sure_s or abs(ahead - known) > unsure:
            self.ahead_s, self.sure_s = ahead, unsure


class Centre:
    """One centre; with no ``folder`` nothing is assigned and nothing kept."""

    def __init__(self, folder: Path | None = None, url: str = "") -> None:
        self._folder = folder
        self._url = url
        self._offered: Assigned | None = None
        self._refused = ""
        self.assigned = self._kept()
        """What is in use."""
        self.error: str | None = None
        """Why what the centre has assigned since cannot be used, in English."""
        self.contact = Contact()
        self.fetches = Fetches()
        self.runs: dict[tuple[str, str], float] = {}
        """The monotonic time of the last run of each check, by its id and target."""
        self.on_offer: Callable[[], object] = lambda: None
        """Called when there is something to adopt."""

    def follow(self, folder: Path | None, url: str) -> None:
        """Turn to another centre: what is known of the one before counts no more."""
        self._folder, self._url = folder, url
        self._offered, self._refused, self.error = None, "", None
        self.assigned = self._kept()
        self.contact, self.fetches = Contact(), Fetches()

    def _kept(self) -> Assigned:
        return Assigned() if self._folder is None else assignment_file.kept([self._folder], self._url)

    def is_alone(self, now: float, since: float, report_period: float) -> bool:
        """Whether three reports' time has passed without an answer, since ``since`` where none ever came.

        However often this machine writes reports, they go at the collector's pace.
        """
        heard = since if self.contact.mono is None else self.contact.mono
        return now - heard > ALONE_REPORTS * max(report_period, Pace().live_s)

    def wants(self, announced: str | None) -> bool:
        """Whether what the collector says it has for this machine is to be fetched."""
        known = self._offered or self.assigned
        if announced == known.hash:  # what was refused is not what it wants any more
            self._refused, self.error = "", None
        return self._folder is not None and announced not in (None, known.hash, self._refused)

    def offer(self, body: bytes) -> None:
        """Take what was fetched; what cannot be used is not asked for again, and what is in use stays."""
        try:
            found = read(body)
        except AssignmentError as exc:
            self._refused, self.error = hash_of(body), str(exc)
            _log.error("what the centre has assigned is not used: %s", exc)
            return
        self.error = None
        if self._folder is not None and found.hash != self.assigned.hash:
            assignment_file.keep(self._folder, self._url, body)
            self._offered = found
            self.on_offer()

    def adopt(self) -> None:
        """Use what was offered last."""
        if self._offered is not None:
            self.assigned, self._offered = self._offered, None
            _log.info("the centre has assigned %s", self.assigned.hash)
