"""The audit as a spreadsheet, piece by piece. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from sansang_collector import audit_words, csv_out
from sansang_collector.audit_query import DeedView

from .phrases import Phrases, local


def pieces(found: Iterable[Sequence[DeedView]], say: Phrases) -> Iterator[bytes]:
    """Headings in the language of ``say``, then the rows as they come; times are Vietnam's."""
    yield csv_out.MARK + csv_out.lines([_headings(say)])
    for rows in found:
        yield csv_out.lines(_cells(row, say) for row in rows)


def moment(at: float) -> str:
    """In Vietnam, to the second."""
    return f"{local(at):%Y-%m-%d %H:%M:%S}"


def _headings(say: Phrases) -> list[str]:
    _ = say.translations.gettext
    return [
        _("Number"),
        _("Time"),
        _("Who"),
        _("Deed"),
        _("Word"),
        _("Code"),
        _("Commune"),
        _("Computer"),
        _("Detail"),
        _("Link"),
    ]


def _cells(row: DeedView, say: Phrases) -> list[str | int]:
    name = audit_words.deed(row.what, say.translations.gettext)
    commune = say.commune(row.commune) if row.commune else ""
    return [
        row.id, moment(row.at), row.who, name, row.what, row.commune, commune, row.agent_name, row.detail, row.link
    ]  # fmt: skip
