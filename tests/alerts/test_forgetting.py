"""What is long over goes, whole; nothing goes that is open, unsent or part of what stays. On both engines."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import OperationalError

from sansang_alerts import forgetting, overrides, pairing
from sansang_alerts.at_work import Secrets, at_work
from sansang_alerts.fault import Happening
from sansang_alerts.notice import Kind, Outcome, State
from sansang_alerts.opening import Opened
from sansang_alerts.overrides import Wish
from sansang_alerts.settings import AlertSettings
from sansang_alerts.standing import Standing
from sansang_alerts.tables import ALERT, ATTEMPT, NOTIFICATION, OVERRIDE, PAIRING, PAIRING_CODE
from sansang_alerts.texts import Digest
from tests.alerts.desks import fault, settings
from tests.alerts.posts import REFUSED, Post

T = TypeVar("T")
DAY = 86_400.0
NOW = 1_795_000_000.0
SETTINGS = AlertSettings()
BEFORE, ANSWERS_BEFORE = NOW - 400 * DAY, NOW - 60 * DAY
LONG = "550 5.1.1 " + "no such mailbox here, " * 12
FINAL = ("sent", "failed", "cancelled")


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "PAUSE_S", 0.0)


class Past:
    """Years of alerts, drawn by chance: of every state, bundled and not, over long ago, lately or not yet."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.faults = [self.fault(number) for number in range(1, 41)]
        self.messages: list[dict[str, Any]] = []
        for number, at in enumerate(sorted(self.moment() for _ in range(120)), start=1):
            self.messages.append(self.message(number, at))
        for part in self.messages:
            wholes = [one["id"] for one in self.messages if one["kind"] == "bundle"]
            if part["alert"] is not None and self.chance.random() < 0.4:
                part["bundle"] = self.chance.choice(wholes)

    def moment(self) -> float:
        days = self.chance.choice((1, 30, 90, 350, 390, *(410, 500, 800) * 4))
        return NOW - days * DAY + self.chance.uniform(-DAY, DAY)

    def fault(self, number: int) -> dict[str, Any]:
        told = fault(number, f"AAA{number:03d}")
        over = self.chance.choice((None, self.moment(), self.moment(), self.moment()))
        return {
            "id": number,
            "source": told.source.value,
            "key": told.key,
            "code": told.code,
            "team": "line",
            "owner": told.owner.value,
            "severity": told.severity.value,
            "opened_at": NOW - 900 * DAY,
            "told_at": NOW - 900 * DAY,
            "over_at": over,
            "body": msgspec.json.encode(Standing(fault=told, team="line", over_at=over)),
        }

    def message(self, number: int, at: float) -> dict[str, Any]:
        about = self.chance.choice((None, *[one["id"] for one in self.faults] * 3)) if number > 10 else None
        kind = Kind.BUNDLE if number <= 10 else Kind.DIGEST if about is None else Kind.OPENED
        states = ("sent",) * 9 + ("failed", "cancelled", "waiting", "sending", "bundled")
        return {
            "id": number,
            "alert": about,
            "kind": kind.value,
            "made_at": at,
            "due_at": at,
            "state": self.chance.choice(states),
            "message_id": f"m-{number}",
            "said": self.chance.choice(("250 ok", LONG)),
            "bundle": None,
            "team": "line",
            "person": "a",
            "channel": "mail",
            "address": "a@example.vn",
            "severity": "critical",
            "subject": "",
            "body": "",
        }

    def write(self, connection: Connection) -> None:
        connection.execute(ALERT.insert(), self.faults)
        connection.execute(NOTIFICATION.insert(), self.messages)
        tries = [
            {"notification": one["id"], "number": number, "began_at": one["made_at"], "outcome": "again", "said": LONG}
            for one in self.messages
            for number in range(1, 1 + self.chance.randrange(4))
        ]
        connection.execute(ATTEMPT.insert(), tries)

    def of(self, about: int) -> list[dict[str, Any]]:
        return [one for one in self.messages if one["alert"] == about]

    @cached_property
    def gone_faults(self) -> set[int]:
        over = [one["id"] for one in self.faults if one["over_at"] is not None and one["over_at"] < BEFORE]
        return {one for one in over if all(is_done(message) for message in self.of(one))}

    @cached_property
    def gone_messages(self) -> set[int]:
        about = {one["id"] for one in self.messages if one["alert"] in self.gone_faults}
        parts = {one["bundle"] for one in self.messages if one["id"] not in about}
        loose = {one["id"] for one in self.messages if one["alert"] is None and is_done(one)}
        return about | (loose - parts)


