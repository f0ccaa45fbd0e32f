"""A fault from the desk to real servers: one message by each channel; repeats say so; the end goes to the same."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from sansang_alerts import pairing
from sansang_alerts.fault import Happening
from sansang_alerts.incoming import Heard
from sansang_alerts.opening import Opened
from sansang_alerts.settings import SmsChannel, WebhookChannel, ZaloChannel
from tests.alerts import desks
from tests.alerts.posts import Post
from tests.support import channels
from tests.support.faults import RING
from tests.support.http_stand_in import Hangs, HttpStandIn, Resets, Says
from tests.support.mail_server import MailServer
from tests.support.sms_gateway import SECRET, SmsGatewayServer
from tests.support.zalo_server import TOKEN, ZaloServer

FAULT = msgspec.structs.replace(RING, code="M4T7QX")
KEY = TOKEN.encode()


class World:
    """One person on call, reached by four channels; servers of all four."""

    def __init__(self, ledger: Opened, folder: Path, servers: ExitStack) -> None:
        self.zalo = servers.enter_context(ZaloServer("chat-a"))
        self.sms = servers.enter_context(SmsGatewayServer())
        self.mail = servers.enter_context(MailServer())
        self.hook = servers.enter_context(HttpStandIn())
        token = channels.secret(folder, "token", TOKEN)
        key = channels.secret(folder, "key", SECRET)
        address = channels.secret(folder, "address", f"{self.hook.url}/hook")
        mail = {"server": f"127.0.0.1:{self.mail.port}", "sender": "sansang@example.org", "security": "none"}
        found = (
            channels.settings("email", **mail),
            channels.settings("zalo", token_file=token, api=self.zalo.url),
            channels.settings(**self.sms.settings(secret_file=key)),
            channels.settings("webhook", url_file=address),
        )
        assert [type(one) for one in found[1:]] == [ZaloChannel, SmsChannel, WebhookChannel]
        settings = msgspec.structs.replace(desks.settings(*found), recovery_after_minutes=0)
        self.post = Post(ledger, settings)
        self.built = channels.build(*found, deadline_s=2.0)
        self.post.sender.channels = self.built
        code = ledger.write_sync(lambda c: pairing.offer(c, "zalo", "a", KEY, self.post.now))
        heard = Heard("zalo", "chat-a", code)
        ledger.write_sync(lambda c: pairing.take(c, heard, code, KEY, self.post.now))

    def arrived(self) -> tuple[int, int, int, int]:
        """How many by e-mail, Zalo, SMS and webhook."""
        return len(self.mail.mails), len(self.zalo.sent), len(self.sms.sent), len(self.hook.asked)


@pytest.fixture
async def world(ledger: Opened, tmp_path: Path) -> AsyncIterator[World]:
    with ExitStack() as servers:
        world = World(ledger, tmp_path, servers)
        yield world
        await world.built.close()


async def test_one_message_by_each_channel_and_the_end_by_the_same(world: World) -> None:
    await world.post.tell(Happening.OPENED, FAULT)
    assert world.arrived() == (1, 1, 1, 1)

    await world.post.passes(60)
    await world.post.tell(Happening.RECOVERED, msgspec.structs.replace(FAULT, ended_at=world.post.now))
    await world.post.passes(60)

    assert world.arrived() == (2, 2, 2, 2)
    assert "M4T7QX" in world.zalo.sent[0].text
    assert world.sms.sent[0].text.isascii()
    assert world.mail.mails[0].parsed["Message-ID"] != world.mail.mails[1].parsed["Message-ID"]
    assert msgspec.json.decode(world.hook.asked[1].body)["kind"] == "recovered"


async def test_what_may_have_arrived_is_told_again_and_says_so(world: World) -> None:
    world.mail.taken_but = "reset"
    world.zalo.next.append(Hangs())
    world.sms.next.append(Resets())
    world.hook.next.append(Says(504))
    await world.post.tell(Happening.OPENED, FAULT)
    world.mail.taken_but = ""
    await world.post.passes(10)

    first, again = world.mail.mails
    assert again.parsed["Message-ID"] == first.parsed["Message-ID"]
    assert again.parsed["Subject"].startswith("(gửi lại)")
    assert [sent.text[:9] for sent in world.zalo.sent] == ["(gửi lại)"]
    assert [sent.text[:9] for sent in world.sms.sent] == ["(gui lai)"]
    assert [msgspec.json.decode(asked.body)["repeat"] for asked in world.hook.asked] == [False, True]


async def test_what_surely_did_not_arrive_is_told_later_as_if_nothing_had_been(world: World) -> None:
    world.mail.at_data = "451 later"
    world.zalo.next.append(
        Says(200, b'{"ok": false, "error_code": 429, "description": "quota"}', {"Retry-After": "30"})
    )
    world.sms.next.append(Says(503))
    world.hook.next.append(Says(429))
    await world.post.tell(Happening.OPENED, FAULT)
    world.mail.at_data = ""

    await world.post.passes(10)
    assert [len(world.mail.mails), len(world.zalo.sent), len(world.sms.sent)] == [1, 0, 1]
    await world.post.passes(30)

    assert len(world.zalo.sent) == 1
    texts = [world.mail.mails[0].text, world.zalo.sent[0].text, world.sms.sent[0].text]
    assert [text for text in texts if "(g" in text] == []
    assert [msgspec.json.decode(asked.body)["repeat"] for asked in world.hook.asked] == [False, False]


async def test_of_a_channel_that_refuses_the_others_know_nothing(world: World) -> None:
    world.zalo.chats.clear()
    world.sms.always = Says(401)

    await world.post.tell(Happening.OPENED, FAULT)
    await world.post.passes(10)

    assert world.arrived() == (1, 0, 0, 1)
    failed = [row for row in world.post.rows() if row.state == "failed"]
    assert sorted(row.said[:3] for row in failed) == ["400", "401"]
    assert TOKEN not in str(failed)
