"""A province without wires, many times faster than it lives: yields what the collector would see, in order of arrival.

Machines ask what the compiled plan has them ask; what breaks is told by the faults of ``faults.py``. Repeatable.
"""

import heapq
from collections.abc import Iterator, Sequence
from itertools import count

from sansang_agent.contract.assignment import Role
from sansang_collector.diagnosis.backfill import Contact
from sansang_collector.diagnosis.sighting import Sighting
from sansang_collector.profiles.election import Machine
from sansang_collector.topology import REPORT

from .faults import Fault
from .provinces import Made
from .quick_machine import QuickMachine, Taken
from .quick_scene import Options, Scene

LIVE_S = 30.0
"""Age at which a report is no news any more."""
WAY_S = 0.1
BACKLOG_S = 0.25
"""Between two reports of the backlog."""
MOST_BACKOFF_S = 60.0
LOOK_S, SILENT_S = 15.0, 60.0
"""How often it is looked who asks the services, and how long a machine is silent before another one does."""
_REPORT, _SEND, _LOOK = range(3)


class _Player:
    """A machine with its spool."""

    def __init__(self, machine: QuickMachine) -> None:
        self.machine = machine
        self.reports = machine.reports()
        self.spool: list[tuple[int, Taken]] = []
        self.seq = 0
        self.cut_since: float | None = None
        self.on = True
        """Whether it has not said goodbye."""

    def may_send(self, now: float) -> bool:
        """Whether it runs, or is just going and says so."""
        newest = self.spool[-1][1]
        return self.machine.is_on(now) or (newest.goodbye is not None and now - newest.at < 1.0)


