"""How many connections and files this process may hold: as many as the system lets it raise its own limit to.

The limit a shell hands down (often 1024) would let a thousand idle connections keep every agent out.
"""

import logging
import sys

WANTED = 65_536
OTHERS = 256
"""What is open beside connections: databases, listening sockets, pipes."""

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


def left_for_connections() -> int:
    """How many connections there can be beside all else that is open."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  # not there on Windows

        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return WANTED if soft == resource.RLIM_INFINITY else max(soft - OTHERS, soft // 2)
    else:  # noqa: RET505  # a type checker for either system sees one branch only
        return WANTED
