"""POST /api/v1/reports: authenticate, read, decode, validate, append to the report log, answer.

A request that came whole and as expected goes the short way, without a task of its own; every other goes the long way,
through a bare ASGI callable. Nothing a body holds makes a 5xx. "stored" is said only of what the log holds durably.
"""

import asyncio
import logging
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sansang_agent.contract.codec import encode
from sansang_agent.contract.joining import CLONE, REVOKED
from sansang_agent.contract.report import Answer, Span

from . import body, profiles_seen, records, spans, tokens
from .access import Principal, bearer, holder
from .arrivals import Arrival, Stored, Taken
from .connections import vouch_for
from .door import Door
from .log import Outcome
from .problem import problem
from .profile_budget import ProfileBudget
from .records import EnvelopeError, Opened, Refusal
from .running import Collector

_LOG = logging.getLogger(__name__)

PATH = "/api/v1/reports"
RETRY_SECONDS = 5
MAX_UNUSABLE = 10_000
"""Names of unusable profiles remembered; beyond that all are forgotten, and warned of again."""
THREAD_BYTES = 262_144
"""Bodies larger than this are decoded beside the event loop."""
MEDIA_TYPE = "application/json"


class _RefusedError(Exception):
    """A request that ends here, with its answer."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


class Said(NamedTuple):
    """An answer as it goes out: status, the header's lines, body."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


class Judged(NamedTuple):
    """An envelope's outside, and which of its reports are taken and which refused."""

    opened: Opened
    taken: list[Taken]
    refused: list[Refusal]


