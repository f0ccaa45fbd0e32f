"""Every module that declares tables of the ledger: importing this one declares them all.

A ledger in a file is made by its migrations, whoever opens it; one in PostgreSQL is made of the tables as declared.
"""

from . import (  # noqa: F401  # for what they declare
    agents,
    audit,
    boots,
    bundles,
    changes,
    check_history,
    chunk_history,
    consumers,
    contact,
    fronts,
    habits,
    join_codes,
    latest,
    links,
    people,
    profiles_seen,
    requests,
    rung_history,
    rung_windows,
    series,
    tokens,
    waiting,
)
from .incidents import tables  # noqa: F401  # for what it declares
from .inventory import versions  # noqa: F401  # for what it declares
