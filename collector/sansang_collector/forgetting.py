"""How the report log forgets: the oldest envelopes first, in steps small enough to wait for."""

from concurrent.futures import Future
from itertools import takewhile

import msgspec
from sqlalchemy import Connection


class Wish(msgspec.Struct, frozen=True):
    """Which envelopes may go; the future is told how many did."""

    upto: int
    """The last position that may go."""
    keep: tuple[float, float] | None
    """Between which moments of arrival (Unix seconds) envelopes stay; None: none does."""
    limit: int
    done: "Future[int]"


def delete_oldest(connection: Connection, wish: Wish) -> int:
    """Delete from the beginning up to the first envelope that stays; how many went."""
    rows = connection.exec_driver_sql(
        "SELECT position, received FROM envelope WHERE position <= ? ORDER BY position LIMIT ?", (wish.upto, wish.limit)
    ).all()
    keep = wish.keep
    gone = [row.position for row in takewhile(lambda row: keep is None or not keep[0] <= row.received <= keep[1], rows)]
    if gone:
        connection.exec_driver_sql("DELETE FROM report WHERE position <= ?", (gone[-1],))
        connection.exec_driver_sql("DELETE FROM envelope WHERE position <= ?", (gone[-1],))
    return len(gone)
