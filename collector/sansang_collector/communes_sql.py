"""A set of communes as a condition of a query."""

from typing import Any

from sqlalchemy import ColumnElement, true

from .rights import Communes


def among(column: ColumnElement[Any], communes: Communes) -> ColumnElement[bool]:
    """Rows whose commune, which ``column`` holds, is one of these."""
    return true() if communes.everywhere else column.in_(sorted(communes.codes))
