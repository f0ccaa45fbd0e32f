"""What is looked at every few seconds for as long as the collector runs: no failure of one look ends the looks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import OperationalError


async def repeat(look: Callable[[], Awaitable[object]], seconds: float, log: logging.Logger, what: str) -> None:
    """Look every so many seconds until cancelled; ``what`` it is about, for the log, where a look fails."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await look()
        except OperationalError:  # the disk is full or the file is locked
            log.exception("%s: cannot read or write; trying again", what)
        except Exception:  # the next look is another one
            log.exception("%s: a look failed", what)
