"""A few daemon threads of our own for calls that block and cannot be given up, such as a resolver's.

Never the loop's default executor: that one is waited for at exit, and a hung call would hold the clerk.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Job(Generic[T]):
    """One call; ``future`` gets its result and says by ``running()`` whether a thread ever took it."""

    def __init__(self, call: Callable[[], T]) -> None:
        self.future: Future[T] = Future()
        self._call = call

    def run(self) -> None:
        """Make the call unless nobody wants it any more; whatever it raises is the future's."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._call()
        except Exception as error:  # noqa: BLE001  # handed to whoever waits
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class DaemonPool:
    """At most ``size`` threads, started when needed; jobs beyond that wait their turn."""

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._threads = 0
        self._unfinished = 0
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def submit(self, call: Callable[[], T]) -> "Future[T]":
        """Have ``call`` made on a thread. Cancelling the future before it runs takes it out of the queue."""
        job = Job(call)
        with self._lock:
            self._unfinished += 1
            if self._unfinished > self._threads < self._size:
                self._threads += 1
                threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()
        self._jobs.put(job.run)
        return job.future

    def _work(self) -> None:
        while True:
            run = self._jobs.get()
            run()
            with self._lock:
                self._unfinished -= 1
