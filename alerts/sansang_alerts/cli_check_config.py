"""``sansang-alerts check-config``: every mistake in the settings with its line, and what is worth a warning.

Channels are made as they would be for sending, and let go of: nothing is sent, and no secret is printed.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator

from sansang_agent.contract.mistake import Mistake, SettingsError, in_words
from sansang_agent.contract.secret_file import SecretError, UnreadableError
from sansang_agent.contract.words import catalogue, mistakes_in

from . import loading
from .channels import building
from .channels.outgoing import DEADLINE_S
from .settings import AlertSettings


def check_config(options: argparse.Namespace) -> int:
    """0 where the settings can be used; raises SettingsError where they cannot."""
    _, said_in = catalogue("sansang_alerts", options.lang).gettext, mistakes_in(options.lang, "sansang_alerts")
    settings = loading.load(options.config)
    found = asyncio.run(_tried(settings))
    if wrong := [Mistake(str(options.config), 0, key, said) for key, said, is_wrong in found if is_wrong]:
        raise SettingsError(wrong)
    for warning in loading.warnings(options.config):
        print(warning.said(said_in), file=sys.stderr)
    for key, said, _is_wrong in found:
        print(
            _("{file}: {key} was not tried: {reason}").format(
                file=options.config, key=key, reason=in_words(said, said_in)
            ),
            file=sys.stderr,
        )
    print(_("{file} is good.").format(file=options.config))
    return 0


async def _tried(settings: AlertSettings) -> list[tuple[str, str, bool]]:
    """Channels that cannot be made: key, why, and whether it is a mistake or only another user's secret."""
    held = building.Channels(DEADLINE_S)
    try:
        return list(_made(settings, held))
    finally:
        await held.close()


def _made(settings: AlertSettings, held: building.Channels) -> Iterator[tuple[str, str, bool]]:
    for number, channel in enumerate(settings.channels):
        try:
            building.one(channel, held)
        except UnreadableError as error:
            yield f"channels[{number}]", error.args[0], False
        except (SecretError, OSError, ValueError) as error:
            yield f"channels[{number}]", building.why(error), True
