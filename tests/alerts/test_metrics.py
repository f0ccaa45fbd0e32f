"""What alerts say of themselves is what their rows say."""

import re
from pathlib import Path

from msgspec.structs import replace

from sansang_agent.contract.severity import Severity
from sansang_alerts import metrics
from sansang_alerts.fault import Happening
from sansang_alerts.opening import Opened
from tests.alerts.desks import MAIL, SMS, fault, settings
from tests.alerts.posts import AGAIN, SENT, Post

DOCS = Path(__file__).parents[2] / "docs" / "delivery.md"


def figures(post: Post) -> dict[tuple[str, ...], float]:
    with post.ledger.read() as connection:
        found = list(metrics.samples(connection, post.channels, post.sender.counts, post.sender.charged, post.now))
    return {(one.name, *one.labels): one.value for one in found}


def test_nothing_to_say_is_said_in_zeros(ledger: Opened) -> None:
    found = figures(Post(ledger, settings(MAIL, SMS)))

    assert set(found.values()) == {0}
    assert {name for name, *_ in found} == {one.name for one in metrics.FAMILIES}


def test_every_sample_has_its_familys_labels(ledger: Opened) -> None:
    labels = {one.name: len(one.labels) for one in metrics.FAMILIES}

    assert all(len(more) == labels[name] for name, *more in figures(Post(ledger, settings())))


async def test_what_waits_and_what_nobody_has_taken_on_is_counted(ledger: Opened) -> None:
    post = Post(ledger, settings())
    post.channels["mail"].answers = [AGAIN]
    await post.tell(Happening.OPENED, fault())
    post.report(Happening.OPENED, replace(fault(13, "K7F2QD"), severity=Severity.WARNING))
    post.now += 40
    found = figures(post)

    assert found["sansang_alert_waiting", "mail"] == 2
    assert found["sansang_alert_oldest_waiting_seconds",] == 40
    assert found["sansang_alert_notifications_total", "mail", "again"] == 1
    assert found["sansang_alert_unacknowledged", "critical"] == found["sansang_alert_unacknowledged", "warning"] == 1


async def test_what_was_sent_and_taken_on_is_no_longer(ledger: Opened) -> None:
    post = Post(ledger, settings())
    await post.tell(Happening.OPENED, fault())
    post.ledger.write_sync(lambda connection: post.desk.acknowledge(connection, "M4T7QX", "a", post.now, "page"))
    found = figures(post)

    assert found["sansang_alert_waiting", "mail"] == found["sansang_alert_unacknowledged", "critical"] == 0
    assert found["sansang_alert_notifications_total", "mail", "sent"] == 1


async def test_what_a_gateway_charges_is_counted_and_what_it_did_not_take_is_not(ledger: Opened) -> None:
    post = Post(ledger, settings(MAIL, SMS))
    post.channels["sms"].answers = [AGAIN, SENT._replace(parts=3)]
    await post.tell(Happening.OPENED, fault())
    await post.passes(10)
    found = figures(post)

    assert found["sansang_alert_charged_messages_total", "sms"] == 3
    assert found["sansang_alert_charged_messages_total", "mail"] == 1


def test_docs_and_list_agree() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    listed = [
        (one.name, one.kind, " ".join(f"`{label}`" for label in one.labels), one.help) for one in metrics.FAMILIES
    ]

    assert rows == listed
