"""The fleet's list as a spreadsheet. Pure."""

from collections.abc import Iterable

from sansang_collector import csv_out
from sansang_collector.fleet import Order
from sansang_collector.view import FleetView

from .fleet_words import FleetWords
from .phrases import Phrases, local


def csv_of(rows: Iterable[FleetView], say: Phrases, now: float) -> bytes:
    """All rows under headings in the page's language; times are Vietnam's, clocks' errors whole seconds."""
    words = FleetWords(say)
    return csv_out.MARK + csv_out.lines([_headings(say, words), *(_cells(row, words, now) for row in rows)])


def _headings(say: Phrases, words: FleetWords) -> list[str]:
    _ = say.translations.gettext
    return [
        _("Code"),
        words.column(Order.COMMUNE),
        _("Former district"),
        words.column(Order.NAME),
        words.column(Order.ROLE),
        words.column(Order.STATE),
        _("Explanation"),
        _("State since"),
        words.column(Order.CONTACT),
        words.column(Order.VERSION),
        _("Clock ahead (s)"),
        _("Reports waiting"),
        _("Oldest waiting from"),
        words.column(Order.CONFIG),
        _("Reports lost"),
    ]


def _cells(row: FleetView, words: FleetWords, now: float) -> list[str | int]:
    return [
        row.commune,
        row.commune_name,
        row.district,
        row.name,
        words.role(row.role),
        words.state(row.state),
        words.explained(row, now),
        _time(row.state_since),
        _time(row.last_contact),
        row.version,
        "" if row.clock_skew_s is None else round(row.clock_skew_s),
        "" if row.spool_rows is None else row.spool_rows,
        _time(row.spool_oldest),
        words.config(row.config),
        row.dropped,
    ]


def _time(at: float | None) -> str:
    return "" if at is None else f"{local(at):%Y-%m-%d %H:%M:%S}"
