"""Where SQLite and PostgreSQL differ in what statements say: the one place that knows both.

Statements made of tables need none of this, nor does text that both understand; these are for what is asked and written
with every batch, where making a statement would cost more than running it.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, CursorResult

from sansang_agent.contract.codec import encode

SQLITE = "sqlite"

_SQLITE = dict.fromkeys(("numbers", "words"), "SELECT value FROM json_each(?)")
_POSTGRESQL = {
    "numbers": "SELECT value::bigint FROM json_array_elements_text(?::json)",
    "words": "SELECT value FROM json_array_elements_text(?::json)",
}


class Direct:
    """A statement that goes to the driver as it is, with ``?`` for values in order.

    ``IN ({numbers})`` and ``IN ({words})`` take the text that :func:`listed` makes, however many there are. Values are
    numbers, texts, bytes, booleans and None; there is no other ``?``, ``%`` or brace in the statement.
    """

    def __init__(self, sql: str) -> None:
        self.sqlite = sql.format_map(_SQLITE)
        self.postgresql = sql.format_map(_POSTGRESQL).replace("?", "%s")

    def run(self, connection: Connection, values: tuple[Any, ...] | list[Any] = ()) -> CursorResult[Any]:
        """Run it once with a tuple, or once for each tuple of a list."""
        own = self.sqlite if connection.dialect.name == SQLITE else self.postgresql
        return connection.exec_driver_sql(own, values)


def listed(values: Iterable[int | str]) -> str:
    """What stands for a list in a statement that goes to the driver: JSON, which both engines take apart."""
    return encode(list(values)).decode()
