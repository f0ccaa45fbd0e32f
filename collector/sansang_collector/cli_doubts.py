"""``sansang-collector inventory doubts``: communes that may be entered under the wrong part, and settling one."""

import argparse
import json
import sys
import time
from collections.abc import Callable

import msgspec

from . import audit, cli_ledger
from .incidents import doubt_words, doubts
from .incidents.doubts import DoubtView, NoDoubtError, Settled
from .inventory import versions
from .inventory.model import Inventory
from .settings import CollectorSettings
from .store import Store
from .topology import Topology, build

Gettext = Callable[[str], str]


def show(options: argparse.Namespace, settings: CollectorSettings, _: Gettext) -> int:
    """Say every doubt, or settle one."""
    if none := cli_ledger.missing(settings, _):
        print(none, file=sys.stderr)
        return 1
    store = Store(settings.folder)
    try:
        if options.settle:
            return _settle(store, Settled(commune=options.settle[0], declared=options.settle[1]), _)
        with store.read() as connection:
            version = versions.current(connection)
            topology = build(version.inventory) if version else None
            found = doubts.standing(connection, topology=topology)
    finally:
        store.close()
    if options.json:
        print(json.dumps([msgspec.to_builtins(one) for one in found], ensure_ascii=False))
    elif not found:
        print(_("Nothing speaks against how communes are entered."))
    else:
        _print(found, version.inventory if version else None, topology, _)
    return 0


def _settle(store: Store, settled: Settled, _: Gettext) -> int:
    try:
        store.write_sync(lambda it: doubts.settle(it, settled, audit.operator(), time.time()))
    except NoDoubtError:
        none = _("There is no doubt that {commune} belongs under '{part}'.")
        print(none.format(commune=settled.commune, part=settled.declared), file=sys.stderr)
        return 1
    print(_("Settled. Two new incidents would bring it back."))
    return 0


def _print(found: list[DoubtView], inventory: Inventory | None, topology: Topology | None, _: Gettext) -> None:
    names = {one.code: one.name for one in inventory.communes} if inventory else {}
    for one in found:
        print(doubt_words.sentence(one, f"{one.commune} {names.get(one.commune, '')}".strip(), topology, _))
    print(_("Compare with the lines on site, correct the files and apply them; or settle it with --settle."))
