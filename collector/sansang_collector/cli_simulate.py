"""``sansang-collector simulate``: a province's machines played to a collector, and what came of it in the end.

With a start or a speed the collector is its own and lives on the simulation's clock; else it is a running one.
"""

import argparse
import asyncio
import math
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from sansang_agent.contract.words import catalogue
from sansang_alerts.claim import ClaimedError, claimed

from . import cli_simulate_words as words
from . import tokens
from .cli_topology import meant
from .inventory import starting, units
from .inventory.folder import read_folder
from .settings import CollectorSettings
from .simulation import own_collector, world
from .simulation.enrolling import EnrolError
from .simulation.faults import Fault, parse_fault
from .simulation.playing import Wanted, play
from .simulation.tally import Tally
from .simulation.tempo import Driven, Pace, RealTime
from .simulation.wire import NoAnswerError, Place, place_of
from .store import Store

Gettext = Callable[[str], str]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class MisuseError(Exception):
    """Something asked for that cannot be; said in the reader's words."""


class Target(NamedTuple):
    """The collector that is played to."""

    place: Place
    admin: str
    pace: Pace
    said: str
    """Printed once it is played to."""


def simulate(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Play until the time is over or Ctrl-C; 0, or 1 where agents could not be made or taken back, 2 misused."""
    _ = catalogue("sansang_collector", options.lang).gettext
    drives = options.start is not None or options.speed is not None
    try:
        _agree(options, drives, _)
        with tempfile.TemporaryDirectory(prefix="sansang-simulation-") as scratch:
            start = options.start if options.start is not None else time.time()
            folder = options.inventory or _example(options, Path(scratch) / "inventory", _)
            wanted = _wanted(options, folder, start, _)
            make = _own(options, settings, Path(scratch), folder, start, _) if drives else _other(options, settings, _)
            return _until_done(_run(wanted, make, _))
    except MisuseError as error:
        print(error, file=sys.stderr)
        return 2
    except ClaimedError:
        print(_("Another collector is already running on {folder}.").format(folder=settings.folder), file=sys.stderr)
    except (EnrolError, NoAnswerError) as error:
        print(_("The collector did not let the simulation begin: {reason}").format(reason=error), file=sys.stderr)
    return 1


def _agree(options: argparse.Namespace, drives: bool, _: Gettext) -> None:
    if drives and (options.collector or options.token_file):
        raise MisuseError(_("--start and --speed bring a collector of their own; leave out --collector, --token-file."))
    if not drives and options.listen:
        raise MisuseError(_("--listen is for a collector of the simulation's own: give --start or --speed as well."))


def _example(options: argparse.Namespace, folder: Path, _: Gettext) -> Path:
    """The province's first inventory, written to ``folder``."""
    try:
        found = units.units_of(options.province)
    except units.MissingPackageError:
        hint = _("Communes of other provinces come from a package. Install it with: {command}")
        raise MisuseError(hint.format(command="pip install 'sansang[units]'")) from None
    except units.NoProvinceError as error:
        said = _("There is no province '{name}'.").format(name=options.province)
        raise MisuseError(f"{said} {meant(error.close, _)}".strip()) from None
    folder.mkdir()
    for name, contents in starting.first_files(found).items():
        (folder / name).write_bytes(contents)
    return folder


def _wanted(options: argparse.Namespace, folder: Path, start: float, _: Gettext) -> Wanted:
    inventory = read_folder(folder, units.official_names).inventory
    try:
        made = world.make(inventory, options.communes or len(inventory.communes), options.agents, options.seed)
    except world.TooManyError as error:
        raise MisuseError(_("{province} has {count} communes.").format(
            province=inventory.province.name, count=error.there
        )) from None  # fmt: skip
    faults = [_fault(text, start, made, _) for text in options.fault]
    return Wanted(made, faults, math.inf if options.lasts is None else options.lasts)


def _fault(text: str, start: float, made: world.World, _: Gettext) -> Fault:
    try:
        fault = parse_fault(text, start)
    except ValueError:
        said = _("'{fault}' is no fault; it is written as {form}.")
        raise MisuseError(said.format(fault=text, form="ring:van-quan=lossy(0.2)@09:00+40m")) from None
    if fault.component not in made.parts:
        said = _("No simulated check crosses a part called '{part}'.").format(part=fault.component)
        raise MisuseError(f"{said} {meant(made.meant(fault.component), _)}".strip())
    return fault


@asynccontextmanager
async def _own(
    options: argparse.Namespace, settings: CollectorSettings, scratch: Path, folder: Path, start: float, _: Gettext
) -> AsyncIterator[Target]:
    kept = options.data is not None
    data = settings.folder if kept else scratch / "collector"
    if (data / "ledger.db").exists():
        said = _("{folder} already holds a collector's files; a simulation's time must not mix with theirs.")
        raise MisuseError(said.format(folder=data))
    settings = msgspec.structs.replace(
        settings,
        data_dir=str(data),
        inventory_dir=str(folder),
        listen=options.listen or settings.listen,
        public_url="",
        tls="off",
        connections=60_000,
    )
    speed = options.speed or 1.0
    pace = Driven(start, speed)
    with claimed(data):
        access = own_collector.prepare(settings, start, speed)
        async with own_collector.running(settings, pace.now, speed) as own:
            pace.settle = own.settled
            said = words.own(own.url, f"{own.url}/login/{access.link}", data if kept else None, _)
            yield Target(place_of(own.url), access.admin, pace, said)
            await own.settled()


@asynccontextmanager
async def _other(options: argparse.Namespace, settings: CollectorSettings, _: Gettext) -> AsyncIterator[Target]:
    url = options.collector or settings.address
    try:
        place = place_of(url)
    except ValueError:
        raise MisuseError(_("'{url}' is no http:// or https:// address.").format(url=url)) from None
    if place.tls is None and place.host not in _LOOPBACK:
        raise MisuseError(_("{url}: tokens are sent by plain HTTP to this machine only; use https://.").format(url=url))
    if options.token_file:
        yield Target(place, _token(options.token_file, _), RealTime(), words.other(url, _))
        return
    with _admin_token(settings, _) as admin:
        yield Target(place, admin, RealTime(), words.other(url, _))


def _token(file: Path, _: Gettext) -> str:
    token = file.read_text(encoding="utf-8").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise MisuseError(_("{file} does not hold a token.").format(file=file))
    return token


@contextmanager
def _admin_token(settings: CollectorSettings, _: Gettext) -> Iterator[str]:
    """A token for the time of the simulation, made beside the running collector and revoked in the end."""
    if not (settings.folder / "ledger.db").exists():
        said = _("There is no collector in {folder}; name its --data, or give --collector and --token-file.")
        raise MisuseError(said.format(folder=settings.folder))
    store = Store(settings.folder)
    try:
        number, secret = store.write_sync(lambda it: tokens.issue(it, "admin", "simulation", time.time()))
        try:
            yield secret
        finally:
            store.write_sync(lambda it: tokens.revoke(it, number, time.time()))
    finally:
        store.close()


async def _run(wanted: Wanted, make: Any, _: Gettext) -> int:
    tally = Tally()
    async with make as target:
        assert isinstance(target, Target)

        def on_start() -> None:
            if isinstance(target.pace, Driven):
                target.pace.begin()
            print(words.begun(wanted, target.pace.now(), _), target.said, sep="\n", flush=True)

        left = await play(wanted, target.place, target.admin, target.pace, tally, on_start)
        print(words.done(wanted, tally, target.pace, _), flush=True)
        if left:
            print(words.left(left, _), file=sys.stderr)
    return 1 if left else 0


def _until_done(work: Coroutine[Any, Any, int]) -> int:
    """Run it; Ctrl-C and a kill end the playing once, and whoever asks twice does not disturb the taking back."""

    async def obeying() -> int:
        task = asyncio.create_task(work)
        loop, asked = asyncio.get_running_loop(), False

        def stop(_signal: int, _frame: object) -> None:
            nonlocal asked
            if not asked:
                asked = True
                loop.call_soon_threadsafe(task.cancel)

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            return await task
        except asyncio.CancelledError:  # before anything was played
            return 0
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    return asyncio.run(obeying())
