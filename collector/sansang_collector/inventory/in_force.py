"""The inventory a running collector works with: what was applied last, read again at a reload.

Where the settings name a folder, a reload applies it first; a folder with mistakes leaves the old version in force.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from sansang_agent.contract.settings import SettingsError
from sansang_collector.commune import PACKAGED, Commune, Places
from sansang_collector.gazetteer import Gazetteer
from sansang_collector.incidents.naming import Naming
from sansang_collector.store import Store

from . import units, versions
from .folder import read_folder
from .model import Inventory, Province
from .versions import Version

_LOG = logging.getLogger(__name__)

AT_THE_START = "collector"
"""Who applies an inventory when the collector starts."""


class InForce:
    """Made for an open ledger; ``version`` may be read from any thread and is replaced whole."""

    version: Version | None
    """None: no inventory has ever been applied."""
    places: Places
    """What its communes are called."""
    gazetteer: Gazetteer
    """How they are found."""
    naming: Naming
    """What can break of it, and whom to call."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self.version = None
        self.places = PACKAGED
        self.gazetteer = Gazetteer()
        self.naming = _naming(None)
        self._store = store
        self._now = now
        self._one_at_a_time = threading.Lock()

    def reload(self, folder: str, who: str = AT_THE_START) -> str:
        """Apply ``folder`` if it is named and differs, then take over what is in force; the mistakes if there are any.

        ``who`` is for the audit. With mistakes nothing changes. Blocks; call it from a thread that nobody waits for.
        """
        with self._one_at_a_time:
            try:
                if folder:
                    self._apply(Path(folder), who)
                with self._store.read() as connection:
                    found = versions.current(connection)
            except SettingsError as error:
                return str(error)
            if _number(found) != _number(self.version):
                self.version = found
                self.places = _places(found)
                self.gazetteer = Gazetteer(self.places)
                self.naming = _naming(found)
                _LOG.info("inventory: version %d is in force", _number(found))
            return ""

    def _apply(self, folder: Path, who: str) -> None:
        found = read_folder(folder, units.official_names).inventory
        self._store.write_sync(lambda connection: versions.put(connection, found, (who, self._now()), str(folder)))


def _number(version: Version | None) -> int:
    return version.applied.number if version else 0


def _naming(version: Version | None) -> Naming:
    return Naming(version.inventory if version else Inventory(province=Province(name="", code="")))


def _places(version: Version | None) -> Places:
    if version is None:
        return PACKAGED
    province = version.inventory.province.code
    return Places(
        {
            one.code: Commune(one.code, one.name, one.kind, one.former_district, province)
            for one in version.inventory.communes
        }
    )
