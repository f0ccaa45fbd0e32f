"""A thousand faults within a minute: everybody is told of all, in order, and nobody a thousand times."""

from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from sansang_alerts.fault import Fault, Happening
from sansang_alerts.opening import Opened
from sansang_alerts.pace import GAP_S, SINGLES, WINDOW_S
from tests.alerts.desks import HOOK, LINE, MAIL, SMS, fault, settings
from tests.alerts.posts import AGAIN, UNKNOWN, Post, kind_of

BATCHES = 20
ONCE = replace(LINE, steps=LINE.steps[:1])
"""Nobody is asked next: it is about the storm alone."""
MOST_IN_A_MINUTE = SINGLES + int(WINDOW_S / GAP_S)


def faults(many: int) -> list[Fault]:
    return [fault(number, f"{number:06}") for number in range(many)]


@pytest.fixture
def post(ledger: Opened) -> Post:
    return Post(ledger, settings(MAIL, SMS, HOOK, teams=(ONCE,)))


async def storm(post: Post, many: int) -> None:
    """All within a minute, three seconds' worth at a time."""
    found = faults(many)
    for first in range(0, many, many // BATCHES):
        await post.tell(Happening.OPENED, *found[first : first + many // BATCHES])
        await post.passes(60 / BATCHES)


async def test_a_thousand_faults_in_a_minute_are_a_few_messages_to_a_person_and_none_is_lost(tmp_path: Path) -> None:
    with closing(Opened(tmp_path / "alerts.db")) as ledger:
        post = Post(ledger, settings(SMS, teams=(ONCE,)))
        await storm(post, 1_000)
        in_the_minute = len(post.channels["sms"].got)
        await post.passes(60)
        told = post.rows(lambda row: row.kind == "opened")

    assert in_the_minute <= MOST_IN_A_MINUTE
    assert len(post.channels["sms"].got) <= MOST_IN_A_MINUTE + 1
    assert [one.state for one in told] == ["sent"] * 1_000


async def test_a_program_gets_each_fault_of_a_storm_once_and_in_order(ledger: Opened) -> None:
    post = Post(ledger, settings(HOOK, teams=(ONCE,)))
    await storm(post, 100)
    got = [one.message_id.split("-")[0] for one in post.channels["hook"].got]

    assert got == [f"{number:06}" for number in range(100)]


async def test_every_fault_of_a_bundle_is_named_in_a_mail(post: Post) -> None:
    await post.tell(Happening.OPENED, *faults(40))
    (mail,) = post.channels["mail"].got

    assert kind_of(mail) == "bundle"
    assert "40" in mail.subject
    assert all(f"({number:06})" in mail.body for number in range(40))


async def test_the_ends_of_a_storm_are_told_in_a_few_messages_too(post: Post) -> None:
    await post.tell(Happening.OPENED, *faults(30))
    await post.passes(100)
    await post.tell(Happening.RECOVERED, *(replace(one, ended_at=post.now - 180) for one in faults(30)))

    assert len(post.channels["mail"].got) == 2
    assert [one.state for one in post.rows(lambda row: row.kind == "recovered")] == ["sent"] * 90


async def test_a_bundle_that_may_have_arrived_is_repeated_as_it_was(post: Post) -> None:
    post.channels["mail"].answers = [UNKNOWN]
    await post.tell(Happening.OPENED, *faults(10))
    await post.tell(Happening.OPENED, fault(99, "M4T7QX"))
    await post.passes(2)
    first, *_ = [one for one in post.channels["mail"].got if one.repeat]

    assert first.message_id == post.channels["mail"].got[0].message_id
    assert first.body.endswith(post.channels["mail"].got[0].body)


async def test_what_follows_on_a_part_of_a_bundle_waits_for_the_bundle(post: Post) -> None:
    post.channels["mail"].answers = [AGAIN]
    await post.tell(Happening.OPENED, *faults(10))
    await post.tell(Happening.RECOVERED, replace(faults(1)[0], ended_at=post.now - 180))
    await post.passes(2)
    await post.passes(30)

    assert [kind_of(one) for one in post.channels["mail"].got] == ["bundle", "bundle", "recovered"]


async def test_a_refused_bundle_asks_whoever_comes_next_of_each_fault(ledger: Opened) -> None:
    post = Post(ledger, settings(MAIL))
    post.channels["mail"].refuses = {"a@example.vn"}
    await post.tell(Happening.OPENED, *faults(10))

    assert [one.state for one in post.rows(lambda row: row.person == "a" and row.kind == "opened")] == ["failed"] * 10
    assert [one.state for one in post.rows(lambda row: row.person == "b" and row.kind != "bundle")] == ["sent"] * 10
