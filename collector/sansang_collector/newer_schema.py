"""The one mistake of opening what was written before that people make: an older program on a newer program's files."""

from pathlib import Path


class NewerSchemaError(Exception):
    """The file or database was written by a newer version of this program."""

    def __init__(self, place: Path | str, found: int, known: int) -> None:
        super().__init__(
            f"{place} has schema version {found}, but this program only knows up to {known}; "
            "use the newer program, or restore a backup made by this one"
        )
