"""The notes of the daily digest in words: machines that are not back, certificates that end, disks nearly full.

Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from sansang_alerts.texts import Digest, Note

from .digest_facts import Certificate, Facts, Machine
from .incidents.speech import Says, Speech

MOST_NAMES = 4
"""Machines of one commune that are named; the others are counted."""
_DAY_S = 86400.0
_GB = 1e9


def digest_of(facts: Facts, says: Sequence[Says], now: float) -> Digest:
    """The digest but for what alerts themselves know; each note in every language of ``says``."""
    by_language = {one.language: list(_notes(facts, Speech(one, now))) for one in says}
    notes = [Note(dict(zip(by_language, said, strict=True))) for said in zip(*by_language.values(), strict=True)]
    return Digest(watched=facts.watched, communes=facts.communes, notes=tuple(notes))


def _notes(facts: Facts, speech: Speech) -> Iterator[str]:
    for commune, machines in groupby(facts.away, key=lambda one: one.commune):
        yield _away(commune, list(machines), speech)
    for certificate in facts.certificates:
        yield _ends(certificate, speech)
    for machine in facts.full:
        form = speech.say("{commune}: {machine} has only {room} GB of free disk left")
        room = f"{machine.free_bytes / _GB:.1f}"
        said = form.format(commune=speech.commune(machine.commune), machine=machine.name, room=_number(room, speech))
        yield speech.sentence(said)


def _away(commune: str, machines: Sequence[Machine], speech: Speech) -> str:
    """``Xã Khánh Khê: 2 máy chưa trở lại: quay-1, quay-2 (lâu nhất từ 16:02 25/11/2026).``"""
    count = len(machines)
    form = speech.plural(
        "{commune}: {count} machine not back: {names} (since {time})",
        "{commune}: {count} machines not back: {names} (the longest since {time})",
        count,
    )
    names = ", ".join(one.name for one in machines[:MOST_NAMES]) + (" …" if count > MOST_NAMES else "")
    time = speech.clock(min(one.since for one in machines))
    return speech.sentence(form.format(commune=speech.commune(commune), count=count, names=names, time=time))


def _ends(certificate: Certificate, speech: Speech) -> str:
    of = certificate.of or speech.say("this collector")
    days = int((certificate.ends - speech.now) // _DAY_S)
    if certificate.ends <= speech.now:
        said = speech.say("The certificate of {name} has ended ({time})")
    else:
        said = speech.plural(
            "The certificate of {name} ends in {count} day ({time})",
            "The certificate of {name} ends in {count} days ({time})",
            days,
        )
    return speech.sentence(said.format(name=of, count=days, time=speech.clock(certificate.ends)))


def _number(text: str, speech: Speech) -> str:
    return text.replace(".", ",") if speech.language == "vi" else text
