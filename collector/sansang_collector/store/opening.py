"""Opens a database file of ours: made if it is not there, brought to this program's schema, ready to write and read."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine

from .engine import reading_engine, writing_engine
from .migrations import Migration, migrate


def open_migrated(path: Path, migrations: Sequence[Migration]) -> tuple[Engine, Engine]:
    """The engines that write and read ``path``; raises :class:`NewerSchemaError` for a file of a newer program."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    writing = writing_engine(path)
    try:
        migrate(writing, path, migrations)
    except Exception:
        writing.dispose()
        raise
    return writing, reading_engine(path)
