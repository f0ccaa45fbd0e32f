"""Many faults in one message, where so many wait at once that one each would bury everybody. Pure.

What does not fit is counted and stands on the page; nothing is left out silently.
"""

from collections.abc import Sequence

from sansang_agent.contract.severity import Severity

from .answering import CODE
from .chat import MOST as CHAT
from .phrases import Phrases, joined
from .plain import address, plain, units
from .sms import MOST, composed
from .telling import tag
from .words import Entry, Extra, Medium

_MAIL = 60_000
_ORDER = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


def headline(entries: Sequence[Entry], phrases: Phrases) -> str:
    """``12 incidents: 3 critical, 9 warning``."""
    count = len(entries)
    counts = {one: sum(entry.fault.severity is one for entry in entries) for one in _ORDER}
    told = ", ".join(f"{number} {phrases.word('severity', one)}" for one, number in counts.items() if number)
    form = phrases.plural("{count} message at once: {severities}", "{count} messages at once: {severities}", count)
    return form.format(count=count, severities=told)


def bundled(entries: Sequence[Entry], medium: Medium, extra: Extra, phrases: Phrases) -> str:
    """The body for people: the most urgent first, among them as they were handed in."""
    said = _simulated(headline(entries, phrases), extra, phrases)
    ordered = sorted(entries, key=lambda one: _ORDER.index(one.fault.severity))
    if medium in MOST:
        codes = " ".join(plain(one.code or one.fault.code, CODE) for one in ordered)
        return composed(said, codes, "", (), medium)
    page = address("/incidents", extra.public_url)
    behind = joined(
        phrases.say("Each is taken on by its own code."),
        phrases.say("Page: {page}").format(page=page) if page else "",
    )
    return _filled(said, [_line(one, extra, phrases) for one in ordered], behind, medium, phrases)


def _simulated(said: str, extra: Extra, phrases: Phrases) -> str:
    return phrases.say("simulated, {tag}").format(tag=said) if extra.simulated else said


def _line(one: Entry, extra: Extra, phrases: Phrases) -> str:
    said = phrases.said(one.fault)
    short = plain(said.short or said.headline, 200)
    code = plain(one.code or one.fault.code, CODE)
    return f"- [{tag(one.kind, one.fault.severity, extra, phrases)}] {short}{f' ({code})' if code else ''}"


def _filled(said: str, lines: Sequence[str], behind: str, medium: Medium, phrases: Phrases) -> str:
    """As many lines as fit, then how many more there are."""
    most = (_MAIL if medium is Medium.EMAIL else CHAT) - units(said) - units(behind) - 60
    shown: list[str] = []
    for line in lines:
        most -= units(line) + 1
        if most < 0:
            break
        shown.append(line)
    rest = len(lines) - len(shown)
    more = phrases.plural("- and {count} more", "- and {count} more", rest).format(count=rest) if rest else ""
    return "\n".join(one for one in (said, *shown, more, behind) if one)
