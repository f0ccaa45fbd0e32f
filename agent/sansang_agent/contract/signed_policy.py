"""A policy file that somebody signed with a key that lies on no centre: its form, its words, what its signature covers.

Pure, and without any cryptography: whether the signature is good is for whoever has the keys to say.
"""

import base64
import binascii
import hashlib
import textwrap
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, NamedTuple

import msgspec

from . import allowance
from .allowance import Allowance
from .check import Identifier
from .mistake import Mistake, SettingsError
from .settings import loads
from .strict import INVALID

HEAD = "sansang-policy-v1"
SUFFIX = ".policy"
MOST_BYTES = 65_536
"""Of one file as it is written."""
MOST_FILES = 16
"""In one folder, and of one centre."""
MOST_BRACKETS = 100
"""A reader of YAML takes seconds for thousands of them."""
KEY_BYTES = 32
SIGNATURE_BYTES = 64


class FormError(Exception):
    """Not a signed policy; ``str()`` says why, in English."""


class Sealed(NamedTuple):
    """A file in its parts; nothing of it is believed yet."""

    key_id: str
    signature: bytes
    text: bytes
    """YAML, see :class:`PolicyText`."""


Code = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9]{5}$(?!\n)", description="a commune's code: five digits between quotes")
]


class PolicyText(Allowance, frozen=True, kw_only=True):
    """What was signed."""

    name: Identifier
    """Of two files of one name and key the one with the greater serial holds."""
    serial: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    """Greater with every change: a machine that has seen one takes none that is older."""
    expires: str
    """The last day it holds, ``2027-06-30`` (UTC)."""
    communes: Annotated[tuple[Code, ...], msgspec.Meta(max_length=4000)] = msgspec.field(name="for", default=())
    """Whose machines it is for; empty: everyone's who knows the key."""

    @property
    def ends(self) -> float:
        """When it expires, Unix seconds."""
        midnight = datetime.combine(date.fromisoformat(self.expires), datetime.min.time(), UTC)
        return (midnight + timedelta(days=1)).timestamp()

    @property
    def allowance(self) -> Allowance:
        """What it allows."""
        return Allowance(hosts=self.hosts, networks=self.networks, ports=self.ports, kinds=self.kinds)


def key_id(public: bytes) -> str:
    """What a public key is called: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def public_key(text: str) -> bytes:
    """The 32 bytes of an Ed25519 public key in base 64; raises :class:`FormError`."""
    return _bytes_of(text, KEY_BYTES, "a public key")


def signed_bytes(text: bytes) -> bytes:
    """What a signature is made over: a signature for anything else never fits a policy."""
    return HEAD.encode() + b"\n" + text


def seal(key: str, signature: bytes, text: bytes) -> str:
    """The file of a signed text."""
    body = textwrap.fill(base64.b64encode(text).decode(), 76)
    return f"{HEAD}\nkey {key}\nsignature {base64.b64encode(signature).decode()}\n{body}\n"


def unseal(file: str) -> Sealed:
    """The parts of a file; raises :class:`FormError` where it has not this form."""
    if len(file.encode("utf-8", "replace")) > MOST_BYTES:
        raise FormError(f"it is longer than {MOST_BYTES} bytes")
    lines = file.splitlines()
    if lines[:1] != [HEAD]:
        raise FormError(f"its first line is not {HEAD}")
    if len(lines) < 4:
        raise FormError("it is cut short")
    key, signature = _after("key ", lines[1]), _after("signature ", lines[2])
    if len(key) != 16 or set(key) - set("0123456789abcdef"):
        raise FormError("its second line names no key")
    return Sealed(key, _bytes_of(signature, SIGNATURE_BYTES, "a signature"), _decoded("".join(lines[3:])))


def read(text: bytes, name: str) -> PolicyText:
    """The signed text; raises :class:`sansang_agent.contract.settings.SettingsError` with every mistake.

    ``name`` stands for the file in mistakes.
    """
    if text.count(b"[") + text.count(b"{") > MOST_BRACKETS or b"- - -" in text:
        raise SettingsError([Mistake(name, 0, "", "is nested more than a policy is")])
    return loads(text.decode("utf-8", "replace"), name, PolicyText, judge)


def judge(type_: type, parts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong beyond types; see :data:`strict.Rule`."""
    yield from allowance.judge(type_, parts)
    day = parts.get("expires", INVALID)
    if day is not INVALID:
        try:
            if date.fromisoformat(day).isoformat() != day or not 2020 <= int(day[:4]) < 2200:
                raise ValueError
        except ValueError:
            yield "expires", f"'{day}' is not a day such as 2027-06-30"


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise FormError(f"it has no line that starts with '{word.strip()}'")
    return line.removeprefix(word)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FormError("it is not base 64") from error


def _bytes_of(text: str, wanted: int, what: str) -> bytes:
    found = _decoded(text)
    if len(found) != wanted:
        raise FormError(f"{what} has {wanted} bytes, this one {len(found)}")
    return found
