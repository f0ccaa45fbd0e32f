"""A process of its own that sends what a ledger holds to a real webhook until it is killed or told to stop."""

import argparse
import asyncio
import signal
from contextlib import closing
from pathlib import Path

from sansang_alerts.channels.building import build
from sansang_alerts.delivery import Delivery
from sansang_alerts.desk import Desk
from sansang_alerts.opening import Opened
from tests.soak.alerts_book import settings


async def send(folder: Path) -> None:
    """Until SIGTERM."""
    found = settings(folder)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    with closing(Opened(folder / "alerts.db")) as ledger:
        channels = build(found.channels)
        running = asyncio.create_task(Delivery(ledger, Desk(found), channels, place="soak").run())
        await stopping.wait()
        running.cancel()
        await asyncio.wait([running])
        await channels.close()


def main() -> None:
    """The folder is the one argument."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    asyncio.run(send(parser.parse_args().folder))


if __name__ == "__main__":
    main()
