"""How a machine and its centre prove to each other that both know a join code, which itself never travels.

Pure: the code as people write it, the key made of it, the proofs, and the messages of ``/api/v1/enrol``.
"""

import hashlib
import hmac
from typing import Annotated, NamedTuple

import msgspec

HELLO_PATH = "/api/v1/enrol/hello"
JOIN_PATH = "/api/v1/enrol"
ASK_PATH = "/api/v1/enrol/ask"

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""
ID_LENGTH = 3
SECRET_LENGTH = 12
"""60 bits."""
LENGTH = ID_LENGTH + SECRET_LENGTH + 1
NONCE_BYTES = 32

_READ_AS = str.maketrans("OIL", "011", "- \t\n\r\u00a0\u2010\u2011\u2012\u2013\u2014")
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}


class CodeError(Exception):
    """Not a join code; ``str()`` says what is wrong with it, in English."""


class JoinCode(NamedTuple):
    """A join code in its parts; the secret shows nowhere by itself."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"JoinCode({self.id!r}, …)"

    def written(self) -> str:
        """As it is printed: four groups of four."""
        whole = self.id + self.secret
        whole += check_character(whole)
        return "-".join(whole[at : at + 4] for at in range(0, LENGTH, 4))

    def key(self) -> bytes:
        """What the centre keeps and the proofs are made with (scrypt, RFC 7914): 16 MiB and some 50 ms of work."""
        return hashlib.scrypt(self.secret.encode(), salt=b"sansang join " + self.id.encode(), **_SCRYPT)


def read_code(text: str) -> JoinCode:
    """The code a person typed, in whatever case and with whatever between its groups; raises :class:`CodeError`."""
    plain = text.upper().translate(_READ_AS)
    odd = next((letter for letter in plain if letter not in ALPHABET), None)
    if odd is not None:
        raise CodeError(f"{odd!r} is in no join code")
    if len(plain) != LENGTH:
        raise CodeError(f"a join code has {LENGTH} characters, this one has {len(plain)}")
    if check_character(plain[:-1]) != plain[-1]:
        raise CodeError("one of its characters is wrong, or two are exchanged")
    return JoinCode(plain[:ID_LENGTH], plain[ID_LENGTH:-1])


def check_character(text: str) -> str:
    """The character that makes one wrong or two exchanged neighbours noticed: a sum over GF(32), x^5 + x^2 + 1."""
    total = 0
    for letter in text:
        total = _doubled(total ^ ALPHABET.index(letter))
    return ALPHABET[total]


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def proof(key: bytes, what: str, *parts: str) -> str:
    """HMAC-SHA-256 in hex over ``what`` and the parts, each with its length before it."""
    told = b"".join(b"%d:%b" % (len(part), part) for part in (each.encode() for each in (what, *parts)))
    return hmac.new(key, told, hashlib.sha256).hexdigest()


def ca_proof(key: bytes, nonce: str, hello: "HelloAnswer") -> str:
    """What :attr:`HelloAnswer.proof` must be: nobody without the code could have named this CA and this certificate."""
    return proof(key, "ca", nonce, hello.nonce, hello.ca, hello.certificate)


def join_proof(key: bytes, join: "Join") -> str:
    """What :attr:`Join.proof` must be."""
    return proof(key, "join", join.id, join.nonce, join.answer_nonce, join.host, join.system)


Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
"""32 bytes."""
Id = Annotated[str, msgspec.Meta(pattern=rf"^[{ALPHABET}]{{{ID_LENGTH}}}$(?!\n)")]
Told = Annotated[str, msgspec.Meta(max_length=255)]
"""What a machine says of itself: never an identity, only for people to recognise it by."""
Claim = Annotated[str, msgspec.Meta(min_length=43, max_length=64)]
"""A secret of a machine that waits to be let in: 256 random bits, URL-safe base 64."""


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """The first message, over a connection that may not be trusted yet: which code, and something never said before."""

    id: Id
    nonce: Hex


class HelloAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Which authority to trust from now on. An unknown code is answered alike, with a proof of nothing."""

    nonce: str
    """The centre's own, to be said again in :class:`Join` within two minutes."""
    ca: str = ""
    """The collector's CA certificate, PEM; empty: the system's authorities are to be trusted."""
    certificate: str = ""
    """SHA-256 (hex) of the TLS certificate (DER) the collector itself shows; empty: something before it speaks TLS."""
    proof: str


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """The second message, over TLS that is trusted by now."""

    id: Id
    nonce: Hex
    answer_nonce: Annotated[str, msgspec.Meta(max_length=512)]
    host: Told = ""
    system: Told = ""
    proof: Hex


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A machine without a code asks to be let in, again and again until somebody has decided; needs trusted TLS."""

    claim: Claim
    host: Told = ""
    system: Told = ""

    def __repr__(self) -> str:
        return f"Ask(…, host={self.host!r}, system={self.system!r})"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody has decided yet (202)."""

    word: str
    """Six characters that the PC and the page both show, so that people let in the machine they mean."""
    retry_s: float = 5.0


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """Who this machine is from now on (200)."""

    agent: int
    commune: str
    commune_name: str = ""
    name: str
    """What it is called in its commune."""
    token: str
    """Bearer token, 256 bits; the centre keeps only its SHA-256."""
    report_key: Hex
    """Signs what is carried by hand (HMAC-SHA-256)."""

    def __repr__(self) -> str:
        return f"Joined(agent={self.agent}, commune={self.commune!r}, name={self.name!r}, …)"


CLONE = "urn:sansang:problem:clone"
"""Problem type (RFC 9457) of a 403: two machines use this token; each is to be enrolled again."""
REVOKED = "urn:sansang:problem:revoked"
"""… of a 401: this token was valid once."""
CODE_EXPIRED = "urn:sansang:problem:code-expired"
"""… of a 410: whoever asks knows the code, but it is too old."""
CODE_USED = "urn:sansang:problem:code-used"
"""… of a 410: it has been used as often as it may be, or was withdrawn."""
