"""Asks a collector to let this machine in: by a join code, which never travels, or by waiting until somebody decides.

With a code the collector need not be trusted yet: it proves that it knows the code before it is told anything of it.
"""

import asyncio
import hashlib
import hmac
import secrets
import ssl
from enum import StrEnum
from typing import NamedTuple, TypeVar

import msgspec

from . import tls_settings
from .answers import problem_in, retry_after_in
from .contract import joining
from .contract.codec import encode
from .contract.joining import Ask, Hello, HelloAnswer, Join, JoinCode, Joined, Waiting
from .link import LinkError, connect, is_token, place_of
from .names import NameFailure
from .probes import Names
from .probes.results import plain
from .wire_http import Connection, Response, WireError

ANSWER_S = 30.0
MAX_ANSWER = 65_536
LONGEST_SAID = 300
OK, WAIT = 200, 202
LEAST_RETRY_S, MOST_RETRY_S = 1.0, 60.0

T = TypeVar("T")


class Why(StrEnum):
    """Why this machine was not let in."""

    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    """Its certificate is signed by nobody whom this machine trusts, or is out of date, or of another name."""
    FORGED = "forged"
    """It did not prove that it knows the code, or something between us and it shows another certificate."""
    EXPIRED = "expired"
    USED = "used"
    REFUSED = "refused"
    BUSY = "busy"
    ELSEWHERE = "elsewhere"
    """It answered with a redirect, which is not followed."""
    ODD = "odd"
    """Its answer is not a collector's."""


class EnrolError(Exception):
    """This machine was not let in; ``str()`` is the evidence, in English."""

    def __init__(self, why: Why, said: str = "", retry_s: float | None = None) -> None:
        super().__init__(said)
        self.why = why
        self.retry_s = retry_s
        """Seconds after which it may be tried again, where the collector said so."""


_BY_TYPE = {joining.CODE_EXPIRED: Why.EXPIRED, joining.CODE_USED: Why.USED}


class Machine(NamedTuple):
    """What this machine says of itself, for people to recognise it by."""

    host: str
    system: str


class LetIn(NamedTuple):
    """Who this machine is from now on, and the authorities (PEM) to trust the collector by; empty: the system's."""

    joined: Joined
    ca: str


class Enroller:
    """One machine that asks one collector. ``ca``: authorities to trust (PEM) instead of the system's."""

    def __init__(self, url: str, names: Names, user_agent: str, machine: Machine, ca: str = "") -> None:
        self._place = place_of(url)
        self._names = names
        self._user_agent = user_agent
        self._machine = machine
        self._ca = ca

    async def by_code(self, code: JoinCode) -> LetIn:
        """Join by a code; raises :class:`EnrolError`."""
        key, hello = code.key(), Hello(id=code.id, nonce=secrets.token_hex(joining.NONCE_BYTES))
        connection, seen = await self._first()
        try:
            said = await self._say(connection, joining.HELLO_PATH, hello, HelloAnswer)
            _check(key, hello.nonce, said, seen)
            if seen:
                await connection.close()
                connection = await self._connect(_trusting(said.ca))
            return LetIn(await self._join(connection, key, hello, said), said.ca if seen else self._ca)
        finally:
            await connection.close()

    async def ask(self, claim: str) -> LetIn | Waiting:
        """Ask once whether this machine, known by ``claim``, has been let in; raises :class:`EnrolError`."""
        asked = Ask(claim=claim, host=self._machine.host, system=self._machine.system)
        connection = await self._connect(self._context())
        try:
            answer = await self._asked(connection, joining.ASK_PATH, asked)
        finally:
            await connection.close()
        if answer.status == WAIT:
            return _bounded(_decoded(answer, Waiting))
        return LetIn(_usable(_taken(answer, Joined)), self._ca)

    async def _join(self, connection: Connection, key: bytes, hello: Hello, said: HelloAnswer) -> Joined:
        host, system = self._machine
        join = Join(id=hello.id, nonce=hello.nonce, answer_nonce=said.nonce, host=host, system=system, proof="")
        join = msgspec.structs.replace(join, proof=joining.join_proof(key, join))
        return _usable(await self._say(connection, joining.JOIN_PATH, join, Joined))

    async def _first(self) -> tuple[Connection, str]:
        """A connection, and the SHA-256 of the certificate seen where that cannot be trusted yet, else nothing."""
        try:
            return await self._connect(self._context()), ""
        except EnrolError as exc:
            if exc.why is not Why.UNTRUSTED or self._ca:
                raise
        connection = await self._connect(tls_settings.client("", verify=False))
        return connection, hashlib.sha256(connection.certificate()).hexdigest()

    def _context(self) -> ssl.SSLContext | None:
        if not self._place.tls:
            return None
        return _trusting(self._ca) if self._ca else tls_settings.client("")

    async def _connect(self, context: ssl.SSLContext | None) -> Connection:
        try:
            return await connect(self._place, context, self._names)
        except ssl.SSLCertVerificationError as exc:
            raise EnrolError(Why.UNTRUSTED, f"{self._place.host}: {exc.verify_message}") from exc
        except (OSError, LinkError, NameFailure) as exc:
            raise EnrolError(Why.UNREACHABLE, f"{self._place.host}: {exc}") from exc

    async def _say(self, connection: Connection, path: str, message: msgspec.Struct, type_: type[T]) -> T:
        return _taken(await self._asked(connection, path, message), type_)

    async def _asked(self, connection: Connection, path: str, message: msgspec.Struct) -> Response:
        headers = {
            "Host": self._place.authority,
            "User-Agent": self._user_agent,
            "Content-Type": "application/json",
            "Accept": "application/json, application/problem+json",
        }
        try:
            async with asyncio.timeout(ANSWER_S):
                return await connection.request("POST", self._place.base + path, headers, encode(message), MAX_ANSWER)
        except TimeoutError as exc:
            raise EnrolError(Why.UNREACHABLE, f"no answer from {self._place.host} within {ANSWER_S:g} s") from exc
        except OSError as exc:
            raise EnrolError(Why.UNREACHABLE, f"{self._place.host}: {exc}") from exc
        except WireError as exc:
            raise EnrolError(Why.ODD, f"{self._place.host}: {exc}") from exc


