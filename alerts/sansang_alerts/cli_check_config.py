"""``sansang-alerts check-config``: every mistake in the settings with its line, and what is worth a warning.

Reads only; no secret is printed.
"""

import argparse
import sys

from sansang_agent.contract.words import catalogue

from . import loading


def check_config(options: argparse.Namespace) -> int:
    """0 where the settings can be used; raises SettingsError where they cannot."""
    _ = catalogue("sansang_alerts", options.lang).gettext
    loading.load(options.config)
    for warning in loading.warnings(options.config):
        print(warning, file=sys.stderr)
    print(_("{file} is good.").format(file=options.config))
    return 0
