"""Tells the program's log where the audit ends, so that somebody who rewrites ledger.db has to rewrite that log too.

The log goes to the system's journal and from there wherever the journal is kept.
"""

import asyncio
import logging

from . import audit
from .audit import End
from .store import Store

_LOG = logging.getLogger(__name__)

EVERY_S = 60.0


async def follow(store: Store) -> None:
    """Look every minute until cancelled, and tell each new end once."""
    told = End(0, "")
    while True:
        told = await asyncio.to_thread(tell, store, told)
        await asyncio.sleep(EVERY_S)


def tell(store: Store, told: End) -> End:
    """The end there is now, told if it is another one than ``told``."""
    with store.read() as connection:
        end = audit.newest(connection)
    if end != told:
        _LOG.info("the audit ends with row %d, link %s", end.id, end.link)
    return end
