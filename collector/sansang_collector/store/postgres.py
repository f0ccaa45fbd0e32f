"""The ledger in PostgreSQL, to the same contract as the file.

A new database is made of the tables as they are declared now, where a new file is made by all migrations one after the
other; from then on the same migrations bring up both.
"""

from collections.abc import Sequence

from sqlalchemy import URL, BigInteger, Connection, Integer, MetaData, Text, inspect

from sansang_alerts.engines import Engines, in_memory, of_postgres

from .migrations import Migration, migrate, set_rules


def open_postgres(url: URL, tables: MetaData, migrations: Sequence[Migration]) -> Engines:
    """The engines that write and read it; raises :class:`NewerSchemaError`, ValueError for other addresses."""
    engines = of_postgres(url)
    try:
        migrate(
            engines.writing,
            url.render_as_string(hide_password=True),
            migrations,
            make=lambda connection: _make(connection, tables, migrations),
        )
    except Exception:
        engines.dispose()
        raise
    return engines


def _make(connection: Connection, tables: MetaData, migrations: Sequence[Migration]) -> None:
    if missing := _in_files(migrations) - tables.tables.keys():
        raise RuntimeError(f"tables that no imported module declares: {', '.join(sorted(missing))}")
    _as_made(tables).create_all(connection)
    set_rules(connection, migrations)


def _in_files(migrations: Sequence[Migration]) -> set[str]:
    """The tables a file of the newest version has."""
    engine = in_memory()
    migrate(engine, "", migrations)
    found = set(inspect(engine).get_table_names()) - {"schema_version", "sqlite_sequence"}
    engine.dispose()
    return found


def _as_made(tables: MetaData) -> MetaData:
    """The tables with whole numbers of 64 bits, also where they count up, and words in the order of their bytes."""
    made = MetaData()
    for table in tables.sorted_tables:
        for column in table.to_metadata(made).columns:
            if isinstance(column.type, Integer):
                column.type = BigInteger()
            elif isinstance(column.type, Text):
                column.type = Text(collation="C")
    return made
