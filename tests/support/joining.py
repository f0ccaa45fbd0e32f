"""A machine that joins, played with the contract's own functions over real HTTP, and the codes it joins with."""

import secrets
from typing import Any

import httpx
import msgspec
from sqlalchemy import Connection

from sansang_agent.contract.joining import (
    ASK_PATH,
    HELLO_PATH,
    JOIN_PATH,
    Ask,
    Hello,
    HelloAnswer,
    Join,
    JoinCode,
    ca_proof,
    join_proof,
)
from sansang_collector import join_codes
from sansang_collector.join_codes import Wanted


def make_code(connection: Connection, wanted: Wanted, now: float) -> JoinCode:
    """A code that holds."""
    code = join_codes.draft(connection)
    join_codes.keep(connection, (code.id, code.key()), wanted, "test", now)
    return code


class Joiner:
    """One machine: says hello when made, joins when told to."""

    def __init__(self, client: httpx.Client, code: JoinCode, key: bytes | None = None) -> None:
        self._client = client
        self._key = code.key() if key is None else key
        self.nonce = secrets.token_hex(32)
        self.hello = Hello(id=code.id, nonce=self.nonce)
        answer = client.post(HELLO_PATH, content=msgspec.json.encode(self.hello))
        assert answer.status_code == 200, answer.text
        self.heard = msgspec.json.decode(answer.content, type=HelloAnswer)

    @property
    def centre_is_proved(self) -> bool:
        """Whether the collector knows the code."""
        return self.heard.proof == ca_proof(self._key, self.nonce, self.heard)

    def message(self, host: str = "MAY-01", system: str = "Windows 11", **otherwise: Any) -> Join:
        """What it would send; ``otherwise`` is changed after it was proved."""
        told = {"id": self.hello.id, "nonce": self.nonce, "answer_nonce": self.heard.nonce, "host": host}
        join = Join(**told, system=system, proof="0" * 64)
        proved = msgspec.structs.replace(join, proof=join_proof(self._key, join))
        return msgspec.structs.replace(proved, **otherwise)

    def join(self, host: str = "MAY-01", **otherwise: Any) -> httpx.Response:
        """Send it."""
        return send(self._client, self.message(host, **otherwise))


def send(client: httpx.Client, join: Join) -> httpx.Response:
    """Send a message as it is."""
    return client.post(JOIN_PATH, content=msgspec.json.encode(join))


def new_claim() -> str:
    """The secret of a machine that waits."""
    return secrets.token_urlsafe(32)


def ask(client: httpx.Client, claim: str, host: str = "MAY-01") -> httpx.Response:
    """Ask to be let in."""
    return client.post(ASK_PATH, content=msgspec.json.encode(Ask(claim=claim, host=host, system="Windows 11")))
