"""How somebody says that they take a fault on: by a button behind a link, a reply, or its code. Pure."""

from sansang_alerts.fault import Fault
from sansang_alerts.notice import Kind

from .phrases import Phrases
from .plain import address, plain
from .telling import ASKS
from .words import Extra

CODE = 12
"""So many characters of a code at most."""


def code_of(fault: Fault, extra: Extra) -> str:
    """By which people name it."""
    return plain(extra.code or fault.code, CODE)


def how_to(kind: Kind, fault: Fault, extra: Extra, phrases: Phrases) -> tuple[str, ...]:
    """What to do, the easiest way first; nothing where there is nothing to acknowledge."""
    if kind not in ASKS or not (code_of(fault, extra) or extra.link):
        return ()
    if extra.by:
        return (phrases.say("Being seen to by {who}.").format(who=plain(extra.by, 80)),)
    code, link = code_of(fault, extra), address(extra.link)
    if link and extra.reply:
        return (_by_link(link, phrases), phrases.say("Or answer this message with the code {code}").format(code=code))
    if link:
        return (_by_link(link, phrases),)
    if extra.reply:
        return (phrases.say("To take it on, answer this message with the code {code}").format(code=code),)
    form = phrases.say("To take it on, use the on-call page, or tell the desk the code {code} by telephone")
    return (form.format(code=code),)


def _by_link(link: str, phrases: Phrases) -> str:
    return phrases.say("To take it on, open this page and press the button: {link}").format(link=link)
