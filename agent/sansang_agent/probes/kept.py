"""What probes keep from one run to the next in one event loop, and its end.

Only for what is dear to make; a probe that needs nothing of the kind never looks here.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar


class Closeable(Protocol):
    """Something with an end."""

    def close(self) -> None:
        """Let go of sockets and tasks."""
        ...


C = TypeVar("C", bound=Closeable)


class Kept:
    """Things by name, each made when first asked for; belongs to one event loop."""

    def __init__(self) -> None:
        self._things: dict[str, Any] = {}

    def get(self, name: str, make: Callable[[], C]) -> C:
        """The thing called ``name``."""
        if name not in self._things:
            self._things[name] = make()
        thing: C = self._things[name]
        return thing

    def close(self) -> None:
        """End them all."""
        while self._things:
            self._things.popitem()[1].close()
