"""Answers what machines say that are not in yet: the two messages of a join code, and the one of a queue.

Proofs are checked here, on the event loop; what becomes of the ledger is in letting_in.py and waiting.py.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from sansang_agent.contract.joining import (
    CODE_EXPIRED,
    CODE_USED,
    Ask,
    Hello,
    HelloAnswer,
    Join,
    Joined,
    Waiting,
    ca_proof,
    join_proof,
)
from sansang_alerts.wrong_tries import WrongTries

from . import join_codes, nonces, waiting
from .client_address import neighbourhood
from .commune import Places
from .joining_together import Arrivals
from .letting_in import Admitted
from .nonces import Nonces
from .store import Store
from .tls_identity import TlsIdentity
from .tokens import digest

WRONG_OF_ADDRESS, ADDRESS_WINDOW_S = 10, 60.0
WRONG_OF_CODE, CODE_WINDOW_S = 20, 600.0
SOON_S, LATER_S = 5.0, 30.0
"""How long a machine that waits is told to wait: at first, and after ten minutes."""
FULL_RETRY_S = 60


class Refusal(NamedTuple):
    """Why a machine is not let in: status, words, problem type."""

    status: int
    title: str
    detail: str
    kind: str = "about:blank"
    retry_s: float = 0.0


class RefusedError(Exception):
    """Not let in, or not yet."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


_STALE = Refusal(409, "Say hello again", "this nonce was not given for this code, is too old, or was used already")
_WRONG = Refusal(403, "Not proved", "this is not proved by any join code that is known here")
_EXPIRED = Refusal(410, "Code expired", "this join code is too old; ask for a new one", CODE_EXPIRED)
_USED = Refusal(410, "Code used up", "this join code has been used up or was withdrawn; ask for a new one", CODE_USED)
_BUSY = Refusal(503, "Too many at once", "too many machines are being let in; try again", retry_s=FULL_RETRY_S)
_SENT_AWAY = Refusal(403, "Not let in", "somebody decided that this machine is not to be let in, or it already was")
_CROWDED = Refusal(429, "Too many wait", "too many machines wait from this address", retry_s=FULL_RETRY_S)
_FULL = Refusal(503, "Too many wait", "too many machines wait to be let in", retry_s=FULL_RETRY_S)


class Enrolment:
    """One per collector; all but the ledger's writing happens on the event loop."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._nobodys_key = secrets.token_bytes(32)
        self._nonces = Nonces()
        self._arrivals = Arrivals(store, now)
        self._wrong_of_address = WrongTries(WRONG_OF_ADDRESS, ADDRESS_WINDOW_S)
        self._wrong_of_code = WrongTries(WRONG_OF_CODE, CODE_WINDOW_S)

    def hello(self, hello: Hello, identity: TlsIdentity) -> HelloAnswer:
        """Name our CA and certificate, proved by the code's key; an unknown code is answered alike."""
        given = self._nonces.give(hello.id, hello.nonce, self._now())
        answer = HelloAnswer(nonce=given, ca=identity.ca_pem, certificate=identity.certificate_sha256, proof="")
        return msgspec.structs.replace(answer, proof=ca_proof(self._key_of(hello.id), hello.nonce, answer))

    async def join(self, join: Join, address: str, places: Places) -> Joined:
        """Let a machine in that proves a code; raises :class:`RefusedError`.

        Whoever proves it is let in however often others guessed wrong: sixty bits are not guessed at any pace a server
        answers at, but a lock would let anybody keep a commune's machines out.
        """
        now = self._now()
        if not self._nonces.holds(join.answer_nonce, join.id, join.nonce, now):
            raise RefusedError(_STALE)
        if not hmac.compare_digest(join_proof(self._key_of(join.id), join), join.proof):
            raise RefusedError(self._wrong(join.id, address, now))
        try:
            self._nonces.use(join.answer_nonce, now)
            return _joined(await self._arrivals.let_in(join), places)
        except nonces.FullError:
            raise RefusedError(_BUSY) from None
        except join_codes.ExpiredError:
            raise RefusedError(_EXPIRED) from None
        except join_codes.UsedError:
            raise RefusedError(_USED) from None

    async def ask(self, asked: Ask, address: str, places: Places) -> Waiting | Joined:
        """Have a machine wait, or let it in once somebody has approved it; raises :class:`RefusedError`."""
        now = self._now()
        waits = self._waits(asked, now)
        if waits is not None:
            return waits
        try:
            told = await self._store.write(lambda it: waiting.ask(it, asked, address, now))
        except waiting.FullError:
            raise RefusedError(_FULL) from None
        except waiting.CrowdedError:
            raise RefusedError(_CROWDED) from None
        except waiting.RefusedMachineError:
            raise RefusedError(_SENT_AWAY) from None
        return _joined(told, places) if isinstance(told, Admitted) else Waiting(word=told, retry_s=SOON_S)

    def _waits(self, asked: Ask, now: float) -> Waiting | None:
        """What is told without writing anything: that it still waits."""
        found = self._store.at_hand.rows(waiting.FIND, (digest(asked.claim),))
        if not found:
            return None
        word, decision, asked_at, seen_at = found[0]
        if decision == waiting.REFUSED:
            raise RefusedError(_SENT_AWAY)
        if decision is not None or not 0 <= now - seen_at < waiting.SEEN_EVERY_S:
            return None
        return Waiting(word=word, retry_s=SOON_S if now - asked_at < waiting.AGAIN_S else LATER_S)

    def _key_of(self, code: str) -> bytes:
        """The code's key, or one that nobody has."""
        found = self._store.at_hand.rows(join_codes.KEY_OF, (code,))
        nobodys = hmac.digest(self._nobodys_key, code.encode(), "sha256")
        return bytes(found[0][0]) if found else nobodys

    def _wrong(self, code: str, address: str, now: float) -> Refusal:
        waits = (self._wrong_of_address.count(neighbourhood(address), now), self._wrong_of_code.count(code, now))
        if not any(waits):
            return _WRONG
        return Refusal(429, "Too many wrong tries", "wait before you try again", retry_s=max(waits))


def retry_after(refusal: Refusal) -> Mapping[str, str]:
    """The header that says when to come back, where there is a use in it."""
    return {"Retry-After": str(max(1, round(refusal.retry_s)))} if refusal.retry_s else {}


def _joined(admitted: Admitted, places: Places) -> Joined:
    return Joined(
        agent=admitted.agent,
        commune=admitted.commune,
        commune_name=places.name_of(admitted.commune),
        name=admitted.name,
        token=admitted.token,
        report_key=admitted.report_key.hex(),
    )
