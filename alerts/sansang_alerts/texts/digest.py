"""Once a day: what is watched, what is under way, what was over, and what is for information only. Pure.

It also says that messages still arrive, so it is sent on quiet days too.
"""

from collections.abc import Sequence

from sansang_alerts.fault import Fault
from sansang_alerts.notice import Kind

from .chat import MOST as CHAT
from .phrases import Phrases, sentence
from .plain import plain, units
from .sections import ALWAYS, Section, fitting
from .sms import MOST, composed
from .telling import tag
from .words import Digest, Extra, Medium

_MOST_LINES = {Medium.EMAIL: 60}
_FEW_LINES = 12
_MAIL = 30_000


def headline(found: Digest, phrases: Phrases) -> str:
    """``65/65 communes are watched; 2 incidents under way.``"""
    watched = phrases.say("{watched}/{communes} communes are watched").format(
        watched=found.watched, communes=found.communes
    )
    count = len(found.under_way)
    if not count:
        return phrases.say("{watched}; nothing is under way.").format(watched=watched)
    form = phrases.plural(
        "{watched}; {count} incident is under way.", "{watched}; {count} incidents are under way.", count
    )
    return form.format(watched=watched, count=count)


def subject(found: Digest, extra: Extra, phrases: Phrases) -> str:
    """``[Daily digest 26/06/2026] 65/65 communes …``."""
    said = _tag(extra, phrases)
    return f"[{said[:1].upper()}{said[1:]}] {headline(found, phrases).rstrip('.')}"


def digest(found: Digest, medium: Medium, extra: Extra, phrases: Phrases) -> str:
    """The body for people; each list gives way from its end."""
    said = headline(found, phrases)
    if medium in MOST:
        return composed(_tag(extra, phrases).upper(), f"{said} {_counted(found, phrases)}".strip(), "", (), medium)
    most = _MOST_LINES.get(medium, _FEW_LINES)
    notes = [plain(one.said.get(phrases.language) or one.said["vi"], 300) for one in found.notes]
    lists = (
        (phrases.say("Under way"), [_line(one, phrases) for one in found.under_way], 8),
        (phrases.say("To be looked at"), [_line(one, phrases) for one in found.notable] + notes, 6),
        (phrases.say("Over since the last digest"), [_line(one, phrases) for one in found.over], 2),
    )
    first = said if medium is Medium.EMAIL else f"[{_tag(extra, phrases).upper()}] {said}"
    sections = [Section(first, ALWAYS)]
    for block, (title, lines, need) in enumerate(lists, start=1):
        sections.extend(one._replace(block=block) for one in _listed(title, lines, most, need, phrases))
    sections.append(Section(_dark(found, phrases), ALWAYS, len(lists) + 1))
    return fitting(sections, _MAIL if medium is Medium.EMAIL else CHAT, units)


def _tag(extra: Extra, phrases: Phrases) -> str:
    return f"{tag(Kind.DIGEST, None, extra, phrases)} {phrases.date(extra.now)}"


def _line(fault: Fault, phrases: Phrases) -> str:
    said = sentence(plain(phrases.said(fault).headline, 200))
    return f"{said} ({plain(fault.code, 12)})" if fault.code else said


def _listed(title: str, lines: Sequence[str], most: int, need: int, phrases: Phrases) -> list[Section]:
    """A section a line, so that a list gives way line by line; the title goes last of them."""
    if not lines:
        return []
    rest = len(lines) - most
    told = [Section(f"- {line}", need - 1) for line in lines[:most]]
    more = phrases.plural("- and {count} more", "- and {count} more", rest).format(count=rest) if rest > 0 else ""
    return [Section(f"{title} ({len(lines)}):", need), *told, Section(more, need - 1)]


def _counted(found: Digest, phrases: Phrases) -> str:
    count = len(found.notable) + len(found.notes)
    form = phrases.plural("{count} note, see the e-mail.", "{count} notes, see the e-mail.", count)
    return form.format(count=count) if count else ""


def _dark(found: Digest, phrases: Phrases) -> str:
    """Of what nothing is known."""
    count = found.communes - found.watched
    form = phrases.plural(
        "Of {count} commune nothing is known: no news is not good news there.",
        "Of {count} communes nothing is known: no news is not good news there.",
        count,
    )
    return form.format(count=count) if count > 0 else ""
