"""Opens the database that alerts stand in, for ``sansang-alerts``: alerts.db, a collector's ledger.db, or PostgreSQL.

Whoever embeds alerts hands in a ledger of its own.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from . import engines, schema
from .database import Database
from .settings import AlertSettings

FILE = "alerts.db"
_BUSY = "55P03"
"""PostgreSQL's word, in every language, for a lock that was waited for in vain."""


class Opened(Database):
    """A ledger of our own. Opening brings the tables of alerts up to this program.

    Raises OperationalError where another program is writing all the while, and OSError for a place of no use.
    """

    def __init__(self, place: Path | URL) -> None:
        found = engines.of_postgres(place) if isinstance(place, URL) else engines.of_file(place)
        super().__init__(found, "alerts-writer")
        try:
            self.write_sync(schema.migrate)
        except DatabaseError as error:
            self.close()
            said = " ".join(str(error.orig).split())
            if "locked" in said or getattr(error.orig, "sqlstate", "") == _BUSY:
                raise
            raise OSError(f"{place}: {said}") from error
        except BaseException:
            self.close()
            raise


def place_of(settings: AlertSettings, ledger: str = "") -> Path | URL:
    """Where alerts are kept; ``ledger``, if given, instead of what the settings say. ValueError for other addresses."""
    named = ledger or settings.ledger
    if not named:
        return Path(settings.data_dir) / FILE
    if "://" not in named:
        return Path(named)
    try:
        return engines.checked(make_url(named))
    except ArgumentError:
        raise ValueError("the ledger's address is not one") from None


def to_change(settings: AlertSettings, ledger: str = "") -> Path | URL:
    """Like :func:`place_of`, for who writes beside the program that tells people: a file that was named has to be there
    (else FileNotFoundError), for what is written into a new one would be read by nobody."""
    place = place_of(settings, ledger)
    if (ledger or settings.ledger) and not is_there(place):
        raise FileNotFoundError(f"there is no file {place}")
    return place


@contextmanager
def to_be_changed(settings: AlertSettings, ledger: str = "") -> Iterator[Opened]:
    """That database, open for the time of the block; raises what :func:`to_change` and :class:`Opened` do."""
    with closing(Opened(to_change(settings, ledger))) as opened:
        yield opened


def is_there(place: Path | URL) -> bool:
    """Whether somebody has made it already, as far as can be told without opening it."""
    return isinstance(place, URL) or place.exists()
