"""A centre that lets machines in, as agents see one: hello, join and ask by the contract's own functions, in memory."""

import asyncio
import hashlib
import secrets
import ssl

import msgspec

from sansang_agent.contract import joining
from sansang_agent.contract.joining import Ask, Hello, HelloAnswer, Join, JoinCode, Joined, Waiting, read_code
from tests.support.fake_collector import FakeCollector, Reply, Request, problem, stored

CODE = JoinCode("7K2", "M4XP9QW3RT6A")
WRITTEN = CODE.written()
SECRETS = (CODE.secret, WRITTEN, WRITTEN.replace("-", ""))
"""What of a code nobody on the way may ever see."""


def joined(number: int = 7) -> Joined:
    return Joined(
        agent=number,
        commune="05983",
        commune_name="Xã Vân Nham",
        name=f"quay-{number}",
        token=f"token-{number}-" + "x" * 30,
        report_key="ab" * 32,
    )


class FakeCentre:
    """What a collector's three paths answer; reports are stored. ``ca`` and ``certificate`` are told of by hello."""

    def __init__(self, ca: str = "", certificate: str = "") -> None:
        self.ca = ca
        self.certificate = certificate
        self.keys = {CODE.id: read_code(WRITTEN).key()}
        self.nonces: set[str] = set()
        self.next = joined()
        self.waiting: dict[str, str] = {}
        self.let_in: set[str] = set()
        self.refused: dict[str, Reply] = {}
        """By path: what is answered instead."""
        self.joins: list[Join] = []
        self.asked: list[Ask] = []
        self.retry_s = 1.0
        self.more: dict[str, object] = {}
        """What answers to reports say beside what is stored."""

    def __call__(self, request: Request) -> Reply:
        answers = {joining.HELLO_PATH: self.hello, joining.JOIN_PATH: self.join, joining.ASK_PATH: self.ask}
        if request.target in self.refused:
            return self.refused[request.target]
        if request.target in answers:
            return answers[request.target](request)
        return stored(request, **self.more) if request.method == "POST" else Reply(404)

    def hello(self, request: Request) -> Reply:
        hello = msgspec.json.decode(request.body, type=Hello)
        key = self.keys.get(hello.id, secrets.token_bytes(32))
        answer = HelloAnswer(nonce=secrets.token_hex(32), ca=self.ca, certificate=self.certificate, proof="")
        self.nonces.add(answer.nonce)
        return Reply(body=msgspec.structs.replace(answer, proof=joining.ca_proof(key, hello.nonce, answer)))

    def join(self, request: Request) -> Reply:
        join = msgspec.json.decode(request.body, type=Join)
        if join.answer_nonce not in self.nonces or join.proof != joining.join_proof(self.keys[join.id], join):
            return problem(403, detail="this is not the code's proof")
        self.nonces.discard(join.answer_nonce)
        self.joins.append(join)
        return Reply(body=self.next)

    def ask(self, request: Request) -> Reply:
        ask = msgspec.json.decode(request.body, type=Ask)
        self.asked.append(ask)
        word = self.waiting.setdefault(ask.claim, "K7F2QD")
        if ask.claim in self.let_in:
            return Reply(body=self.next)
        return Reply(202, Waiting(word=word, retry_s=self.retry_s))


async def seen_certificate(collector: FakeCollector) -> str:
    """SHA-256 of the certificate that a server shows."""
    look = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    look.check_hostname, look.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", collector.port, ssl=look)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return hashlib.sha256(shown).hexdigest()
