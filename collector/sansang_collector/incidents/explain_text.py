"""An explanation as text for a terminal or a message: the sentence first, then labelled lines. Pure."""

from collections.abc import Iterator

from sansang_agent.contract.words import catalogue

from .explanation import CauseSaid, Explanation


def text_of(found: Explanation) -> str:
    """All lines, in the explanation's own language."""
    return "\n".join([*_head(found), *_lists(found), *_aside(found)])


def _head(found: Explanation) -> Iterator[str]:
    _ = catalogue("sansang_collector", found.language).gettext
    yield found.headline
    state = f"{found.phase_term}, {found.severity_term}"
    yield _("Incident: {code} ({state})").format(code=found.code or "–", state=state)
    causes = [_cause(one, _("rung: {rung}")) for one in found.causes]
    if len(causes) == 1:
        yield _("Cause: {cause}").format(cause=causes[0])
    else:
        yield _("Cause, one of these:")
        yield from (f"  - {cause}" for cause in causes)
    yield _("Where: {where}").format(where=found.where or "–")
    yield _("Since: {since}").format(since=found.since)
    if found.lasted:
        yield _("Lasted: {lasted}").format(lasted=found.lasted)
    first, *others = found.calls
    yield _("Repaired by: {owner}. {call}").format(owner=first.term, call=first.sentence)
    yield from (_("or by: {owner}. {call}").format(owner=one.term, call=one.sentence) for one in others)


def _cause(one: CauseSaid, rung: str) -> str:
    told = [one.chance, rung.format(rung=one.rung_term) if one.rung_term else ""]
    more = "; ".join(part for part in told if part)
    return f"{one.title} ({more})" if more else one.title


def _lists(found: Explanation) -> Iterator[str]:
    _ = catalogue("sansang_collector", found.language).gettext
    for title, lines in (
        (_("What speaks for it:"), found.speaks_for),
        (_("What does not fit, or was left out of account:"), found.speaks_against),
        (_("What it is not, and why:"), found.is_not),
        (_("What would settle it:"), found.would_split),
        (_("What still works:"), found.still_works),
        (_("Next step:"), found.next_steps),
    ):
        if lines:
            yield title
            yield from (f"  - {line}" for line in lines)


def _aside(found: Explanation) -> Iterator[str]:
    told = (found.revised, found.planned, found.held_back, found.handling, found.unstable)
    yield from (one for one in told if one)
