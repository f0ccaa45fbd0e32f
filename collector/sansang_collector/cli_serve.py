"""``sansang-collector serve``: open the socket, run the server, say where."""

import argparse
import gc
import logging
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from sansang_agent.contract import log_lines, whole_file
from sansang_agent.contract.words import catalogue
from sansang_alerts.claim import ClaimedError, claimed
from sansang_alerts.web.server import url_of

from .app import create_app
from .cli import read_settings
from .log import ReportLog
from .open_files import raise_limit
from .server import CollectorServer
from .settings import CollectorSettings
from .settings_rules import warning
from .store import Store
from .tls.errors import TlsError
from .tls.live import ServerTls

_LOG = logging.getLogger(__name__)

BY_SIGNAL = "SIGHUP"
"""Who, for the audit, has settings read again by a signal: whoever may send one to this process."""


def serve(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Run until SIGINT or SIGTERM; SIGHUP reads the settings again."""
    _ = catalogue("sansang_collector", options.lang).gettext
    try:
        listener = _listener(settings)
    except OSError as error:
        problem = _("Cannot listen on {address}: {reason}")
        print(problem.format(address=settings.listen, reason=error.strerror or error), file=sys.stderr)
        return 1
    try:
        with listener, claimed(settings.folder):
            _prepare(settings)
            return _run(listener, options, settings)
    except TlsError as error:
        print(_("Cannot speak TLS: {reason}.").format(reason=error), file=sys.stderr)
        return 1
    except ClaimedError:
        print(_("Another collector is already running on {folder}.").format(folder=settings.folder), file=sys.stderr)
        return 1


def _run(listener: socket.socket, options: argparse.Namespace, settings: CollectorSettings) -> int:
    log_lines.begin()
    logging.getLogger("uvicorn.error").addFilter(log_lines.Seldom())
    raise_limit()
    if warned := warning(settings):
        _LOG.warning("%s", warned)
    tls = None if settings.tls_kind == "off" else ServerTls(settings, time.time())
    url = url_of(listener, "https" if tls else "http")
    application = create_app(settings, time.time, load=lambda: read_settings(options), tls=tls)

    def read_again() -> None:
        mistakes = application.reload(BY_SIGNAL)
        _LOG.warning("settings not changed:\n%s", mistakes) if mistakes else _LOG.info("settings read again")

    def reload(_signal: int, _frame: object) -> None:
        # not here: the signal may have come in the middle of anything, and the ledger is read and written
        threading.Thread(target=read_again, name="reload", daemon=True).start()

    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None:
        signal.signal(hangup, reload)
    server = CollectorServer(application, lambda: _announce(url, options.ready_file))
    server.run(sockets=[listener])
    return 0 if server.started else 1


def _prepare(settings: CollectorSettings) -> None:
    """Make or migrate the files before anything runs, so that what is wrong with them is one sentence."""
    Store(settings.folder).close()
    ReportLog(settings.folder).close()


def _listener(settings: CollectorSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.listen_host else socket.AF_INET
    return socket.create_server((settings.listen_host, settings.listen_port), family=family, backlog=2048)


def _announce(url: str, ready_file: Path | None) -> None:
    # What is loaded by now stays until the end; looking through it for garbage takes tens of milliseconds each time.
    gc.collect()
    gc.freeze()
    _LOG.info("ready on %s", url)
    if ready_file:
        whole_file.write(ready_file, f"{url}\n".encode(), whole_file.PUBLIC)
