"""Lets connections in within the settings' limits, and sees through the proxies they come by.

What is decided stands in ``connections`` and ``client_address``; this knows the settings, the clock and the log.
"""

import logging
import time
from collections.abc import Callable

from .client_address import Scope, is_within, networks, parsed, seen_through
from .connections import Connections, Seat
from .open_files import left_for_connections
from .settings import CollectorSettings

_LOG = logging.getLogger(__name__)

TELL_SECONDS = 60.0
"""Between two words on connections that had to make room: whoever floods must not fill the journal as well."""


class Entrance:
    """Used from the event loop only, but for :meth:`take_over`."""

    def __init__(self, settings: CollectorSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tell_next = clock()
        self.connections = Connections(settings.connections, settings.connections_per_address)
        self.take_over(settings)

    def take_over(self, settings: CollectorSettings) -> None:
        """Other settings; what is open stays open."""
        self.connections.most = min(settings.connections, left_for_connections())
        self.connections.each = settings.connections_per_address
        self._proxies = networks(settings.proxies)

    def seen(self, scope: Scope) -> Scope:
        """A request with its client's address and scheme, also where a trusted proxy brought it."""
        return seen_through(scope, self._proxies)

    def seat_for(self, peer: str, close: Callable[[], object]) -> Seat | None:
        """A place for a new connection of this address; None where there is no room for it.

        Connections of this machine and of proxies are not counted by address, as they bring everybody's requests.
        """
        address = parsed(peer)
        is_stranger = address is not None and not (address.is_loopback or is_within(address, self._proxies))
        seat = self.connections.admit(str(address) if is_stranger else "", self._clock(), close)
        if self.connections.shed:
            self._tell_of_shed()
        return seat

    def _tell_of_shed(self) -> None:
        if self._clock() >= self._tell_next:
            self._tell_next = self._clock() + TELL_SECONDS
            said = "%d connections were closed or refused to make room, %d are open (settings: connections, %s)"
            _LOG.warning(said, self.connections.take_shed(), len(self.connections), "connections_per_address")
