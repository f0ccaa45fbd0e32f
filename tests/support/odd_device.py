"""A UDP responder that answers whatever a test wants, and the means to answer as an SNMP device would, or almost."""

import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
from pysnmp.proto.api import v2c  # type: ignore[import-untyped]

Oid = tuple[int, ...]
Answers = Callable[[bytes], Iterable[bytes]]


class OddDevice:
    """Answers each datagram with those that ``answers`` makes of it; on a thread, so that it can flood."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self.asked = 0
        self.target = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                datagram, sender = self._socket.recvfrom(65535)
            except TimeoutError:
                continue
            self.asked += 1
            for answer in self._answers(datagram):
                if self._ended.is_set():
                    return
                self._socket.sendto(answer, sender)


def question(datagram: bytes) -> tuple[Any, list[Oid]]:
    """A version 2c message and the objects it asks for."""
    message, _rest = decoder.decode(datagram, asn1Spec=v2c.Message())
    pdu = v2c.apiMessage.get_pdu(message)
    return message, [tuple(oid) for oid, _value in v2c.apiPDU.get_varbinds(pdu)]


def is_bulk(message: Any) -> bool:
    return bool(v2c.apiMessage.get_pdu(message).isSameTypeWith(v2c.GetBulkRequestPDU()))


def reply(message: Any, variables: Sequence[tuple[Oid, Any]], status: int = 0) -> bytes:
    """The answer to ``message`` with these variables; values as pysnmp's ``v2c`` has them."""
    asked = v2c.apiMessage.get_pdu(message)
    pdu = v2c.GetResponsePDU()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, v2c.apiPDU.get_request_id(asked))
    v2c.apiPDU.set_error_status(pdu, status)
    v2c.apiPDU.set_varbinds(pdu, [(v2c.ObjectIdentifier(oid), value) for oid, value in variables])
    answer = v2c.Message()
    v2c.apiMessage.set_defaults(answer)
    v2c.apiMessage.set_community(answer, v2c.apiMessage.get_community(message))
    v2c.apiMessage.set_pdu(answer, pdu)
    return bytes(encoder.encode(answer))
