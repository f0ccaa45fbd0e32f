"""``sansang-alerts deadman``: tells that the collector is silent, or with ``--ended`` that it was.

Started by the vantage agent. Started again for the same silence it goes on where it stopped.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from sansang_agent.contract.log_lines import Plain
from sansang_agent.contract.words import catalogue, mistakes_in

from . import deadman_file, deadman_record, deciding
from .channels.building import BuildError, Channels, build
from .channels.outgoing import DEADLINE_S
from .dead_man import DeadMan
from .deadman_file import DeadManFileError, Plan
from .fault import Happening, Report
from .settings import AnyChannel
from .texts import silence

_LOG = logging.getLogger(__name__)


def deadman(options: argparse.Namespace) -> int:
    """0: told that it is over, or nobody had heard of it; 1: the file cannot be used, or a channel takes nothing."""
    _ = catalogue("sansang_alerts", options.lang).gettext
    try:
        plan = deadman_file.read(options.channels)
        if options.check:
            return _check(plan, options)
        _set_up_logs()
        return asyncio.run(_told(plan, options))
    except DeadManFileError as error:
        # what a vantage writes into its log is English
        said_in = mistakes_in(options.lang if options.check else "en", "sansang_alerts")
        print(error.said(said_in), file=sys.stderr)
    except LookupError:
        print(_("{file} names no team: nobody can be told").format(file=options.channels), file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _check(plan: Plan, options: argparse.Namespace) -> int:
    """Print who would be told first; each step by its own moment is the rota's."""
    _ = catalogue("sansang_alerts", options.lang).gettext
    now = time.time()
    opened = Report(silence(now, now), Happening.OPENED, now)
    decision = deciding.reported(None, opened, plan.roster, now, announced=False)
    for notice in decision.notices:
        found = plan.roster.person(notice.to.person)
        name = found.name if found else notice.to.person
        print(_("{person} by {channel}").format(person=name, channel=notice.to.channel))
    if not decision.notices:
        print(_("Nobody could be told: no channel reaches anybody of the team."))
    return 0 if decision.notices else 1


async def _told(plan: Plan, options: argparse.Namespace) -> int:
    since = time.time() if options.since is None else options.since
    record = options.record or options.channels.with_name(f"{options.channels.name}.told")
    book = deadman_record.of_silence(record, since)
    channels = _built(plan)
    try:
        man = DeadMan(plan, channels, book)
        if options.ended is None:
            await man.tell()
        return 0 if await man.tell_end(options.ended) else 1
    finally:
        await channels.close()


def _built(plan: Plan) -> Channels:
    """Every channel that can be made: one that cannot does not silence the others."""
    made = Channels(DEADLINE_S)
    with tempfile.TemporaryDirectory(prefix="sansang-deadman-") as folder:
        for channel in deadman_file.unpacked(plan, Path(folder)):
            _add(made, channel)
    return made


def _add(made: Channels, channel: AnyChannel) -> None:
    try:
        one = build((channel,))
    except BuildError as error:
        _LOG.error("not used: %s", error)
        return
    made.update(one)
    made.outgoing += one.outgoing


def _set_up_logs() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Plain())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("sansang_alerts").setLevel(logging.INFO)
