"""What goes into the report log and what comes out of it: envelopes from ingest, entries for consumers.

Plain values without I/O; ingest, the log, its rows and its readers share them.
"""

import msgspec

from sansang_agent.contract.report import Report, Sent, SpoolState


class Taken(msgspec.Struct, frozen=True, gc=False):
    """A report that passed validation, with the exact bytes it came in."""

    index: int
    report: Report
    body: bytes


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """An authenticated envelope as ingest hands it over."""

    agent: int
    received: float
    sent: Sent
    spool: SpoolState
    reports: tuple[Taken, ...]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An envelope in the log; ``position`` grows by one and is what cursors point at."""

    position: int
    agent: int
    received: float
    sent: Sent
    spool: SpoolState
    reports: tuple[Report, ...]


class Stored(msgspec.Struct, frozen=True, gc=False):
    """What became of an arrival, once durable: which reports the log holds, which contradict what it holds."""

    kept: tuple[Taken, ...]
    conflicts: tuple[Taken, ...]
