"""What alerts need of whoever keeps their tables: the collector hands in its own store, ``serve`` opens one.

Only types: nothing here makes an engine.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Ledger(Protocol):
    """Reads anywhere, writes one transaction at a time."""

    def read(self) -> AbstractContextManager[Connection]:
        """A connection that sees one snapshot and cannot write."""
        ...

    def write_sync(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` in a transaction; its exception undoes everything and is raised."""
        ...

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """The same without blocking the event loop."""
        ...
