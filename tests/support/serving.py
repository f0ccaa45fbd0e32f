"""The real server in a thread of the test's process: any settings, a clock to turn, TLS where they say so."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sansang_collector.app import Application, create_app
from sansang_collector.server import CollectorServer
from sansang_collector.settings import CollectorSettings
from sansang_collector.tls.live import ServerTls


@contextmanager
def serving(settings: CollectorSettings, now: list[float]) -> Iterator[tuple[Application, int]]:
    """The application and its port on loopback."""
    tls = None if settings.tls_kind == "off" else ServerTls(settings, now[0])
    application = create_app(settings, lambda: now[0], tls=tls)
    ready = threading.Event()
    running = CollectorServer(application, ready.set)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(30)
        try:
            yield application, port
        finally:
            running.should_exit = True
            thread.join(30)
            assert not thread.is_alive()
