"""``sansang-collector audit``: the record of who did what, as lines, as CSV or as JSON; and whether it is whole."""

import argparse
import sys
from collections.abc import Callable, Iterable

from sqlalchemy import select

from sansang_agent.contract.codec import encode
from sansang_agent.contract.words import catalogue

from . import audit, audit_words
from .audit_query import DeedView, Question, everything
from .settings import CollectorSettings
from .store import Store
from .web import audit_csv
from .web.phrases import Phrases

Gettext = Callable[[str], str]


def show(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Print what was asked for; 1 where the record is not whole."""
    say = Phrases(options.lang)
    store = Store(settings.folder)
    try:
        if options.verify:
            return _verify(store, options.end, catalogue("sansang_collector", options.lang).gettext)
        question = Question(options.since, options.until, options.who, options.what, options.commune or "")
        pieces = everything(store, question)
        if options.csv:
            for piece in audit_csv.pieces(pieces, say):
                sys.stdout.buffer.write(piece)
        else:
            for rows in pieces:
                _print(rows, options.json, say)
    finally:
        store.close()
    return 0


def _print(rows: Iterable[DeedView], as_json: bool, say: Phrases) -> None:
    for row in rows:
        if as_json:
            print(encode(row).decode())
            continue
        place = " ".join(part for part in (row.commune, row.agent_name) if part)
        name = audit_words.deed(row.what, say.translations.gettext)
        said = f"{audit_csv.moment(row.at)}  {row.who}: {name}"
        print("  ".join(part for part in (said, place, row.detail) if part))


def _verify(store: Store, end: str | None, _: Gettext) -> int:
    with store.read() as connection:
        wrong = list(audit.broken(connection))
        newest = audit.newest(connection)
        has_end = not end or connection.scalar(select(audit.AUDIT.c.id).where(audit.AUDIT.c.link == end)) is not None
    if wrong:
        said = _("The record was changed: {count} rows do not follow from the row before, the first is number {id}.")
        print(said.format(count=len(wrong), id=wrong[0]), file=sys.stderr)
    if not has_end:
        print(_("The record was changed: the end noted earlier is not in it."), file=sys.stderr)
    if wrong or not has_end:
        return 1
    print(_("{count} rows, each follows from the row before. The end: {link}").format(
        count=newest.id, link=newest.link or "-"
    ))  # fmt: skip
    return 0
