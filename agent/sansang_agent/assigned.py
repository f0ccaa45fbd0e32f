"""What the centre assigned to this machine, read from its bytes: strictly where it is understood, leniently where not.

A check of a kind or with a key that this version does not know, or that the centre may not set, is never guessed at: an
``unsupported`` check stands in its place and says so.
"""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from .config_rules import judge
from .contract.assignment import Contacts
from .contract.check import Check, CheckName, Profile, UnsupportedCheck
from .contract.rung import Network, Rung
from .contract.signed_policy import MOST_BYTES, MOST_FILES
from .probes.results import plain

VERSION = 1
MOST_CHECKS = 2_000
"""In one assignment: several times what a vantage has in a large province."""
LONGEST_WORDS = 300
"""Letters of a name or of whom to call that are kept."""
LOCAL_ONLY = ("ca_file", "proxy", "community_file", "auth_file", "priv_file")
"""Keys of checks that name something on this machine: only its own administrator sets them."""

_log = logging.getLogger(__name__)


class AssignmentError(Exception):
    """An assignment that cannot be used; ``str()`` says why, in English."""


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment in use; see :class:`sansang_agent.contract.assignment.Assignment`."""

    hash: str = ""
    """Empty: the centre has assigned nothing."""
    role: str = ""
    profile: Profile | None = None
    on_ask: tuple[Check, ...] = ()
    contacts: Contacts = Contacts()
    service_contacts: dict[str, str] = {}
    policies: tuple[str, ...] = ()
    """Signed policies as they were carried; nobody has read them yet."""


_Carried = Annotated[str, msgspec.Meta(max_length=MOST_BYTES)]


class _Checks(msgspec.Struct, frozen=True, kw_only=True):
    label: str = ""
    checks: tuple[msgspec.Raw, ...] = ()


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    v: int
    role: str = ""
    profile: _Checks
    on_ask: tuple[msgspec.Raw, ...] = ()
    contacts: Contacts = Contacts()
    service_contacts: dict[str, str] = {}
    policies: Annotated[tuple[_Carried, ...], msgspec.Meta(max_length=MOST_FILES)] = ()


class _Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What every check of every version says of itself."""

    id: CheckName
    rung: Rung
    target: str
    name: str = ""
    network: Network = Network.BOTH
    period: float = 15.0
    mandatory: bool = True


def hash_of(body: bytes) -> str:
    """The name of an assignment, see :func:`sansang_agent.contract.assignment.assignment_hash`."""
    return hashlib.sha256(body).hexdigest()[:32]


def read(body: bytes) -> Assigned:
    """The assignment in ``body``; raises :class:`AssignmentError`."""
    try:
        found = msgspec.json.decode(body, type=_Read)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise AssignmentError(f"it cannot be read: {exc}") from exc
    if found.v != VERSION:
        raise AssignmentError(f"it is of version {found.v}, and this program knows version {VERSION}")
    if (count := len(found.profile.checks) + len(found.on_ask)) > MOST_CHECKS:
        raise AssignmentError(f"it has {count} checks, more than {MOST_CHECKS}")
    checks, on_ask = tuple(_checks(found.profile.checks)), tuple(_checks(found.on_ask))
    names = [check.id for check in (*checks, *on_ask)]
    if len(set(names)) < len(names):
        raise AssignmentError("it has two checks of one name")
    return Assigned(
        hash=hash_of(body),
        role=_words(found.role),
        profile=Profile(label=_words(found.profile.label), checks=checks),
        on_ask=on_ask,
        contacts=msgspec.convert(_plain(msgspec.structs.asdict(found.contacts)), Contacts),
        service_contacts=_plain(found.service_contacts),
        policies=found.policies,
    )


def _words(text: str) -> str:
    """A person's words as they may be shown anywhere: nobody's terminal is led by what a centre writes."""
    return plain(text)[:LONGEST_WORDS]


def _plain(texts: dict[str, str]) -> dict[str, str]:
    return {key: _words(text) for key, text in texts.items()}


def _checks(raws: tuple[msgspec.Raw, ...]) -> Iterator[Check]:
    for raw in raws:
        try:
            check = msgspec.json.decode(raw, type=Check)
            why = next((f"{key}: {said}" for key, said in _mistakes(check)), "")
        except msgspec.MsgspecError as exc:
            check, why = None, str(exc)
        if check is not None and not why:
            yield msgspec.structs.replace(check, name=_words(check.name), source=_words(check.source))
        elif stand_in := _stand_in(raw):
            _log.warning("the centre's check %s is not asked here: %s", stand_in.id, why)
            yield stand_in
        else:
            _log.warning("a check of the centre's is left out: %s", why)


def _mistakes(check: Check) -> Iterator[tuple[str, str]]:
    yield from ((key, "is the local administrator's to set") for key in LOCAL_ONLY if getattr(check, key, ""))
    if plain(check.target) != check.target:
        yield "target", "has characters that cannot be shown"
    yield from judge(Path(), type(check), msgspec.structs.asdict(check))


def _stand_in(raw: msgspec.Raw) -> UnsupportedCheck | None:
    """What stands for a check that is not understood; None where not even a name and a rung are."""
    try:
        outside = msgspec.json.decode(raw, type=_Outside)
        fields = msgspec.structs.asdict(outside)
        words = {"target": _words(outside.target), "name": _words(outside.name), "kind": "unsupported"}
        return msgspec.convert(fields | words, UnsupportedCheck)
    except msgspec.MsgspecError:
        return None
