"""The words of every message: by kind, fault, medium and language. Pure; docs/alert-texts.md shows them all.

The first line says what happened and why it is told; what is cut where there is little room is never place or code.
"""

from collections.abc import Sequence

from sansang_alerts.fault import Fault
from sansang_alerts.notice import Kind

from . import bundle as _bundle
from . import digest as _digest
from .chat import chat
from .hook import again, bare, hook
from .mail import mail
from .mail import subject as _subject
from .phrases import Phrases
from .silence import silence
from .sms import MOST, sms, writing
from .telling import Telling, telling
from .trial import trial
from .words import Digest, Entry, Extra, Medium, Note, Words, medium_of

__all__ = [
    "Digest",
    "Entry",
    "Extra",
    "Medium",
    "Note",
    "Words",
    "bundle",
    "introduced",
    "medium_of",
    "render",
    "silence",
]


def render(kind: Kind, fault: Fault | None, medium: Medium, language: str, extra: Extra) -> Words:
    """A message's words; ``fault`` is None of digests (``extra.digest``) and tests.

    Raises ValueError where it is None of any other kind, and for bundles.
    """
    phrases = Phrases(language, extra.now, brief=medium is Medium.SMS)
    if kind is Kind.DIGEST:
        if extra.digest is None:
            raise ValueError("a message of the kind 'digest' needs extra.digest")
        return _of_digest(extra.digest, medium, extra, phrases)
    if kind is Kind.TEST:
        return _of_none(kind, *trial(medium, extra, phrases), medium, extra, phrases)
    if kind is Kind.BUNDLE:
        raise ValueError("a message of the kind 'bundle' is about many faults: ask bundle() for it")
    if fault is None:
        raise ValueError(f"a message of the kind '{kind}' is not about nothing: it needs its fault")
    told = telling(kind, fault, extra, phrases)
    return Words(_subject(fault, told, extra, phrases), _body(kind, fault, told, medium, extra, phrases))


def bundle(entries: Sequence[Entry], medium: Medium, language: str, extra: Extra) -> Words:
    """One message for many faults, at least one."""
    phrases = Phrases(language, extra.now, brief=medium is Medium.SMS)
    said = _bundle.headline(entries, phrases)
    text = _bundle.bundled(entries, Medium.ZALO if medium is Medium.WEBHOOK else medium, extra, phrases)
    return _of_none(Kind.BUNDLE, f"[sansang] {said}", text, medium, extra, phrases)


def introduced(words: Words, medium: Medium, phrases: Phrases, made_at: float, *, repeat: bool) -> Words:
    """The same, saying in front what is true of it only now that it is sent: that it may have arrived before, and of
    which day it is where that was another one, as its moments are those of that day."""
    if medium is Medium.WEBHOOK:
        return Words(words.subject, again(words.body)) if repeat else words
    said = _before(phrases, made_at, brief=medium in MOST, repeat=repeat)
    if not said:
        return words
    write, _ = writing(medium)
    return Words(f"{said} {words.subject}", f"{write(said)} {words.body}")


def _before(phrases: Phrases, made_at: float, *, brief: bool, repeat: bool) -> str:
    """Of at most 12 characters where it is to be brief: the shortest messages have room for no more."""
    if phrases.is_today(made_at):
        return phrases.say("(sent again)") if repeat else ""
    again = phrases.say("(dup {day})") if brief else phrases.say("(again, of {day})")
    form = again if repeat else phrases.say("(of {day})")
    return form.format(day=phrases.day(made_at))


def _of_digest(found: Digest, medium: Medium, extra: Extra, phrases: Phrases) -> Words:
    text = _digest.digest(found, Medium.ZALO if medium is Medium.WEBHOOK else medium, extra, phrases)
    return _of_none(Kind.DIGEST, _digest.subject(found, extra, phrases), text, medium, extra, phrases)


def _of_none(kind: Kind, subject: str, text: str, medium: Medium, extra: Extra, phrases: Phrases) -> Words:
    """Of what is about no single fault."""
    return Words(subject, bare(kind, subject, text, extra, phrases) if medium is Medium.WEBHOOK else text)


def _body(kind: Kind, fault: Fault, told: Telling, medium: Medium, extra: Extra, phrases: Phrases) -> str:
    match medium:
        case Medium.EMAIL:
            return mail(kind, fault, told, extra, phrases)
        case Medium.ZALO:
            return chat(kind, fault, told, extra, phrases)
        case Medium.WEBHOOK:
            return hook(kind, fault, told, extra, phrases)
        case _:
            return sms(kind, fault, told, extra, phrases, medium)
