"""What a killed sender owes: every fault's message at least once, and one more for each kill at most.

The short form is a test, the long one ``python -m tests.soak.alerts_kills``.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import func, select

from sansang_alerts.desk import Desk
from sansang_alerts.fault import Happening, Report
from sansang_alerts.notice import State
from sansang_alerts.opening import Opened
from sansang_alerts.settings import AlertSettings, Person, Step, Takes, Team, WebhookChannel
from sansang_alerts.tables import NOTIFICATION
from tests.support.faults import RING
from tests.support.http_stand_in import Asked, Behaviour, HttpStandIn

ANSWERS_AFTER_S = 0.005
PATIENCE_S = 120.0


class Inbox(HttpStandIn):
    """A program that takes every message a little later than it came, so that kills fall in between."""

    def meet(self, asked: Asked) -> Behaviour:
        """Kept at once, answered later."""
        behaviour = super().meet(asked)
        time.sleep(ANSWERS_AFTER_S)
        return behaviour


class Arrived(NamedTuple):
    """One message at the webhook."""

    id: str
    kind: str
    code: str
    repeat: bool


class Book(NamedTuple):
    """What arrived beside what was owed."""

    lost: int
    repeats: int
    unmarked: int
    """Repeats that do not say so."""
    disordered: int
    """Ends that came before their beginnings."""


def settings(folder: Path) -> AlertSettings:
    """One team that hears everything once, by the webhook of this folder."""
    team = Team(id="all", name="Trực", takes=(Takes(),), fallback="a", steps=(Step(after_minutes=0),))
    return AlertSettings(
        people=(Person(id="a", name="Trực 1"),),
        teams=(team,),
        channels=(WebhookChannel(id="hook", url_file=str(folder / "url")),),
        recovery_after_minutes=0,
    )


def prepare(folder: Path, inbox: Inbox) -> Opened:
    """The address in its file, and the ledger."""
    url = folder / "url"
    url.write_text(f"{inbox.url}/hook\n")
    url.chmod(0o600)
    return Opened(folder / "alerts.db")


def report(ledger: Opened, folder: Path, numbers: range) -> None:
    """So many faults begin, and end."""
    desk, now = Desk(settings(folder)), time.time()
    opened = [replace(RING, key=str(number), code=f"{number:06}", began_at=now) for number in numbers]
    ended = [replace(one, ended_at=now) for one in opened]
    _report(ledger, desk, [Report(one, Happening.OPENED, now) for one in opened])
    until(lambda: unfinished(ledger) < len(opened))  # somebody is at it: what nobody tried would be cancelled
    _report(ledger, desk, [Report(one, Happening.RECOVERED, now) for one in ended])


def _report(ledger: Opened, desk: Desk, reports: list[Report]) -> None:
    ledger.write_sync(lambda connection: desk.reports(connection, reports, time.time()))


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.soak.alerts_sender", str(folder)])


def unfinished(ledger: Opened) -> int:
    done = [State.SENT.value, State.FAILED.value, State.CANCELLED.value]
    with ledger.read() as connection:
        asked = select(func.count()).select_from(NOTIFICATION).where(NOTIFICATION.c.state.not_in(done))
        return connection.scalar(asked) or 0


def until(holds: Callable[[], bool]) -> None:
    """Wait for other processes; AssertionError when it does not come."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def arrived(inbox: Inbox) -> list[Arrived]:
    return [
        Arrived(one.headers["x-sansang-message-id"], body["kind"], body["code"], body["repeat"])
        for one in inbox.asked
        for body in [msgspec.json.decode(one.body)]
    ]


def owed(ledger: Opened) -> set[str]:
    """Messages that were decided and not overtaken."""
    with ledger.read() as connection:
        of = select(NOTIFICATION.c.message_id).where(NOTIFICATION.c.state != State.CANCELLED.value)
        return set(connection.scalars(of))


def compare(ledger: Opened, inbox: Inbox) -> Book:
    found = arrived(inbox)
    times = Counter(one.id for one in found)
    firsts: dict[str, int] = {}
    unmarked = 0
    for place, one in enumerate(found):
        unmarked += one.id in firsts and not one.repeat
        firsts.setdefault(one.id, place)
    began = {one.code: firsts[one.id] for one in found if one.kind == "opened"}
    ends = [one for one in found if one.kind == "recovered" and one.code in began]
    return Book(
        lost=len(owed(ledger) - set(times)),
        repeats=sum(times.values()) - len(times),
        unmarked=unmarked,
        disordered=sum(firsts[one.id] < began[one.code] for one in ends),
    )


def kill_and_count(folder: Path, kills: int, faults: int, chance: random.Random) -> Book:
    """``faults`` begin and end before each time that their sender is killed, and once more in peace."""
    with Inbox() as inbox:
        ledger = prepare(folder, inbox)
        for number in range(kills):
            sender = start(folder)
            report(ledger, folder, range(number * faults, (number + 1) * faults))
            wanted = len(inbox.asked) + chance.randrange(1, faults)
            until(lambda wanted=wanted: len(inbox.asked) >= wanted or not unfinished(ledger))  # type: ignore[misc]
            time.sleep(chance.random() * ANSWERS_AFTER_S * 2)
            sender.kill()
            sender.wait()
        sender = start(folder)
        report(ledger, folder, range(kills * faults, (kills + 1) * faults))
        until(lambda: not unfinished(ledger))
        sender.terminate()
        assert sender.wait(30) == 0
        book = compare(ledger, inbox)
        ledger.close()
        return book
