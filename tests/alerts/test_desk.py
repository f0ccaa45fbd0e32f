"""What is decided is written in the transaction of whoever reports it, and a message that is overtaken says so."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import URL, Connection, select

from sansang_agent.contract.rung import Owner
from sansang_alerts import alert_rows
from sansang_alerts.desk import Desk, UnknownCodeError
from sansang_alerts.fault import Happening, Report
from sansang_alerts.notice import Kind
from sansang_alerts.opening import Opened
from sansang_alerts.settings import Step
from sansang_alerts.tables import ALERT, NOTIFICATION
from sansang_alerts.texts import Digest
from tests.alerts.desks import LINE, MAIL, POWER, SMS, fault, settings
from tests.alerts.posts import Post

RING = fault()


@pytest.fixture
def post(ledger: Opened) -> Post:
    return Post(ledger, settings())


def test_what_its_reporter_takes_back_was_never_decided(post: Post) -> None:
    def half(connection: Connection) -> None:
        post.desk.report(connection, Report(RING, Happening.OPENED, post.now), post.now)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        post.ledger.write_sync(half)
    with post.ledger.read() as connection:
        assert alert_rows.of_fault(connection, RING) is None
    assert post.rows() == []


async def test_one_fault_is_told_from_beginning_to_end(post: Post) -> None:
    await post.tell(Happening.OPENED, RING)
    await post.passes(600)
    post.ledger.write_sync(lambda connection: post.desk.acknowledge(connection, RING.code, "b", post.now, "link"))
    await post.passes(600)
    await post.tell(Happening.RECOVERED, replace(RING, ended_at=post.now))
    await post.passes(180)
    await post.passes(100_000)

    assert post.got() == [
        ("a", "opened"),
        ("b", "escalated"),
        ("a", "acknowledged"),
        ("a", "recovered"),
        ("b", "recovered"),
    ]


async def test_each_way_to_a_person_is_used_and_the_end_comes_through_the_same(ledger: Opened) -> None:
    post = Post(ledger, settings(MAIL, SMS))
    await post.tell(Happening.OPENED, RING)
    await post.tell(Happening.RECOVERED, replace(RING, ended_at=post.now - 180))

    assert post.got() == [("a", "opened"), ("a", "recovered")]
    assert post.got("sms") == [("0000000001", "opened"), ("0000000001", "recovered")]


async def test_a_step_may_ask_the_same_person_through_another_channel(ledger: Opened) -> None:
    steps = (Step(after_minutes=0, channels=("mail",)), Step(after_minutes=5, channels=("sms",)))
    post = Post(ledger, settings(MAIL, SMS, teams=(replace(LINE, steps=steps),)))
    await post.tell(Happening.OPENED, RING)
    await post.passes(300)

    assert post.got() == [("a", "opened")]
    assert post.got("sms") == [("0000000001", "escalated")]


async def test_who_is_gone_from_the_settings_meanwhile_is_still_told_of_the_end(post: Post) -> None:
    await post.tell(Happening.OPENED, RING)
    newer = settings()
    post.desk.settings = replace(newer, people=newer.people[1:], teams=(replace(LINE, shifts=()), POWER))
    await post.tell(Happening.RECOVERED, replace(RING, ended_at=post.now - 180))

    assert post.got() == [("a", "opened"), ("a", "recovered")]


async def test_an_end_whose_channel_is_gone_is_no_secret(post: Post) -> None:
    await post.tell(Happening.OPENED, RING)
    post.desk.settings, post.sender.channels = replace(settings(), channels=(SMS,)), {}
    await post.tell(Happening.RECOVERED, replace(RING, ended_at=post.now - 180))

    assert post.rows()[-1][:3] == ("recovered", "a", "failed")


def test_what_a_newer_message_overtakes_before_it_was_sent_says_so(post: Post) -> None:
    post.report(Happening.OPENED, RING)
    post.report(Happening.UPDATED, replace(RING, owner=Owner.COMMUNE_IT))
    post.report(Happening.RECOVERED, replace(RING, owner=Owner.COMMUNE_IT, ended_at=post.now - 180))

    assert [(one.kind, one.state, one.said) for one in post.rows()] == [
        ("opened", "cancelled", "a newer message took its place before it could be sent"),
        ("opened", "cancelled", "over before it could be sent"),
        ("recovered", "waiting", ""),
    ]


async def test_nobody_is_asked_late_what_somebody_has_taken_on(post: Post) -> None:
    await post.tell(Happening.OPENED, RING)
    post.now += 600
    await post.delivery.turn()
    post.ledger.write_sync(lambda connection: post.desk.acknowledge(connection, RING.code, "a", post.now, "cli"))
    await post.sender.drain()

    assert post.got() == [("a", "opened"), ("b", "acknowledged")]


def test_who_never_heard_of_what_is_withdrawn_hears_nothing(post: Post) -> None:
    post.report(Happening.OPENED, RING)
    post.report(Happening.WITHDRAWN, replace(RING, withdrawn="merged:K7F2QD"))

    assert [(one.kind, one.state) for one in post.rows()] == [("opened", "cancelled")]


async def test_who_heard_of_what_is_withdrawn_hears_that_too(post: Post) -> None:
    await post.tell(Happening.OPENED, RING)
    await post.tell(Happening.WITHDRAWN, replace(RING, withdrawn="merged:K7F2QD"))

    assert post.got() == [("a", "opened"), ("a", "withdrawn")]


def test_of_two_who_acknowledge_at_once_one_wins_and_the_other_learns_who(post: Post, place: Path | URL) -> None:
    post.report(Happening.OPENED, RING)

    def take(store: Opened, by: str) -> tuple[bool, str]:
        desk = Desk(settings())
        found = store.write_sync(lambda connection: desk.acknowledge(connection, RING.code, by, post.now, "link"))
        return found.won, found.by

    with closing(Opened(place)) as other, ThreadPoolExecutor(2) as both:
        asked = [both.submit(take, store, by) for store, by in ((post.ledger, "a"), (other, "b"))]
        first, second = (one.result(60) for one in asked)

    assert {first[0], second[0]} == {True, False}
    assert first[1] == second[1] == ("Trực A" if first[0] else "Trực B")


def test_a_code_is_known_however_it_was_written_down(post: Post) -> None:
    post.report(Happening.OPENED, replace(RING, code="M0T1QX"))
    found = post.ledger.write_sync(lambda connection: post.desk.acknowledge(connection, "mo t-lqx", "a", 0.0, "phone"))

    assert found.won


def test_a_code_of_nothing_is_said_to_be_none(post: Post) -> None:
    with pytest.raises(UnknownCodeError, match="no alert has the code ZZZZZZ"):
        post.ledger.write_sync(lambda connection: post.desk.acknowledge(connection, "ZZZZZZ", "a", 0.0, "cli"))


async def test_what_is_over_cannot_be_taken_on(post: Post) -> None:
    await post.tell(Happening.OPENED, RING)
    await post.tell(Happening.RECOVERED, replace(RING, ended_at=post.now - 180))
    found = post.ledger.write_sync(lambda connection: post.desk.acknowledge(connection, RING.code, "b", 0.0, "link"))

    assert (found.won, found.is_over, found.by) == (False, True, "")


def test_whoever_keeps_the_incident_hears_of_an_acknowledgement_once(ledger: Opened) -> None:
    heard: list[str] = []
    post = Post(ledger, settings(), acknowledged=lambda _connection, alert, _at: heard.append(alert.standing.fault.key))
    post.report(Happening.OPENED, RING)
    for by in ("a", "b"):
        post.ledger.write_sync(partial(post.desk.acknowledge, code=RING.code, by=by, at=0.0, how="link"))
    post.report(Happening.ACKNOWLEDGED, replace(RING, acknowledged_by="a", acknowledged_at=0.0))

    assert heard == ["12"]


def codes(post: Post) -> list[str]:
    with post.ledger.read() as connection:
        return list(connection.scalars(select(ALERT.c.code).order_by(ALERT.c.id)))


def test_a_fault_without_a_code_gets_one_and_a_taken_one_is_not_given_twice(post: Post) -> None:
    post.report(Happening.OPENED, fault(1, "M4T7QX"), fault(2, ""), fault(3, "M4T7QX"))
    first, *others = codes(post)

    assert first == "M4T7QX"
    assert len({first, *others}) == 3
    assert all(len(code) == 6 for code in others)


async def test_what_comes_back_without_a_code_of_its_own_gets_a_new_one(post: Post) -> None:
    nameless = fault(2, "")
    await post.tell(Happening.OPENED, nameless)
    await post.tell(Happening.RECOVERED, replace(nameless, ended_at=post.now - 180))
    await post.tell(Happening.OPENED, nameless)

    assert len(codes(post)) == 2
    assert post.got() == [("a", "opened"), ("a", "recovered"), ("a", "opened")]


async def test_the_digest_goes_to_whoever_is_to_get_it(ledger: Opened) -> None:
    post = Post(ledger, replace(settings(), digest_to=("c", "p")))
    digest = Digest(watched=65, communes=65)
    post.ledger.write_sync(lambda connection: post.desk.digest(connection, digest, post.now))
    await post.sender.drain()

    assert post.got() == [("c", "digest"), ("p", "digest")]
    assert "65/65" in post.channels["mail"].got[0].body


def test_a_message_carries_its_own_link_for_whom_it_is_to(ledger: Opened) -> None:
    post = Post(ledger, settings(), link=lambda code, person, _at: f"https://example.vn/a/{code}?{person}")
    post.report(Happening.OPENED, RING)
    with post.ledger.read() as connection:
        body = connection.scalars(select(NOTIFICATION.c.body)).one()

    assert "https://example.vn/a/M4T7QX?a" in body


@pytest.mark.parametrize("happened", list(Happening))
def test_any_first_word_of_a_fault_is_taken(post: Post, happened: Happening) -> None:
    ended = post.now if happened is Happening.RECOVERED else None
    post.report(happened, replace(RING, ended_at=ended, withdrawn="nothing" if happened is Happening.WITHDRAWN else ""))
    silent = happened in (Happening.RECOVERED, Happening.WITHDRAWN)

    assert [one.kind for one in post.rows()] == ([] if silent else [Kind.OPENED.value])