def _trusting(authorities: str) -> ssl.SSLContext:
    try:
        return tls_settings.trusting(authorities)
    except (OSError, ValueError) as exc:
        raise EnrolError(Why.ODD, f"its authority cannot be used: {exc}") from exc


def _check(key: bytes, nonce: str, said: HelloAnswer, seen: str) -> None:
    """Whether it knows the code and, where its certificate cannot be trusted yet, is whom we are connected to."""
    proved = joining.ca_proof(key, nonce, said).encode()
    if not hmac.compare_digest(proved, said.proof.encode("utf-8", "replace")):
        raise EnrolError(Why.FORGED, "it does not prove that it knows the code")
    if seen and said.certificate != seen:
        raise EnrolError(Why.FORGED, "the certificate seen here is not the one that it names")
    if seen and not said.ca:
        raise EnrolError(Why.UNTRUSTED, "it names no authority of its own, and its certificate cannot be trusted")


def _taken(answer: Response, type_: type[T]) -> T:
    """What a good answer says; raises :class:`EnrolError` for every other one."""
    if answer.status == OK:
        return _decoded(answer, type_)
    problem = problem_in(answer)
    said = f"it answered {answer.status}"
    if problem is not None:
        said += f" ({plain(problem.detail or problem.title)[:LONGEST_SAID]})"
    named = _BY_TYPE.get(problem.type) if problem else None
    raise EnrolError(named or _by_status(answer.status), said, retry_after_in(answer))


def _by_status(status: int) -> Why:
    if status in (401, 403, 410):
        return Why.REFUSED
    if status in (409, 429, 503):
        return Why.BUSY
    return Why.ELSEWHERE if 300 <= status < 400 else Why.ODD


def _decoded(answer: Response, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=type_)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise EnrolError(Why.ODD, f"its answer is not a collector's: {exc}") from exc


def _usable(joined: Joined) -> Joined:
    if not is_token(joined.token):
        raise EnrolError(Why.ODD, "the token in its answer is none")
    return joined


def _bounded(waiting: Waiting) -> Waiting:
    retry_s = min(max(waiting.retry_s, LEAST_RETRY_S), MOST_RETRY_S)
    return Waiting(word=plain(waiting.word)[:LONGEST_SAID], retry_s=retry_s)
