"""A TLS server on a thread that refuses visitors without a certificate: asyncio's would not send the alert."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

from certificates import Authority


@contextlib.contextmanager
def running(authority: Authority, version: ssl.TLSVersion) -> Iterator[str]:
    """Serve one visitor by ``version`` alone; gives ``host:port``."""
    context = authority.context(ask_client=True)
    context.minimum_version = context.maximum_version = version
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            visitor, _ = listener.accept()
            with context.wrap_socket(visitor, server_side=True, do_handshake_on_connect=False) as secured:
                with contextlib.suppress(ssl.SSLError):
                    secured.do_handshake()
                # closing on unread bytes would be a reset, which may overtake the alert
                secured.shutdown(socket.SHUT_WR)
                while socket.socket.recv(secured, 65536):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()
