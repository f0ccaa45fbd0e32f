"""Where probe series are exposed: together with everything in a small fleet, in shards of communes in a large one.

A commune always has the same shard, so that a scrape's series stay with its target.
"""

from sqlalchemy import Connection, func, select

from .agents import AGENT

MOST_TOGETHER = 200
"""With more agents than this, the series of checks leave ``/metrics``."""


def is_sharded(connection: Connection) -> bool:
    """Whether the series of checks are exposed in shards now."""
    count = connection.scalar(select(func.count()).select_from(AGENT).where(AGENT.c.retired_at.is_(None)))
    return (count or 0) > MOST_TOGETHER


def shard_of(commune: str, shards: int) -> int:
    """The shard of a commune, from 0: its code modulo their number."""
    return int(commune) % shards if commune.isascii() and commune.isdigit() else 0


def path_of(shard: int) -> str:
    """Where a shard is scraped."""
    return f"/metrics/probes/{shard}"
