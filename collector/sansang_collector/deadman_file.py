"""Keeps the dead man's file (``dead_man_file`` of alerts.yml) as settings, chats and stand-ins are now.

It says whom to tell, and how, when this collector is silent. It is written whole and only where something has changed;
what cannot be read meanwhile leaves the one before.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import OperationalError

from sansang_agent.contract import whole_file
from sansang_agent.contract.secret_file import SecretError
from sansang_alerts import deadman_file, overrides, pairing
from sansang_alerts.settings import AlertSettings

from .store import Store

_LOG = logging.getLogger(__name__)

LOOK_S = 30.0
AHEAD_S = 400 * 86400.0
"""Whoever stands in for somebody until then."""


def made(store: Store, settings: AlertSettings, now: float, *, simulated: bool = False) -> bytes:
    """What is to stand in it; raises SecretError, OSError, OperationalError."""
    with store.read() as connection:
        chats = pairing.chats(connection)
        arranged = overrides.between(connection, settings, now, now + AHEAD_S)
    return deadman_file.made(settings, chats, arranged, simulated=simulated)


class DeadManFile:
    """One collector's, as long as it runs; :meth:`follow` is its task."""

    def __init__(
        self,
        store: Store,
        settings: Callable[[], AlertSettings],
        now: Callable[[], float],
        *,
        simulated: bool = False,
    ) -> None:
        """``settings`` are asked for at each look."""
        self._store = store
        self._settings = settings
        self._now = now
        self._simulated = simulated
        self._complained = ""

    async def follow(self) -> None:
        """Look at once and every half minute until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(LOOK_S)

    def look(self) -> bool:
        """Write it if it is not as it should be; whether it was written."""
        settings = self._settings()
        if not settings.dead_man_file:
            return False
        path = Path(settings.dead_man_file)
        try:
            content = made(self._store, settings, self._now(), simulated=self._simulated)
            if path.is_file() and path.read_bytes() == content:
                return False
            whole_file.write_placed(path, content)
        except (SecretError, OSError, OperationalError) as error:
            self._complain(path, str(getattr(error, "orig", error)))
            return False
        self._complained = ""
        _LOG.info("whom to tell when this collector is silent stands in %s", path)
        return True

    def _complain(self, path: Path, said: str) -> None:
        if said != self._complained:
            _LOG.error("%s stays as it was: %s", path, said)
        self._complained = said
