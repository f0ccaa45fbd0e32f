"""``sansang-collector deadman-file``: what a vantage on another machine needs to tell people that we are silent.

It holds the secrets of all channels: a file of mode 0600 or a pipe, never a screen.
"""

import argparse
import sys
import time
from pathlib import Path

from sansang_agent.contract import whole_file
from sansang_agent.contract.secret_file import SecretError
from sansang_agent.contract.words import catalogue, mistakes_in
from sansang_alerts import schema as alert_tables

from . import cli_ledger, deadman_file, delivering
from .settings import CollectorSettings
from .store import Store


def write(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Write it; the exit status."""
    _ = catalogue("sansang_collector", options.lang).gettext
    if options.out == "-" and sys.stdout.isatty():
        print(_("It holds secrets: send it to a file or into a pipe, not to the screen."), file=sys.stderr)
        return 2
    told = delivering.settings_of(settings)
    if told is None:
        print(_("Nobody is told of anything: the settings name no file as 'alerts'."), file=sys.stderr)
        return 1
    if none := cli_ledger.missing(settings, _):
        print(none, file=sys.stderr)
        return 1
    store = Store(settings.folder)
    try:
        store.write_sync(alert_tables.migrate)
        _put(options.out, deadman_file.made(store, told, time.time()))
    except SecretError as error:
        print(error.said(mistakes_in(options.lang, "sansang_alerts")), file=sys.stderr)
        return 1
    finally:
        store.close()
    return 0


def _put(out: str, content: bytes) -> None:
    if out == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        whole_file.write(Path(out), content)
