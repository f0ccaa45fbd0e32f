"""Channels to the stand-ins, from settings and secret files as in life."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from sansang_alerts.channels import building
from sansang_alerts.notice import Message
from sansang_alerts.settings import AnyChannel

MESSAGE = Message("someone@xa.invalid", "Mất kết nối", "Xã Khánh Khê: mất kết nối từ 08:14.", "n1.a2b3")


def secret(folder: Path, name: str, content: str) -> str:
    """A secret file; its name."""
    path = folder / name
    path.write_text(content + "\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def settings(kind: str, **more: Any) -> AnyChannel:
    """A channel of the settings; its id is its kind unless said."""
    found: AnyChannel = msgspec.convert({"id": kind, "kind": kind} | more, AnyChannel)
    return found


def build(*channels: AnyChannel, deadline_s: float = 5.0) -> building.Channels:
    """To be closed."""
    return building.build(channels, deadline_s)


@contextlib.contextmanager
def raw_server(said: bytes) -> Iterator[int]:
    """A port where every visitor is told the same, and then the connection ends."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                self.request.sendall(said)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
