"""How many connections and files this process may hold: as many as the system lets it raise its own limit to.

The limit a shell hands down (often 1024) would let a thousand idle connections keep every agent out.
"""

import logging
import sys

WANTED = 65_536

_LOG = logging.getLogger(__name__)


def raise_limit() -> None:
    """Raise the soft limit to :data:`WANTED`, or as far as the hard one; where the system refuses, only log it."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  # not there on Windows, which has no such limit

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            except (OSError, ValueError) as error:
                _LOG.warning("no more than %d files and connections can be open at a time: %s", soft, error)
