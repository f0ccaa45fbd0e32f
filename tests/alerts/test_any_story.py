"""Whatever happens to faults, people, settings, channels and the clock: who heard of a fault hears of its end, once.

Stories are drawn by a seed, which a failure names; ``SANSANG_STORIES`` plays more of them.
"""

import os
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts import alert_rows
from sansang_alerts.fault import Happening
from sansang_alerts.notice import Answer, Message
from sansang_alerts.opening import Opened
from sansang_alerts.settings import AlertSettings
from sansang_alerts.standing import Standing
from sansang_alerts.tables import ALERT, NOTIFICATION
from tests.alerts.desks import HOOK, LINE, MAIL, POWER, SMS, fault, settings
from tests.alerts.posts import AGAIN, REFUSED, SENT, UNKNOWN, FakeChannel, Post

CODES = ("M4T7QX", "K7F2QD")
ENDS = ("recovered", "withdrawn")
FINAL = ("sent", "failed", "cancelled")
HOUR = 3600.0


class Moody(FakeChannel):
    """Takes, refuses, hangs up or is busy by chance, and remembers what it took."""

    def __init__(self, id_: str, chance: random.Random) -> None:
        super().__init__(id_)
        self.chance = chance
        self.mood: tuple[Answer, ...] = (SENT,)
        self.taken: list[Message] = []

    async def send(self, message: Message) -> Answer:
        self.got.append(message)
        answer: Answer = self.chance.choice(self.mood)
        assert message.message_id not in {one.message_id for one in self.taken}, "sent though it was taken"
        if answer is SENT:
            self.taken.append(message)
        return answer


