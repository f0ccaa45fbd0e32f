"""What ``sansang-alerts serve`` can be asked."""

import argparse
from pathlib import Path
from typing import Any

from sansang_agent.contract.words import catalogue


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_alerts", language).gettext
    about = _("tell people what Alertmanagers post, until it is stopped")
    serve = commands.add_parser("serve", parents=[placed], help=about)
    serve.add_argument("--listen", default="", metavar="HOST:PORT", help=_("instead of what the settings say"))
    ready = _("write the address to this file once requests are answered")
    serve.add_argument("--ready-file", type=Path, default=None, metavar="FILE", help=ready)