class Quick:
    """One play from ``begins`` to ``ends``, Unix seconds."""

    def __init__(
        self,
        made: Made,
        faults: Sequence[Fault],
        begins: float,
        ends: float,
        *,
        seed: int = 1,
        options: Options | None = None,
    ) -> None:
        self.scene = Scene(made, faults, begins, ends, seed, options or Options())
        self._elected = self.scene.plan.elect((), {})
        self._players = self._made()
        self._silent: set[int] | None = None
        self._order = count()
        self._queue: list[tuple[float, int, int, _Player | None, object]] = []

    def play(self) -> Iterator[Sighting]:
        """Everything that arrives, in that order."""
        self._elect(self.scene.begins)
        for one in self._players.values():
            self._take_next(one)
        self._push(self.scene.begins + LOOK_S, _LOOK, None, None)
        while self._queue:
            at, _, what, player, more = heapq.heappop(self._queue)
            if at > self.scene.ends:
                return
            if player is None:
                self._elect(at)
                self._push(at + LOOK_S, _LOOK, None, None)
            elif what == _REPORT:
                assert isinstance(more, Taken)
                self._report(player, more)
            else:
                yield from self._send(player, at)

    def stir(self, salt: str) -> None:
        """Throw other dice than another play of the same world does; people and machines stay who they are."""
        for one in self._players.values():
            one.machine.dice.seed(f"{self.scene.seed(one.machine.machine)}/{salt}")

    def machines_on(self, at: float) -> list[Machine]:
        """Which machines run at that moment."""
        return [one.machine.machine for one in self._players.values() if one.machine.is_on(at)]

    def contact(self, agent: int) -> Contact:
        """How a machine stands with the collector by now."""
        player = self._players[agent]
        return Contact(agent, player.machine.contact_at, player.spool[0][1].at if player.spool else None)

    def usual_ms(self, agent: int) -> dict[str, float]:
        """By check: what an answer takes longer than once in a hundred times."""
        return self._players[agent].machine.usual_ms()

    def _made(self) -> dict[int, _Player]:
        scene, plan = self.scene, self.scene.plan
        services = {}
        for code, id_ in self._elected.items():
            machine = plan.machines[id_]
            if machine.role is not Role.VANTAGE:
                checks = plan.assignment(machine, self._elected).profile.checks
                own = {check.id for check in plan.assignment(machine, {}).profile.checks}
                services[code] = [check for check in checks if check.id not in own]
        found = {}
        for machine in scene.machines:
            elected = self._elected if machine.role is Role.VANTAGE else {}
            own_checks = plan.assignment(machine, elected).profile.checks
            made = QuickMachine(
                machine, scene, scene.runs(machine, services.get(machine.commune, ())), scene.runs(machine, own_checks)
            )
            found[machine.id] = _Player(made)
        return found

    def _push(self, at: float, what: int, player: _Player | None, more: object) -> None:
        heapq.heappush(self._queue, (at, next(self._order), what, player, more))

    def _elect(self, now: float) -> None:
        """Who asks the services; a machine that is silent asks nothing."""
        silent = {id_ for id_, player in self._players.items() if not self._is_heard(player, now)}
        if silent == self._silent:  # who asks would ask on
            return
        self._silent = silent
        self._elected = self.scene.plan.elect(silent, self._elected)
        chosen = set(self._elected.values())
        for id_, player in self._players.items():
            player.machine.asks = id_ in chosen

    def _is_heard(self, player: _Player, now: float) -> bool:
        if now <= self.scene.begins:
            player.on = player.machine.is_on(now)
        return player.on and now - player.machine.contact_at < SILENT_S

    def _take_next(self, player: _Player) -> None:
        taken = next(player.reports, None)
        if taken is not None:
            self._push(taken.at, _REPORT, player, taken)

    def _report(self, player: _Player, taken: Taken) -> None:
        """A report is taken; it is sent at once, a little later, or when the line carries again."""
        player.seq += 1
        player.spool.append((player.seq, taken))
        player.on = taken.goodbye is None
        rates, dice = self.scene.options.noise, player.machine.dice
        late = player.on and dice.random() < rates.late
        if player.cut_since is None or not player.on:
            self._push(taken.at + WAY_S + (dice.uniform(*rates.late_s) if late else 0.0), _SEND, player, None)
        self._take_next(player)

    def _send(self, player: _Player, now: float) -> Iterator[Sighting]:
        """What gets through of the spool: the newest report, the backlog behind it."""
        if not player.spool:
            return
        if not player.may_send(now):
            player.cut_since = None  # what it holds waits until it is on again
            return
        if not self._carries(player, now):
            player.cut_since = player.spool[0][1].at if player.cut_since is None else player.cut_since
            if player.on:
                self._push(self._again(player, now), _SEND, player, None)
            return
        player.cut_since = None
        player.machine.contact_at = now
        seq, taken = player.spool.pop()
        if player.spool:
            self._push(now + BACKLOG_S, _SEND, player, None)
        yield self._sighting(player, seq, taken, now)

    def _again(self, player: _Player, now: float) -> float:
        """When it tries again: after a wait drawn evenly up to the outage's length, at most a minute."""
        since = now if player.cut_since is None else player.cut_since
        dice = player.machine.dice
        return now + 0.5 + dice.random() * min(MOST_BACKOFF_S, max(1.0, now - since))

    def _carries(self, player: _Player, now: float) -> bool:
        machine = player.machine
        if machine.machine.role is Role.VANTAGE:
            return True
        hits = machine.outlook.hits(REPORT, now)
        if not hits:
            return True
        if any(hit.fault.down for hit in hits):
            return False
        return machine.dice.random() >= machine.outlook.loss(hits, now, line=False) ** 3

    def _sighting(self, player: _Player, seq: int, taken: Taken, now: float) -> Sighting:
        seen = taken.seen
        if now - taken.at > 1.0:
            live_s = player.machine.live_s
            seen = [one if now - one.at <= live_s[one.check] else one._replace(live=False) for one in seen]
        return Sighting(
            agent=player.machine.machine.id,
            stream=player.machine.stream,
            seq=seq,
            received=now,
            at=taken.at,
            live=now - taken.at <= LIVE_S,
            boot=taken.boot,
            booted_at=taken.booted_at,
            goodbye=taken.goodbye,
            battery=self.scene.mains.battery(player.machine.machine, taken.at),
            results=tuple(seen),
        )
