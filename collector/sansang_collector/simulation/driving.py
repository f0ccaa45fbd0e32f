"""Plays a fleet: wakes machines when they are due, sends what they have, hands them the answers. All I/O is the wires'.

Each machine has its own connection and token, as if it were one.
"""

import asyncio
import heapq
import math
from collections.abc import Sequence

import msgspec

from sansang_agent.contract.assignment import Assignment, assignment_hash
from sansang_agent.contract.report import Answer, GoodbyeReason
from sansang_collector.ingest import PATH

from .machine import Machine
from .tally import Tally
from .tempo import Pace
from .weather import Weather
from .wire import NoAnswerError, Said, Wire
from .world import labelled

TRIES, PAUSE_S = 60, 0.1
"""How often, and how long apart in real seconds, a busy collector is asked again while the clock stands still."""
CONFIG_PATH = "/api/v1/agent/config"
_ANSWER = msgspec.json.Decoder(Answer)
_ASSIGNMENT = msgspec.json.Decoder(Assignment)


def woken_at(due: float, step: float) -> float:
    """The first multiple of ``step`` at which somebody is due; never a rounding error before it."""
    return max(due, math.ceil(due / step) * step)


class Player(msgspec.Struct):
    """A machine and its way to the collector."""

    machine: Machine
    wire: Wire
    busy: asyncio.Task[None] | None = None


class Drive:
    """One simulation under way."""

    def __init__(self, players: Sequence[Player], weather: Weather, pace: Pace, tally: Tally) -> None:
        self._weather, self._pace, self._tally = weather, pace, tally
        self._players = players
        self._queue = [(player.machine.due, number) for number, player in enumerate(players)]
        heapq.heapify(self._queue)

    async def run(self, until: float) -> None:
        """Play until then, or until cancelled."""
        while self._queue and self._queue[0][0] < until:
            step = self._pace.step_s
            await self._pace.reach(woken_at(self._queue[0][0], step))
            now = self._pace.now()
            self._weather.turn(now)
            await self._step(now)
        await self._pace.reach(until)

    async def end(self) -> None:
        """Everyone who is on says goodbye."""
        now = self._pace.now()
        leaving = []
        for player in self._players:
            if player.busy is not None:
                player.busy.cancel()
            if player.machine.leave(now, GoodbyeReason.STOP):
                leaving.append(self._send(player))
        await asyncio.gather(*leaving)
        for player in self._players:
            player.wire.close()

    async def _step(self, now: float) -> None:
        due = []
        while self._queue and self._queue[0][0] <= now:
            due.append(heapq.heappop(self._queue)[1])
        sending = []
        for number in due:
            player = self._players[number]
            if player.busy is not None and not player.busy.done():
                continue  # the collector takes its time; the machine is woken when it is through
            if player.machine.wake(now, self._weather):
                player.busy = asyncio.create_task(self._send(player))
                sending.append(player.busy)
        if self._pace.waits and sending:
            await asyncio.gather(*sending)
        for number in due:
            # never at once again, whatever a machine says: time has to pass
            heapq.heappush(self._queue, (max(self._players[number].machine.due, now + self._pace.step_s), number))

    async def _send(self, player: Player) -> None:
        """One envelope, and what its answer asks for.

        A clock that stands still has the time to ask a busy collector again; a machine in real time comes back later.
        """
        machine = player.machine
        for _ in range(TRIES if self._pace.waits else 1):
            said = await self._post(player)
            if said is not None:
                break
            await asyncio.sleep(PAUSE_S if self._pace.waits else 0)
        else:
            return
        answer = _ANSWER.decode(said.body)
        kept = machine.kept
        machine.answered(answer, self._pace.now())
        self._tally.refused += len(answer.refused)
        self._tally.accepted += kept - machine.kept - len(answer.refused)
        if answer.config is not None and answer.config != machine.assigned:
            await self._fetch(player)

    async def _post(self, player: Player) -> Said | None:
        """The answer that says what became of an envelope."""
        try:
            said = await player.wire.ask("POST", PATH, player.machine.envelope(self._pace.now()))
        except NoAnswerError:
            self._tally.unanswered += 1
            return None
        self._tally.statuses[said.status] += 1
        if said.status == 200:
            return said
        self._tally.unanswered += 1
        return None

    async def _fetch(self, player: Player) -> None:
        """Take the profile the centre has for this machine; no answer now is an answer next time."""
        try:
            said = await player.wire.ask("GET", CONFIG_PATH)
        except NoAnswerError:
            return
        if said.status != 200:
            return
        assignment = _ASSIGNMENT.decode(said.body)
        profile = msgspec.structs.replace(assignment.profile, label=labelled(assignment.profile.label))
        player.machine.follow(profile, assignment_hash(assignment))
