"""A time-stamping authority for tests: HTTP on loopback in front of ``openssl ts -reply``, honest or not on command."""

import asyncio
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from doors import closing

KeyKind = Literal["ec", "rsa"]
SIGNER = "sansang stand-in TSA"
_DAY = timedelta(days=1)
_SETTINGS = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
certs = {folder}/signer.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def unchanged(data: bytes) -> bytes:
    return data


class TimeStampStandIn:
    """Answers every POST. ``query`` and ``reply`` may change what goes in and what comes out."""

    def __init__(
        self, folder: Path, *, key: KeyKind = "ec", digests: str = "sha256", valid: tuple[int, int] = (-1, 90)
    ) -> None:
        self.query: Callable[[bytes], bytes] = unchanged
        self.reply: Callable[[bytes], bytes] = unchanged
        self.status = 200
        self.content_type = "application/timestamp-reply"
        self.mute = False
        self.head = ""
        """The last request's head."""
        self._folder = folder
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None] | None] = set()
        self._closing = asyncio.Event()
        _certify(folder, key, valid)
        (folder / "tsa.cnf").write_text(_SETTINGS.format(folder=folder, digests=digests))
        (folder / "serial").write_text("01\n")

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/tsa"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self._closing.set()
        await asyncio.gather(*(task for task in self._serving if task), return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        async with closing(writer):
            await self._answer(reader, writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line[15:]) for line in self.head.splitlines() if line.lower().startswith("content-length:"))
        query = await reader.readexactly(length)
        if self.mute:
            await self._closing.wait()
        else:
            body = self.reply(await asyncio.to_thread(self.stamped, self.query(query)))
            head = (
                f"HTTP/1.1 {self.status} x\r\nContent-Type: {self.content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)

    def stamped(self, query: bytes) -> bytes:
        """What openssl replies."""
        (self._folder / "query").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query"]
        return subprocess.run(command, cwd=self._folder, capture_output=True, check=True).stdout


def _certify(folder: Path, kind: KeyKind, valid: tuple[int, int]) -> None:
    """The signer's key and certificate, its own authority, ``valid`` in days from now."""
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SIGNER)])
    now = datetime.now(UTC).replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + valid[0] * _DAY)
        .not_valid_after(now + valid[1] * _DAY)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "signer.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "signer.key").write_bytes(encoded)
