"""Messages leave in order, one at a time to each address, and again until a channel takes or refuses them."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import URL, select
from sqlalchemy.exc import OperationalError

from sansang_agent.contract.rung import Owner
from sansang_alerts.claims import GIVE_UP_S, MOST_PER_CHANNEL, MOST_UNKNOWN
from sansang_alerts.fault import Happening, Report
from sansang_alerts.notice import Answer, Message, Outcome
from sansang_alerts.opening import Opened
from sansang_alerts.pace import SINGLES
from sansang_alerts.settings import Shift, Step
from sansang_alerts.tables import ALERT
from tests.alerts.desks import HOOK, LINE, MAIL, SMS, fault, person, settings
from tests.alerts.posts import AGAIN, REFUSED, UNKNOWN, Post
from tests.support.fake_clock import settled

HOUR, MINUTE = 3600.0, 60.0
RING = fault()
OPENED = Happening.OPENED


@pytest.fixture
def post(ledger: Opened) -> Post:
    return Post(ledger, settings())


def outcomes(post: Post) -> list[str]:
    return [row.outcome for row in post.attempts()]


async def test_what_a_busy_channel_did_not_take_is_sent_again_as_new(post: Post) -> None:
    post.channels["mail"].answers = [AGAIN, AGAIN]
    await post.tell(Happening.OPENED, RING)
    await post.passes(2)
    await post.passes(4)

    assert outcomes(post) == ["again", "again", "sent"]
    assert [one.repeat for one in post.channels["mail"].got] == [False] * 3
    assert len({one.message_id for one in post.channels["mail"].got}) == 1


async def test_it_ends_when_it_is_stopped_though_news_come_in_that_moment(post: Post) -> None:
    running = asyncio.create_task(post.sender.run())
    while not post.sender._news._waiters:  # noqa: ASYNC110  # nothing tells that it has begun to wait
        await asyncio.sleep(0)
    post.sender.nudge()
    running.cancel()

    done, _ = await asyncio.wait([running], timeout=1.0)

    assert done == {running}
    assert running.cancelled()


async def test_it_is_not_asked_again_before_the_time_it_named(post: Post) -> None:
    post.channels["mail"].answers = [AGAIN._replace(after_s=40.0)]
    await post.tell(Happening.OPENED, RING)
    await post.passes(39)
    waiting = len(post.channels["mail"].got)
    await post.passes(6)

    assert (waiting, len(post.channels["mail"].got)) == (1, 2)


async def test_what_may_have_arrived_is_sent_again_as_a_repeat(post: Post) -> None:
    post.channels["mail"].answers = [UNKNOWN]
    await post.tell(Happening.OPENED, RING)
    await post.passes(2)
    first, second = post.channels["mail"].got

    assert (first.repeat, second.repeat) == (False, True)
    assert second.subject == f"(gửi lại) {first.subject}"
    assert second.message_id == first.message_id


async def test_what_leaves_on_the_next_day_says_of_which_day_it_is(post: Post) -> None:
    post.channels["mail"].answers = [AGAIN, UNKNOWN]
    await post.tell(Happening.OPENED, RING)
    post.ledger.write_sync(lambda connection: post.desk.acknowledge(connection, RING.code, "a", post.now, "link"))
    await post.passes(86_400)
    await post.passes(60)
    first, *late = [one for one in post.channels["mail"].got if "-opened-" in one.message_id]

    assert "từ 08:14: " in first.body
    assert [one.subject for one in late] == [f"(tin 26/06) {first.subject}", f"(gửi lại tin 26/06) {first.subject}"]


async def test_a_reminder_on_the_next_day_says_the_day_of_the_beginning(post: Post) -> None:
    await post.tell(Happening.OPENED, RING)
    post.ledger.write_sync(lambda connection: post.desk.acknowledge(connection, RING.code, "a", post.now, "link"))
    await post.passes(86_400)

    assert post.got()[-1] == ("a", "reminder")
    assert "mất kết nối từ 08:14 ngày 26/06: 7 xã" in post.channels["mail"].got[-1].body
    assert "nhận xử lý lúc 08:14 ngày 26/06" in post.channels["mail"].got[-1].body


async def test_what_may_have_arrived_each_time_is_not_sent_for_ever(post: Post) -> None:
    post.channels["mail"].answers = [UNKNOWN] * 99
    await post.tell(Happening.OPENED, RING)
    for _ in range(10):
        await post.passes(10)
    (row, *_) = post.rows()

    assert (row.state, row.attempts) == ("failed", MOST_UNKNOWN)


async def test_after_days_a_message_is_given_up(post: Post) -> None:
    post.channels["mail"].answers = [AGAIN] * 9999
    post.report(Happening.OPENED, RING)
    await post.sender.drain()
    post.ledger.write_sync(lambda connection: post.desk.acknowledge(connection, RING.code, "a", post.now, "link"))
    await post.passes(GIVE_UP_S + 1)

    assert post.rows()[0].state == "failed"


async def test_a_refusal_asks_whoever_comes_next_at_once(post: Post) -> None:
    post.channels["mail"].refuses = {"a@example.vn"}
    await post.tell(Happening.OPENED, RING)

    assert post.got() == [("a", "opened"), ("b", "escalated")]
    assert [(one.person, one.state) for one in post.rows()] == [("a", "failed"), ("b", "sent")]


async def test_a_refusal_asks_nobody_else_while_another_way_may_reach_them(ledger: Opened) -> None:
    post = Post(ledger, settings(MAIL, SMS))
    post.channels["mail"].refuses = {"a@example.vn"}
    await post.tell(Happening.OPENED, RING)

    assert post.got("sms") == [("0000000001", "opened")]
    assert {one.person for one in post.rows()} == {"a"}


async def test_a_channel_that_is_gone_says_so(post: Post) -> None:
    post.report(Happening.OPENED, RING)
    post.sender.channels = {}
    await post.sender.drain()

    assert post.rows()[0][2:] == ("failed", 1, "there is no such channel any more")


async def test_of_one_fault_the_end_waits_for_the_beginning(post: Post) -> None:
    post.channels["mail"].answers = [AGAIN] * 3
    await post.tell(Happening.OPENED, RING)
    await post.tell(Happening.RECOVERED, replace(RING, ended_at=post.now - 180))
    for _ in range(5):
        await post.passes(10)

    assert post.got() == [("a", "opened")] * 4 + [("a", "recovered")]


async def test_one_message_that_is_not_taken_holds_up_no_other_fault(post: Post) -> None:
    post.channels["mail"].answers = [AGAIN._replace(after_s=3000.0)]
    await post.tell(Happening.OPENED, RING)
    await post.tell(Happening.OPENED, fault(13, "K7F2QD"))

    assert [(one.kind, one.state) for one in post.rows()] == [("opened", "waiting"), ("opened", "sent")]


async def test_a_channel_that_hangs_holds_up_no_other(ledger: Opened) -> None:
    post = Post(ledger, settings(MAIL, SMS))
    post.channels["mail"].gate.clear()
    post.report(Happening.OPENED, RING)
    draining = asyncio.create_task(post.sender.drain())
    await post.channels["sms"].asked.wait()
    assert post.got() == []
    post.channels["mail"].gate.set()
    await draining

    assert post.got() == [("a", "opened")]


async def test_a_channel_has_a_few_under_way_at_most(ledger: Opened) -> None:
    many = tuple(person(f"d{number}") for number in range(9))
    team = replace(
        LINE, shifts=(Shift(people=tuple(one.id for one in many)),), steps=(Step(after_minutes=0, to="everyone"),)
    )
    post = Post(ledger, replace(settings(teams=(team,)), people=(*settings().people, *many)))
    post.report(Happening.OPENED, RING)
    post.channels["mail"].gate.clear()
    draining = asyncio.create_task(post.sender.drain())
    await post.channels["mail"].asked.wait()
    await settled()
    post.channels["mail"].gate.set()
    await draining

    assert len(post.got()) == 9
    assert post.channels["mail"].most_under_way == MOST_PER_CHANNEL


async def test_two_senders_of_one_ledger_send_everything_once(ledger: Opened, place: Path | URL) -> None:
    first = Post(ledger, settings(HOOK))
    with closing(Opened(place)) as other:
        second = Post(other, settings(HOOK))
        second.channels = first.channels
        second.sender.channels = first.channels
        first.report(Happening.OPENED, *(fault(number, "") for number in range(20)))
        await asyncio.gather(first.sender.drain(), second.sender.drain())
        await first.sender.drain()

    assert len(first.channels["hook"].got) == len({one.message_id for one in first.channels["hook"].got}) == 20
    assert first.channels["hook"].most_under_way == 1, "in order: one at a time to each address"


async def test_what_is_under_way_is_not_sent_again_because_the_clock_was_set_forward(post: Post) -> None:
    mail = post.channels["mail"]
    mail.gate.clear()
    post.report(Happening.OPENED, RING)
    draining = asyncio.create_task(post.sender.drain())
    await mail.asked.wait()
    post.now += 7 * HOUR
    looking = asyncio.create_task(post.sender.drain())
    await looking
    mail.gate.set()
    await draining

    assert post.got() == [("a", "opened")]


async def test_a_clock_that_is_set_back_holds_up_no_message_step_or_end(post: Post) -> None:
    await post.passes(7 * HOUR)
    await post.tell(Happening.OPENED, RING)
    post.report(Happening.OPENED, fault(13, "K7F2QD"))
    await post.passes(60 - 7 * HOUR)
    await post.passes(10 * MINUTE)
    await post.tell(Happening.RECOVERED, replace(RING, ended_at=post.now))
    await post.passes(3 * MINUTE)

    assert post.got().count(("a", "opened")) == 2
    assert post.got().count(("b", "escalated")) == 2
    assert post.got()[-2:] == [("a", "recovered"), ("b", "recovered")]


async def test_many_alerts_are_put_right_piece_by_piece_when_the_clock_was_set_back(post: Post) -> None:
    await post.passes(7 * HOUR)
    await post.tell(Happening.OPENED, *(fault(number, "") for number in range(2)))
    early = post.now - 7 * HOUR
    after: int | None = 0
    seen = []
    while after is not None:
        after = post.ledger.write_sync(partial(post.desk.set_back, now=early, after=after, most=1))
        seen.append(after)

    assert [one is None for one in seen] == [False, False, True]
    with post.ledger.read() as connection:
        assert set(connection.scalars(select(ALERT.c.next_at))) == {early + 10 * MINUTE}


async def test_a_clock_that_is_set_back_silences_nobody_who_was_told_much(post: Post) -> None:
    await post.passes(7 * HOUR)
    await post.tell(Happening.OPENED, *(fault(number, "") for number in range(SINGLES)))
    await post.passes(-7 * HOUR)
    await post.tell(Happening.OPENED, RING)

    assert len(post.got()) == SINGLES + 1


async def test_a_channel_that_breaks_off_is_not_asked_for_ever(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(message: Message) -> Answer:
        raise ValueError(message.to)

    monkeypatch.setattr(post.channels["mail"], "send", breaks)
    await post.tell(Happening.OPENED, RING)
    for _ in range(MOST_UNKNOWN + 1):
        await post.passes(150)
    (row, *_) = post.rows()

    assert (row.state, row.attempts) == ("failed", MOST_UNKNOWN)


async def test_a_refusal_asks_whoever_comes_next_though_another_team_was_reached_before(post: Post) -> None:
    post.channels["mail"].refuses.add("p@example.vn")
    await post.tell(Happening.OPENED, RING)
    await post.tell(Happening.UPDATED, replace(RING, owner=Owner.POWER))

    assert post.got() == [("a", "opened"), ("p", "opened"), ("a", "handed_over"), ("c", "escalated")]


async def test_a_refusal_asks_whoever_comes_next_though_an_earlier_time_was_told(post: Post) -> None:
    await post.tell(Happening.OPENED, RING)
    await post.tell(Happening.RECOVERED, replace(RING, ended_at=post.now))
    await post.passes(3 * MINUTE)
    post.channels["mail"].refuses.add("a@example.vn")
    await post.tell(Happening.REOPENED, RING)

    assert post.got()[-2:] == [("a", "opened"), ("b", "escalated")]


async def test_what_no_channel_took_is_tried_anew_when_the_channel_is_mended(post: Post) -> None:
    mail = post.channels["mail"]
    mail.refuses |= {f"{one}@example.vn" for one in "abc"}
    await post.tell(Happening.OPENED, RING)
    mail.refuses.clear()
    await post.passes(5 * MINUTE)

    assert post.got().count(("c", "escalated")) == 2


async def test_what_a_dead_sender_left_is_sent_as_a_repeat_after_its_lease(ledger: Opened, place: Path | URL) -> None:
    dead = Post(ledger, settings())
    dead.report(Happening.OPENED, RING)
    assert len(await dead.sender._claim()) == 1
    with closing(Opened(place)) as other:
        post = Post(other, settings())
        assert await post.sender.drain() == 0
        await post.passes(121)

        assert [one.repeat for one in post.channels["mail"].got] == [True]
        assert outcomes(post) == ["unknown", "sent"]


async def test_who_starts_again_does_not_wait_for_the_lease_of_who_was_killed_there(ledger: Opened) -> None:
    dead = Post(ledger, settings(), place="serve")
    dead.report(Happening.OPENED, RING)
    await dead.sender._claim()
    post = Post(ledger, settings(), place="serve")
    await post.sender.drain()

    assert [one.repeat for one in post.channels["mail"].got] == [True]


async def test_who_starts_sends_nothing_again_that_another_program_on_the_ledger_is_sending(ledger: Opened) -> None:
    serve = Post(ledger, settings(), place="serve")
    serve.channels["mail"].gate.clear()
    serve.report(Happening.OPENED, RING)
    sending = asyncio.create_task(serve.sender.drain())
    await serve.channels["mail"].asked.wait()
    collector = Post(ledger, settings(), place="server")
    tried = await collector.sender.drain()
    serve.channels["mail"].gate.set()
    await sending

    assert (tried, len(serve.got())) == (0, 1)


async def test_an_answer_that_comes_after_the_lease_changes_nothing_of_what_another_sender_made(ledger: Opened) -> None:
    slow = Post(ledger, settings(), lease_s=10.0)
    slow.channels["mail"].gate.clear()
    slow.channels["mail"].answers = [REFUSED]
    slow.report(Happening.OPENED, RING)
    sending = asyncio.create_task(slow.sender.drain())
    await slow.channels["mail"].asked.wait()
    post = Post(ledger, settings())
    await post.passes(11)
    slow.channels["mail"].gate.set()
    await sending

    assert post.rows()[0][2:4] == ("sent", 2)


async def test_an_answer_that_comes_while_another_sender_is_at_it_is_kept_beside_it(ledger: Opened) -> None:
    slow, other = Post(ledger, settings(), lease_s=10.0), Post(ledger, settings())
    slow.report(Happening.OPENED, RING)
    (late,) = await slow.sender._claim()
    other.now += 11
    (current,) = await other.sender._claim()
    ledger.write_sync(lambda connection: slow.sender._record(connection, late, REFUSED))

    assert other.rows()[0][2:4] == ("sending", 2)
    assert current.repeat
    assert outcomes(other) == ["refused", "unknown"]


async def test_what_was_answered_waits_for_the_ledger_and_is_not_sent_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sansang_alerts.sending.POLL_S", 0.0)
    record: Callable[..., None] = post.sender._record
    failures = [OperationalError("", {}, Exception("database is locked"))] * 3

    def hindered(*args: object) -> None:
        if failures:
            raise failures.pop()
        record(*args)

    monkeypatch.setattr(post.sender, "_record", hindered)
    await post.tell(Happening.OPENED, RING)

    assert (len(post.channels["mail"].got), post.rows()[0].state) == (1, "sent")


async def test_stopping_finishes_what_is_under_way(post: Post) -> None:
    post.channels["mail"].gate.clear()
    post.report(Happening.OPENED, RING)
    running = asyncio.create_task(post.sender.run())
    await post.channels["mail"].asked.wait()
    running.cancel()
    await settled()
    post.channels["mail"].gate.set()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert post.rows()[0].state == "sent"


async def test_attempts_are_counted_by_channel_and_outcome(post: Post) -> None:
    post.channels["mail"].answers = [AGAIN, Answer(Outcome.SENT, "")]
    await post.tell(Happening.OPENED, RING)
    await post.passes(2)

    assert post.sender.counts == {("mail", Outcome.AGAIN): 1, ("mail", Outcome.SENT): 1}


async def test_what_its_own_process_decided_is_sent_at_once(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sansang_alerts.sending.POLL_S", 3600.0)
    running = asyncio.create_task(post.delivery.run())
    await settled()
    await post.ledger.write(lambda connection: post.desk.report(connection, Report(RING, OPENED, post.now), post.now))
    post.delivery.nudge()
    await post.channels["mail"].asked.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert post.got() == [("a", "opened")]
