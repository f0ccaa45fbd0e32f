"""pysnmp's engines: one for each credential in a loop, shared by the checks that use it, and closed when none is left.

An engine costs a fifth of a second and never gives all its memory back, so none is made for a single question; two
users of one name with different keys in one engine would be mixed up, so each credential has its own.
"""

import logging
import time
from typing import Any

from .snmp_credential import Community, Credential

_log = logging.getLogger(__name__)

_PEER_LIFE_TICKS = 3_001
"""How long pysnmp believes what it learned of a device's engine: 300 s in ticks of 0.1 s."""


class Engines:
    """Engines by credential; what :class:`sansang_agent.probes.kept.Kept` keeps for the snmp probe."""

    def __init__(self) -> None:
        self._engines: dict[Credential, Engine] = {}
        self._users: dict[str, Credential] = {}

    def of(self, check: str, credential: Credential) -> "Engine":
        """The engine with which the check of this name asks; what it used before goes when nobody else uses it."""
        before = self._users.get(check)
        self._users[check] = credential
        if before is not None and before not in self._users.values():
            self._engines.pop(before).close()
        engine = self._engines.get(credential)
        if engine is None or not engine.is_alive():
            if engine is not None:
                engine.close()
            engine = self._engines[credential] = Engine(credential)
        return engine

    def close(self) -> None:
        """Close all sockets and end all timers."""
        while self._engines:
            self._engines.popitem()[1].close()
        self._users.clear()


class Engine:
    """One pysnmp engine and the one credential it asks with; raises ImportError without the extra ``snmp``."""

    def __init__(self, credential: Credential) -> None:
        from pysnmp.carrier.asyncio.dispatch import (  # type: ignore[import-untyped]  # noqa: PLC0415
            AsyncioDispatcher,
        )
        from pysnmp.hlapi.v3arch import asyncio as hlapi  # type: ignore[import-untyped]  # noqa: PLC0415

        self._hlapi = hlapi
        self._engine = hlapi.SnmpEngine()
        self._asked: set[tuple[str, int]] = set()
        dispatcher = AsyncioDispatcher()
        self._engine.register_transport_dispatcher(dispatcher)
        dispatcher.unregister_recv_callback()
        dispatcher.register_recv_callback(self._hear)
        self._dispatcher = dispatcher
        self._auth = _auth(hlapi, credential)

    def _hear(self, _dispatcher: Any, domain: Any, address: Any, message: bytes) -> None:
        """Take what came from a device that was asked; nothing a device sends may break the timer or fill the log."""
        if tuple(address[:2]) not in self._asked:
            return
        try:
            self._engine.message_dispatcher.receive_message(self._engine, domain, address, message)
        except Exception as error:  # noqa: BLE001  # pysnmp raises whatever the bytes lead it to
            _log.debug("not an SNMP message from %s: %s", address, type(error).__name__)

    def is_alive(self) -> bool:
        """Whether pysnmp's own timer still runs; it begins with the first question."""
        timer = self._dispatcher.loopingcall
        return timer is None or not timer.done()

    def target(self, address: str, port: int, timeout: float) -> Any:
        """Where to send; an address is taken as it is, so that no thread is asked to look it up.

        pysnmp keeps a row for every target and ``timeout`` (seconds, when it gives a question up by itself): the caller
        has to give the same one each time, and to be less patient itself.
        """
        kind = self._hlapi.Udp6TransportTarget if ":" in address else self._hlapi.UdpTransportTarget
        target = kind.__new__(kind)
        target.transport_address = (address, port, 0, 0) if ":" in address else (address, port)
        target.__init__(timeout=timeout, retries=0)
        self._asked.add((address, port))
        return target

    async def get(self, target: Any, oids: list[str]) -> Any:
        """pysnmp's answer to a GET: error indication, status, index, variables."""
        return await self._hlapi.get_cmd(
            self._engine, self._auth, target, self._hlapi.ContextData(), *self._objects(oids), lookupMib=False
        )

    async def bulk(self, target: Any, repetitions: int, oids: list[str]) -> Any:
        """pysnmp's answer to a GETBULK without non-repeaters."""
        context, objects = self._hlapi.ContextData(), self._objects(oids)
        return await self._hlapi.bulk_cmd(
            self._engine, self._auth, target, context, 0, repetitions, *objects, lookupMib=False
        )

    def _objects(self, oids: list[str]) -> list[Any]:
        return [self._hlapi.ObjectType(self._hlapi.ObjectIdentity(oid)) for oid in oids]

    def knows(self, target: Any) -> bool:
        """Whether the device's engine has answered a discovery (RFC 3414, section 4)."""
        domain, address = target.get_transport_info()
        return self._model.get_peer_engine_info(domain, address)[0] is not None

    def forget_peers(self) -> None:
        """Discover devices anew: one that was replaced or reset has another engine, and pysnmp would not ask again.

        There is no other way to tell it than to let the time pass after which it forgets by itself.
        """
        for _ in range(_PEER_LIFE_TICKS):
            self._model.receive_timer_tick(self._engine, time.time())

    @property
    def _model(self) -> Any:
        return self._engine.message_processing_subsystems[3]

    def close(self) -> None:
        """Close the socket and end the timer."""
        self._engine.close_dispatcher()


def _auth(hlapi: Any, credential: Credential) -> Any:
    """pysnmp's own form of a credential."""
    if isinstance(credential, Community):
        return hlapi.CommunityData(credential.name, mpModel=1)
    return hlapi.UsmUserData(
        credential.name,
        credential.auth_secret,
        credential.priv_secret,
        authProtocol=getattr(hlapi, _AUTH[credential.auth]),
        privProtocol=getattr(hlapi, _PRIV[credential.priv]),
    )


_AUTH = {
    "md5": "USM_AUTH_HMAC96_MD5",
    "sha1": "USM_AUTH_HMAC96_SHA",
    "sha224": "USM_AUTH_HMAC128_SHA224",
    "sha256": "USM_AUTH_HMAC192_SHA256",
    "sha384": "USM_AUTH_HMAC256_SHA384",
    "sha512": "USM_AUTH_HMAC384_SHA512",
}
_PRIV = {"des": "USM_PRIV_CBC56_DES", "aes128": "USM_PRIV_CFB128_AES", "aes256": "USM_PRIV_CFB256_AES_BLUMENTHAL"}
