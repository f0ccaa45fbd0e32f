"""``sansang-alerts serve``: open the socket, run the server, say where."""

import argparse
import logging
import socket
import sys
from pathlib import Path

import msgspec

from sansang_agent.contract import log_lines, secret_file, whole_file
from sansang_agent.contract.words import catalogue, mistakes_in

from . import at_work, loading, opening
from .channels.building import BuildError
from .claim import ClaimedError, claimed
from .settings import AlertSettings
from .web.app import application
from .web.server import MOST_AT_ONCE, STOP_S, Server, config, url_of

_LOG = logging.getLogger(__name__)


def serve(options: argparse.Namespace) -> int:
    """Run until SIGINT or SIGTERM; the exit status."""
    _ = catalogue("sansang_alerts", options.lang).gettext
    settings = loading.load(options.config)
    if options.listen:
        settings = msgspec.structs.replace(settings, listen=options.listen)
    try:
        listener = _listener(settings.listen)
    except (OSError, ValueError) as error:
        said = _("Cannot listen on {address}: {reason}")
        print(said.format(address=settings.listen, reason=getattr(error, "strerror", None) or error), file=sys.stderr)
        return 1
    try:
        with listener, claimed(Path(settings.data_dir)):
            return _run(listener, options, settings)
    except ClaimedError:
        said = _("Alerts are already served from {folder}.")
        print(said.format(folder=settings.data_dir), file=sys.stderr)
    except (secret_file.SecretError, BuildError) as error:
        print(error.said(mistakes_in(options.lang, "sansang_alerts")), file=sys.stderr)
    except ValueError as error:
        print(error, file=sys.stderr)
    return 1


def _run(listener: socket.socket, options: argparse.Namespace, settings: AlertSettings) -> int:
    log_lines.begin()
    logging.getLogger("uvicorn.error").addFilter(log_lines.Seldom())
    place = opening.place_of(settings, options.ledger)
    secrets = at_work.secrets_of(settings)
    # made or migrated before anything runs, so that what is wrong is one sentence
    opening.Opened(place).close()
    for warning in loading.warnings(options.config):
        _LOG.warning("%s", warning)
    url = url_of(listener, "http")
    served = config(application(settings, place, secrets), STOP_S, limit_concurrency=MOST_AT_ONCE)
    server = Server(served, lambda: _announce(url, options.ready_file))
    server.run(sockets=[listener])
    return 0 if server.started else 1


def _listener(listen: str) -> socket.socket:
    """Raises OSError, and ValueError for what is no address."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    return socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def _announce(url: str, ready_file: Path | None) -> None:
    _LOG.info("ready on %s", url)
    if ready_file:
        whole_file.write(ready_file, f"{url}\n".encode(), whole_file.PUBLIC)
