"""POST /api/v1/reports as a bare ASGI callable: authenticate, read, decode, validate, append to the report log.

Nothing a body holds makes a 5xx. "stored" is said only of what the log holds durably.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import Answer, Span

from . import body, profiles_seen, records, spans
from .access import principal
from .log import Arrival, Taken
from .problem import problem
from .records import EnvelopeError, Opened, Refusal
from .running import Collector

_LOG = logging.getLogger(__name__)

PATH = "/api/v1/reports"
MAX_QUEUE_SECONDS = 2.0
RETRY_SECONDS = 5
MAX_UNUSABLE = 10_000
"""Names of unusable profiles remembered; beyond that all are forgotten, and warned of again."""
THREAD_BYTES = 262_144
"""Bodies larger than this are decoded beside the event loop."""


class _RefusedError(Exception):
    """A request that ends here, with its answer."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


class Ingest:
    """The ASGI callable; ``collector`` is asked for at every request because the lifespan makes it."""

    def __init__(self, collector: Callable[[], Collector]) -> None:
        self._collector = collector
        self._known: set[str] = set()
        """Profiles the ledger holds, which it never gives up: looking them up for every report is dear."""
        self._unusable: set[str] = set()
        """Profiles that came and were not what their hash says, or hold checks not known here; not asked for again."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        collector = self._collector()
        try:
            answer = await self._answer(collector, scope, receive)
        except body.DisconnectedError:
            collector.answers["disconnected"] += 1
            return
        except _RefusedError as refused:
            answer = refused.answer
        except body.BodyError as error:
            answer = problem(error.status, error.title, error.detail, headers=error.headers)
        except OperationalError:  # the disk is full or the ledger locked: the agent keeps its reports and comes back
            _LOG.exception("the ledger cannot be used")
            answer = _busy()
        except EnvelopeError as error:
            answer = problem(error.status, "Too large" if error.status == 413 else "Malformed envelope", str(error))
        collector.answers[str(answer.status_code)] += 1
        await answer(scope, receive, send)

    async def _answer(self, collector: Collector, scope: Scope, receive: Receive) -> Response:
        headers = Headers(scope=scope)
        if scope["method"] != "POST":
            raise _RefusedError(problem(405, "Method not allowed", "send a POST", headers={"Allow": "POST"}))
        agent = _authenticate(collector, headers)
        if collector.log.queue_seconds > MAX_QUEUE_SECONDS or not collector.ready:
            raise _RefusedError(_busy())
        data = await body.read(headers, receive)
        received = collector.now()
        if len(data) > THREAD_BYTES:
            opened, taken, refused = await asyncio.to_thread(_judge, data)
        else:
            opened, taken, refused = _judge(data)
        wanted = await self._keep_profiles(collector, opened, taken)
        arrival = Arrival(agent, received, opened.sent, opened.spool, tuple(taken))
        try:
            stored = await asyncio.wrap_future(collector.log.append(arrival))
        except Exception as error:  # the log has said why; the agent keeps its reports and comes back
            raise _RefusedError(_busy()) from error
        refused += [records.conflict(one) for one in stored.conflicts]
        collector.taken += len(stored.kept)
        collector.refused.update(refusal.kind for refusal in refused)
        return _say(collector, stored.kept, refused, wanted)

    async def _keep_profiles(self, collector: Collector, opened: Opened, taken: Sequence[Taken]) -> tuple[str, ...]:
        """Store the profiles these reports speak of, before the reports; which ones are still not known."""
        configs = {one.report.config for one in taken} - {""}
        names = configs | set(opened.profiles)
        if names <= self._known:
            return ()
        with collector.store.read() as connection:
            unknown = profiles_seen.unknown(connection, names)
        self._known |= names - unknown
        offered = {name: raw for name, raw in opened.profiles.items() if name in unknown}
        usable = records.usable_profiles(offered)
        for name in offered.keys() - usable.keys():
            if name not in self._unusable:
                _LOG.warning("profile %r is not usable here", name)
                if len(self._unusable) >= MAX_UNUSABLE:
                    self._unusable.clear()
                self._unusable.add(name)
        if usable:
            await collector.store.write(lambda connection: profiles_seen.keep(connection, usable, collector.now()))
        return tuple(sorted((configs & unknown) - usable.keys() - self._unusable))


def _authenticate(collector: Collector, headers: Headers) -> int:
    with collector.store.read() as connection:
        who = principal(connection, headers.get("authorization", ""), None, collector.now())
    if who is None:
        detail = "a valid bearer token is needed"
        raise _RefusedError(problem(401, "Not authenticated", detail, headers={"WWW-Authenticate": "Bearer"}))
    if "agent" not in who.scopes or who.agent is None:
        raise _RefusedError(problem(403, "Not permitted", "only an agent's token can send reports"))
    return who.agent


def _judge(data: bytes) -> tuple[Opened, list[Taken], list[Refusal]]:
    opened = records.open_envelope(data)
    return opened, *records.sort_out(opened)


def _busy() -> Response:
    return problem(503, "Busy", "reports cannot be taken just now", headers={"Retry-After": str(RETRY_SECONDS)})


def _say(collector: Collector, kept: Sequence[Taken], refused: list[Refusal], wanted: tuple[str, ...]) -> Response:
    by_stream: defaultdict[str, list[int]] = defaultdict(list)
    for taken in kept:
        by_stream[taken.report.stream].append(taken.report.seq)
    stored: tuple[tuple[str, tuple[Span, ...]], ...] = tuple(
        (stream, spans.of(numbers)) for stream, numbers in by_stream.items()
    )
    answer = Answer(
        stored=stored,
        refused=tuple(refusal.record for refusal in sorted(refused, key=lambda refusal: refusal.record.index)),
        profiles_wanted=wanted,
        now=collector.now(),
    )
    return Response(encode(answer), media_type="application/json")
