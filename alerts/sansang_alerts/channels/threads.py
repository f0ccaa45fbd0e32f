"""Runs what blocks on a thread of its own that nobody has to wait for: neither a deadline nor the end of the program.

The default executor would be joined at exit, and a mail server that says nothing would hold the service open.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def run(work: Callable[[], T], deadline_s: float) -> T:
    """What ``work`` returns or raises; TimeoutError where it takes longer, and the thread is left to itself then."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def finish(tell: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone, and with it whoever asked
            loop.call_soon_threadsafe(tell)

    def on_thread() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  # raised again where it is awaited
            failure = error
            finish(lambda: None if done.done() else done.set_exception(failure))
        else:
            finish(lambda: None if done.done() else done.set_result(result))

    threading.Thread(target=on_thread, name="sansang-alerts-channel", daemon=True).start()
    async with asyncio.timeout(deadline_s):
        return await done