class Story:
    """One of many, drawn by its seed."""

    def __init__(self, ledger: Opened, seed: int) -> None:
        self.chance = random.Random(seed)
        self.whole = settings(MAIL, SMS, HOOK)
        self.post = Post(ledger, self.whole)
        self.channels = {one.id: Moody(one.id, self.chance) for one in self.whole.channels}
        self.post.sender.channels = self.channels
        self.faults = {code: fault(number, code) for number, code in enumerate(CODES)}
        self.acts = (self.report, self.report, self.report, self.acknowledge, self.moods, self.change, self.clock)

    async def plays(self, steps: int) -> None:
        for _ in range(steps):
            before = self.standings()
            rows = len(self.rows())
            self.chance.choice(self.acts)()
            await self.post.passes(self.chance.choice((0.0, 5.0, 30.0, 60.0, 200.0, 700.0, 4 * HOUR)))
            self.asks_nobody_who_need_not_hear(before, rows)
        await self.ends()

    def report(self) -> None:
        code = self.chance.choice(CODES)
        happened = self.chance.choice([one for one in Happening if one is not Happening.ACKNOWLEDGED])
        ended = self.post.now if happened is Happening.RECOVERED else None
        merged = "merged:AAAAAA" if happened is Happening.WITHDRAWN else ""
        self.faults[code] = changed = replace(
            self.faults[code],
            severity=self.chance.choice(list(Severity)),
            owner=self.chance.choice((Owner.POWER, Owner.TELECOM)),
            held_back=self.chance.choice(("", "", "", "maintenance:7")),
            ended_at=ended,
            withdrawn=merged,
        )
        self.post.report(happened, changed)

    def acknowledge(self) -> None:
        code, now = self.chance.choice(CODES), self.post.now
        with self.post.ledger.read() as connection:
            known = alert_rows.of_code(connection, code)
        if known is not None:
            who = self.chance.choice("abcp")
            self.post.ledger.write_sync(
                lambda connection: self.post.desk.acknowledge(connection, code, who, now, "cli")
            )

    def moods(self) -> None:
        channel = self.chance.choice(list(self.channels.values()))
        channel.mood = self.chance.choice([(SENT,), (SENT,), (AGAIN, SENT), (REFUSED,), (UNKNOWN, SENT), (AGAIN,)])

    def change(self) -> None:
        """Somebody, a team or a channel is gone from the settings, or all are back."""
        whole = self.whole
        self.post.desk.settings = self.chance.choice(
            [
                whole,
                without_person(whole, self.chance.choice("abp")),
                replace(whole, teams=(LINE,)),
                replace(whole, teams=(replace(POWER, takes=LINE.takes),)),
                replace(whole, channels=tuple(one for one in whole.channels if self.chance.random() < 0.6)),
            ]
        )

    def clock(self) -> None:
        self.post.now += self.chance.choice((-7 * HOUR, -90.0, 7 * HOUR))

    async def ends(self) -> None:
        """Everything works again, and every fault is over."""
        self.post.desk.settings = self.whole
        for channel in self.channels.values():
            channel.mood = (SENT,)
        over = [replace(one, ended_at=self.post.now, withdrawn="") for one in self.faults.values()]
        self.post.report(Happening.RECOVERED, *over)
        for seconds in (60.0, 300.0, HOUR, HOUR, HOUR):
            await self.post.passes(seconds)

    def standings(self) -> dict[int, Standing]:
        with self.post.ledger.read() as connection:
            numbers = list(connection.scalars(select(ALERT.c.id)))
            found = [alert_rows.of_id(connection, number) for number in numbers]
        return {one.id: one.standing for one in found if one is not None}

    def rows(self) -> list[Any]:
        with self.post.ledger.read() as connection:
            return list(connection.execute(select(NOTIFICATION).order_by(NOTIFICATION.c.id)))

    def asks_nobody_who_need_not_hear(self, before: dict[int, Standing], known: int) -> None:
        after = self.standings()
        for row in self.rows()[known:]:
            was = before.get(row.alert)
            if was is None or was.acknowledged_at is None or was.told_at is None or was.over_at is not None:
                continue
            if after[row.alert].acknowledged_by == was.acknowledged_by and after[row.alert].team == was.team:
                assert row.kind not in ("opened", "escalated"), "asked though somebody has taken it on"

    def by_address(self) -> Iterator[list[Any]]:
        """The messages of each alert to each address, in their order."""
        found = defaultdict(list)
        for row in self.rows():
            if row.alert is not None:
                found[row.alert, row.channel, row.address].append(row)
        yield from found.values()


def without_person(whole: AlertSettings, who: str) -> AlertSettings:
    return replace(whole, people=tuple(one for one in whole.people if one.id != who))


def occurrences(rows: list[Any]) -> list[list[Any]]:
    """Messages about one fault to one address, from each end to the next."""
    found: list[list[Any]] = [[]]
    for row in rows:
        found[-1].append(row)
        if row.kind in ENDS:
            found.append([])
    return [one for one in found if one]


@pytest.mark.parametrize("seed", range(int(os.environ.get("SANSANG_STORIES", "3"))))
async def test_who_heard_of_a_fault_hears_of_its_end_once_and_in_order(tmp_path: Path, seed: int) -> None:
    opened = Opened(tmp_path / "alerts.db")
    story = Story(opened, seed)
    await story.plays(40)

    for rows in story.by_address():
        for occurrence in occurrences(rows):
            kinds = [row.kind for row in occurrence]
            assert kinds[0] not in ENDS, "the end of what was never opened"
            assert kinds[-1] in ENDS or all(row.state == "cancelled" for row in occurrence), "no end was told"
    assert all(row.state in FINAL for row in story.rows())
    assert all(one.over_at is not None for one in story.standings().values())
    number = {row.message_id: (row.alert, row.id) for row in story.rows()}
    for channel in story.channels.values():
        reached: dict[tuple[int, str], int] = {}
        for message in channel.taken:
            alert, row = number[message.message_id]
            if alert is not None:
                assert row > reached.get((alert, message.to), 0), "out of order"
                reached[alert, message.to] = row
    opened.close()