def is_done(message: dict[str, Any]) -> bool:
    return message["state"] in FINAL and message["made_at"] < BEFORE


def rows(ledger: Opened, table: Table) -> list[Any]:
    with ledger.read() as connection:
        return list(connection.execute(select(table)))


def ids(ledger: Opened, table: Table) -> set[int]:
    return {row.id for row in rows(ledger, table)}


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_there_is_all_of_it_that_is_over_goes_and_nothing_else(
    ledger: Opened, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(forgetting, "FAULTS", 3)
    monkeypatch.setattr(forgetting, "ROWS", 7)
    past = Past(seed)
    ledger.write_sync(past.write)
    tries = rows(ledger, ATTEMPT)

    for _ in range(2):
        await forgetting.forget(ledger, SETTINGS, NOW)

        assert ids(ledger, ALERT) == {one["id"] for one in past.faults} - past.gone_faults
        kept = {one["id"]: one for one in past.messages if one["id"] not in past.gone_messages}
        assert ids(ledger, NOTIFICATION) == set(kept)
        assert len(rows(ledger, ATTEMPT)) == len([one for one in tries if one.notification in kept])
        for row in (*rows(ledger, ATTEMPT), *rows(ledger, NOTIFICATION)):
            message = kept[getattr(row, "notification", None) or row.id]
            if row.said != "250 ok":
                short = LONG[: forgetting.ANSWER - 1] + "…"
                assert row.said == (short if message["made_at"] < ANSWERS_BEFORE else LONG)
    assert past.gone_faults
    assert past.gone_messages


async def test_a_fault_of_long_ago_that_is_still_there_ends_for_whoever_was_told(ledger: Opened) -> None:
    post = Post(ledger, settings())
    await post.tell(Happening.OPENED, fault())
    post.now += 500 * DAY
    await forgetting.forget(ledger, SETTINGS, post.now)
    await post.passes(0)
    await post.tell(Happening.RECOVERED, msgspec.structs.replace(fault(), ended_at=post.now))
    await post.passes(180)

    assert post.got()[0] == ("a", "opened")
    assert ("a", "recovered") in post.got()
    await forgetting.forget(ledger, SETTINGS, post.now + 399 * DAY)
    assert post.rows()
    await forgetting.forget(ledger, SETTINGS, post.now + 401 * DAY)
    assert post.rows() == []
    assert rows(ledger, ALERT) == []


async def test_what_its_source_says_was_over_long_ago_and_was_told_today_stays(ledger: Opened) -> None:
    post = Post(ledger, settings())
    await post.tell(Happening.OPENED, fault())
    await post.tell(Happening.RECOVERED, msgspec.structs.replace(fault(), ended_at=post.now - 500 * DAY))

    await forgetting.forget(ledger, SETTINGS, post.now)

    assert post.got() == [("a", "opened"), ("a", "recovered")]
    assert len(post.rows()) == 2
    assert len(rows(ledger, ALERT)) == 1


async def test_a_message_that_still_waits_holds_its_fault(ledger: Opened) -> None:
    post = Post(ledger, settings())
    await post.tell(Happening.OPENED, fault())
    post.report(Happening.RECOVERED, msgspec.structs.replace(fault(), ended_at=post.now))
    post.now += 180
    await post.delivery.turn()

    await forgetting.forget(ledger, SETTINGS, post.now + 800 * DAY)
    assert [row.state for row in post.rows()] == ["sent", "waiting"]
    await post.passes(0)
    await forgetting.forget(ledger, SETTINGS, post.now + 800 * DAY)
    assert post.rows() == []


async def test_stand_ins_and_codes_that_are_past_go_and_chats_and_those_to_come_stay(ledger: Opened) -> None:
    known = settings()

    def arrange(connection: Connection) -> None:
        for begins in (-500, -390, 10):
            wish = Wish("line", "b", NOW + begins * DAY, NOW + (begins + 2) * DAY)
            overrides.add(connection, known, wish, "somebody", wish.begins - DAY)
        connection.execute(PAIRING.insert(), {"channel": "zalo", "person": "a", "chat": "1", "paired_at": 0.0})
        for person, at in (("a", NOW - 3 * DAY), ("b", NOW)):
            pairing.offer(connection, "zalo", person, b"key", at)

    ledger.write_sync(arrange)
    await forgetting.forget(ledger, SETTINGS, NOW)

    assert [row.begins for row in rows(ledger, OVERRIDE)] == [NOW - 390 * DAY, NOW + 10 * DAY]
    assert [row.person for row in rows(ledger, PAIRING_CODE)] == ["b"]
    assert len(rows(ledger, PAIRING)) == 1


async def test_how_long_is_for_the_settings_to_say(ledger: Opened) -> None:
    post = Post(ledger, msgspec.structs.replace(settings(), digest_to=("a",)))
    post.channels["mail"].answers = [REFUSED._replace(said=LONG)]
    told = Digest(watched=1, communes=1)
    ledger.write_sync(lambda connection: post.desk.digest(connection, told, post.now))
    await post.sender.drain()
    brief = AlertSettings(keep_days=30, keep_answers_days=10)

    await forgetting.forget(ledger, brief, post.now + 9 * DAY)
    assert post.rows()[0].said == LONG
    await forgetting.forget(ledger, brief, post.now + 11 * DAY)
    (message,), (attempt,) = post.rows(), post.attempts()
    assert len(message.said) == len(attempt.said) == forgetting.ANSWER
    assert attempt.outcome == Outcome.REFUSED
    await forgetting.forget(ledger, brief, post.now + 31 * DAY)
    assert post.rows() == []


class Meanwhile:
    """A ledger in which something happens just before anything is written."""

    def __init__(self, ledger: Opened, happens: Callable[[], object]) -> None:
        self._ledger = ledger
        self._happens = happens

    def read(self) -> AbstractContextManager[Connection]:
        return self._ledger.read()

    def write_sync(self, fn: Callable[[Connection], T]) -> T:
        raise NotImplementedError

    async def write(self, fn: Callable[[Connection], T]) -> T:
        self._happens()
        return await self._ledger.write(fn)


async def test_a_fault_that_comes_back_between_the_look_and_the_taking_stays(ledger: Opened) -> None:
    post = Post(ledger, settings())
    await post.tell(Happening.OPENED, fault())
    await post.tell(Happening.RECOVERED, msgspec.structs.replace(fault(), ended_at=post.now - 180))
    post.now += 500 * DAY
    back = Meanwhile(ledger, lambda: post.report(Happening.REOPENED, fault()) if len(post.rows()) == 2 else None)

    await forgetting.forget(back, SETTINGS, post.now)

    assert [row.state for row in post.rows()] == ["sent", "sent", State.WAITING]


class Unwilling(Meanwhile):
    """Answers only the third time."""

    def __init__(self, ledger: Opened) -> None:
        super().__init__(ledger, lambda: None)
        self.asked = 0

    def read(self) -> AbstractContextManager[Connection]:
        self.asked += 1
        if self.asked < 3:
            raise OperationalError("SELECT", None, OSError("database is locked"))
        return super().read()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def old(connection: Connection) -> None:
    """One fault, over and told 500 days ago."""
    connection.execute(ALERT.insert(), Past(1).faults[0] | {"over_at": NOW - 500 * DAY})


async def test_a_ledger_that_does_not_answer_is_asked_again(ledger: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "LOOK_S", 0.001)
    ledger.write_sync(old)
    following = asyncio.create_task(forgetting.follow(Unwilling(ledger), SETTINGS, lambda: NOW))
    await until(lambda: rows(ledger, ALERT) == [])
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_serve_lets_go_of_what_is_long_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "LOOK_S", 0.01)
    place = tmp_path / "alerts.db"
    with closing(Opened(place)) as before:
        before.write_sync(old)
    known = AlertSettings(data_dir=str(tmp_path))
    async with at_work(known, place, Secrets("l" * 40, "w" * 40, "p" * 40), lambda: NOW) as work:
        await until(lambda: rows(work.ledger, ALERT) == [])
