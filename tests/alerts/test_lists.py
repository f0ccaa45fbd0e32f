"""What the desk's pages list: what is under way and whose it is, what ended in this shift, what did not arrive."""

from msgspec.structs import replace

from sansang_alerts import lists
from sansang_alerts.fault import Happening
from sansang_alerts.opening import Opened
from tests.alerts.desks import fault, settings
from tests.alerts.posts import Post

FIRST, SECOND = fault(1, "AAAAA1"), fault(2, "AAAAA2")


async def test_what_nobody_has_taken_on_comes_first(ledger: Opened) -> None:
    post = Post(ledger, settings())
    await post.tell(Happening.OPENED, FIRST, SECOND)
    ledger.write_sync(lambda c: post.desk.acknowledge(c, "AAAAA2", "a", post.now, "page"))

    with ledger.read() as connection:
        assert [one.code for one in lists.under_way(connection)] == ["AAAAA1", "AAAAA2"]


async def test_what_ended_before_this_shift_is_not_listed(ledger: Opened) -> None:
    post = Post(ledger, settings())
    await post.tell(Happening.OPENED, FIRST, SECOND)
    await post.tell(Happening.RECOVERED, replace(FIRST, ended_at=post.now))
    await post.passes(3600)
    await post.tell(Happening.RECOVERED, replace(SECOND, ended_at=post.now))
    await post.passes(3600)

    with ledger.read() as connection:
        assert [one.code for one in lists.ended(connection, post.now - 5000)] == ["AAAAA2"]
        assert lists.under_way(connection) == []


async def test_what_is_refused_or_waits_is_listed(ledger: Opened) -> None:
    post = Post(ledger, settings())
    post.channels["mail"].refuses = {"a@example.vn"}
    await post.tell(Happening.OPENED, FIRST)
    post.report(Happening.OPENED, SECOND)

    with ledger.read() as connection:
        failed = lists.unsent(connection, post.now - 60, post.now - 60)
        waiting = lists.unsent(connection, post.now + 60, post.now + 60)
    assert {(one.person, one.state) for one in failed} == {("a", "failed")}
    assert {(one.person, one.state) for one in waiting} == {("a", "waiting")}