class Ingest:
    """Both ways; ``collector`` is asked for at every request because the lifespan makes it."""

    def __init__(self, collector: Callable[[], Collector], clock: Callable[[], float] = time.perf_counter) -> None:
        self._collector = collector
        self._clock = clock
        self._door = Door()
        self._in_turn = False
        self.held_bytes = 0
        """Announced by requests that are held back for the short way, and not yet known to be anyone's."""
        self._valid: tokens.ValidTokens | None = None
        self._known: set[str] = {""}
        """Profiles the ledger holds, which it never gives up: looking them up for every report is dear."""
        self._unusable: set[str] = set()
        self._budget = ProfileBudget()
        """Profiles that came and were not what their hash says, or hold checks not known here; not asked for again."""

    def take(self, headers: Mapping[bytes, bytes], data: bytes, say: Callable[[Said], object]) -> bool:
        """The short way for a POST whose body is all here; ``say`` is called with the answer, on this event loop.

        False for whatever is not as expected: nothing has happened then, and the long way finds out what is wrong.
        """
        began = self._clock()
        self._notice_turn(began)
        collector = self._collector()
        try:
            who = self._who(collector, headers.get(b"authorization", b"").decode("latin-1"))
            if who is None or who.agent is None:
                return False
            if not self._is_open(collector):
                self._tell(collector, say, _said(_busy()))
                return True
            received = collector.now()
            content = body.whole(headers.get(b"content-encoding", b"").decode("latin-1"), data)
            if len(content) > THREAD_BYTES:
                return False
            judged = _judge(content)
        except (body.BodyError, EnvelopeError, sqlite3.OperationalError):
            return False
        if not self._known.issuperset(_profiles(judged)):
            return False
        self._begin(collector, who, _arrival(who.agent, received, judged), judged, began, say)
        return True

    def _begin(  # all of what came, told apart by their types
        self,
        collector: Collector,
        who: Principal,
        arrival: Arrival,
        judged: Judged,
        began: float,
        say: Callable[[Said], object],
    ) -> None:
        def tell(outcome: Outcome) -> None:
            again = self._clock()
            self._door.end(size)
            if isinstance(outcome, Exception):  # the log has said why; the agent keeps its reports and comes back
                self._tell(collector, say, _said(_busy()))
            else:
                content = _answer(collector, arrival.agent, who.token, outcome, judged.refused, ())
                lines = ((b"content-length", b"%d" % len(content)), (b"content-type", b"application/json"))
                self._tell(collector, say, Said(200, lines, content))
            self._door.took(spent + self._clock() - again)

        size = _size(judged)
        self._door.begin(size)
        collector.tokens.watch(arrival)
        collector.log.append_from(asyncio.get_running_loop(), arrival, tell)
        spent = self._clock() - began

    def _tell(self, collector: Collector, say: Callable[[Said], object], said: Said) -> None:
        collector.answers[str(said.status)] += 1
        say(said)

    def _who(self, collector: Collector, authorization: str) -> Principal | None:
        if self._valid is None:
            self._valid = tokens.ValidTokens(collector.store.at_hand)
        valid, soon = self._valid, asyncio.get_running_loop().call_soon
        who = holder(authorization, lambda secret: valid.find(secret, soon)) if authorization else None
        return who if who is not None and collector.tokens.admits(who.token, collector.now()) else None

    def _refusal(self, collector: Collector, authorization: str) -> Response:
        """What whoever has no valid token is told; one that was valid once is looked up only here."""
        secret = bearer(authorization)
        ended = self._valid.ended(secret) if secret and self._valid else None
        if ended is not None and ended.agent is not None:
            collector.tokens.knocked(ended.agent)
        if ended is not None and ended.why == tokens.End.CLONE:
            detail = "two machines used this token; each is to be enrolled again"
            return problem(403, "Two machines under one identity", detail, kind=CLONE)
        kind, detail = ("about:blank", "a valid bearer token is needed") if ended is None else (REVOKED, _ENDED)
        return problem(401, "Not authenticated", detail, headers={"WWW-Authenticate": "Bearer"}, kind=kind)

    def _is_open(self, collector: Collector) -> bool:
        return collector.ready and self._door.is_open(self._clock(), collector.log.queue_seconds)

    def _notice_turn(self, now: float) -> None:
        if not self._in_turn:
            self._in_turn = True
            self._door.turn_began(now)
            asyncio.get_running_loop().call_soon(self._end_turn)

    def _end_turn(self) -> None:
        self._in_turn = False
        self._door.turn_ended(self._clock())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The long way: answer one request."""
        collector = self._collector()
        try:
            answer = await self._take_long(collector, scope, receive)
        except body.DisconnectedError:
            collector.answers["disconnected"] += 1
            return
        except _RefusedError as refused:
            answer = refused.answer
        except body.BodyError as error:
            answer = problem(error.status, error.title, error.detail, headers=error.headers)
        except (OperationalError, sqlite3.OperationalError):
            # the disk is full or the ledger locked: the agent keeps its reports and comes back
            _LOG.exception("the ledger cannot be used")
            answer = _busy()
        except EnvelopeError as error:
            answer = problem(error.status, "Too large" if error.status == 413 else "Malformed envelope", str(error))
        collector.answers[str(answer.status_code)] += 1
        await answer(scope, receive, send)

    async def _take_long(self, collector: Collector, scope: Scope, receive: Receive) -> Response:
        self._notice_turn(self._clock())
        headers = Headers(scope=scope)
        if scope["method"] != "POST":
            raise _RefusedError(problem(405, "Method not allowed", "send a POST", headers={"Allow": "POST"}))
        authorization = headers.get("authorization", "")
        who = self._who(collector, authorization)
        if who is None:
            raise _RefusedError(self._refusal(collector, authorization))
        agent = _agent(who)
        vouch_for(scope)
        if not self._is_open(collector):
            raise _RefusedError(_busy())
        data = await body.read(headers, receive)
        received = collector.now()
        judged = await asyncio.to_thread(_judge, data) if len(data) > THREAD_BYTES else _judge(data)
        size = _size(judged)
        self._door.begin(size)
        try:
            wanted = await self._keep_profiles(collector, agent, judged)
            arrival = _arrival(agent, received, judged)
            collector.tokens.watch(arrival)
            stored = await _append(collector, arrival)
        finally:
            self._door.end(size)
        return Response(_answer(collector, agent, who.token, stored, judged.refused, wanted), media_type=MEDIA_TYPE)

    async def _keep_profiles(self, collector: Collector, agent: int, judged: Judged) -> tuple[str, ...]:
        """Store the profiles these reports speak of, before the reports; which ones are still not known."""
        names = _profiles(judged)
        if names <= self._known:
            return ()
        with collector.store.read() as connection:
            unknown = profiles_seen.unknown(connection, names - {""})
        self._known |= names - unknown
        offered = {name: raw for name, raw in judged.opened.profiles.items() if name in unknown}
        if offered and not self._budget.allows(agent, sum(map(len, map(bytes, offered.values()))), collector.now()):
            return ()  # nor asked for: its reports are taken, and what their checks are stays unknown
        usable = records.usable_profiles(offered)
        for name in offered.keys() - usable.keys():
            if name not in self._unusable:
                _LOG.warning("profile %r is not usable here", name)
                if len(self._unusable) >= MAX_UNUSABLE:
                    self._unusable.clear()
                self._unusable.add(name)
        if usable:
            await collector.store.write(lambda connection: profiles_seen.keep(connection, usable, collector.now()))
        configs = {one.report.config for one in judged.taken}
        return tuple(sorted((configs & unknown) - usable.keys() - self._unusable))


_ENDED = "this token was valid once and has ended"


def _agent(who: Principal) -> int:
    if who.agent is None:
        raise _RefusedError(problem(403, "Not permitted", "only an agent's token can send reports"))
    return who.agent


def _judge(data: bytes) -> Judged:
    opened = records.open_envelope(data)
    return Judged(opened, *records.sort_out(opened))


def _profiles(judged: Judged) -> set[str]:
    """The profiles an envelope speaks of; "" for a report without one."""
    return {one.report.config for one in judged.taken} | judged.opened.profiles.keys()


def _size(judged: Judged) -> int:
    return sum(len(one.body) for one in judged.taken)


def _arrival(agent: int, received: float, judged: Judged) -> Arrival:
    return Arrival(agent, received, judged.opened.sent, judged.opened.spool, tuple(judged.taken))


async def _append(collector: Collector, arrival: Arrival) -> Stored:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Outcome] = loop.create_future()

    def tell(outcome: Outcome) -> None:
        if not done.done():  # the server may have given up waiting
            done.set_result(outcome)

    collector.log.append_from(loop, arrival, tell)
    outcome = await done
    if isinstance(outcome, Exception):  # the log has said why; the agent keeps its reports and comes back
        raise _RefusedError(_busy()) from outcome
    return outcome


def _busy() -> Response:
    return problem(503, "Busy", "reports cannot be taken just now", headers={"Retry-After": str(RETRY_SECONDS)})


def _said(answer: Response) -> Said:
    return Said(answer.status_code, answer.raw_headers, bytes(answer.body))


def _answer(  # all of what an answer is made of
    collector: Collector,
    agent: int,
    token: int | None,
    stored: Stored,
    refused: Sequence[Refusal],
    wanted: tuple[str, ...],
) -> bytes:
    refused = [*refused, *(records.conflict(one) for one in stored.conflicts)]
    collector.taken += len(stored.kept)
    if refused:
        collector.refused.update(refusal.kind for refusal in refused)
        refused.sort(key=lambda refusal: refusal.record.index)
    answer = Answer(
        stored=_spans(stored.kept),
        refused=tuple(refusal.record for refusal in refused),
        config=collector.assignments.hash_of(agent),
        profiles_wanted=wanted,
        now=(now := collector.now()),
        requests=collector.desk.hand_out(agent),
        token=collector.tokens.offer(token, now),
    )
    return encode(answer)


def _spans(kept: Sequence[Taken]) -> tuple[tuple[str, tuple[Span, ...]], ...]:
    if len(kept) == 1:
        report = kept[0].report
        return ((report.stream, ((report.seq, report.seq),)),)
    by_stream: defaultdict[str, list[int]] = defaultdict(list)
    for taken in kept:
        by_stream[taken.report.stream].append(taken.report.seq)
    return tuple((stream, spans.of(numbers)) for stream, numbers in by_stream.items())
