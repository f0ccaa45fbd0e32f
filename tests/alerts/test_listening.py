"""What people write to the bot: fetched from a stand-in of Zalo, answered, and done."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from sansang_alerts import pairing
from sansang_alerts.channels.outgoing import Outgoing
from sansang_alerts.channels.zalo_api import ZaloApi
from sansang_alerts.channels.zalo_updates import SECRET_HEADER, heard, is_from_zalo, pushed
from sansang_alerts.desk import Desk
from sansang_alerts.fault import Happening, Report
from sansang_alerts.hearing import WRONG_TRIES, Hearing
from sansang_alerts.incoming import Heard
from sansang_alerts.ledger import Ledger
from sansang_alerts.listening import Listener, hand_over
from sansang_alerts.settings import ZaloChannel
from tests.alerts import desks
from tests.support.faults import BEGAN
from tests.support.http_stand_in import Garbage, HttpStandIn, Says
from tests.support.zalo_server import TOKEN, Sent, ZaloServer

KEY = TOKEN.encode()
NOW = BEGAN + 60
SETTINGS = desks.settings(desks.MAIL, desks.SMS, ZaloChannel(id="zalo", token_file="/nowhere"))


@pytest.fixture
def server() -> Iterator[ZaloServer]:
    with ZaloServer() as server:
        yield server


class Bot:
    """A listener with all that is behind it."""

    def __init__(self, ledger: Ledger, outgoing: Outgoing, server: ZaloServer) -> None:
        self.ledger = ledger
        self.desk = Desk(SETTINGS)
        self.hearing = Hearing(SETTINGS, ledger, self.desk, {"zalo": KEY}, lambda: NOW)
        self.slept: list[float] = []
        self.listener = Listener("zalo", ZaloApi(outgoing, TOKEN, server.url), self.hearing.hear, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 3:
            raise asyncio.CancelledError

    def offer(self, person: str = "a") -> str:
        return self.ledger.write_sync(lambda connection: pairing.offer(connection, "zalo", person, KEY, NOW))

    def open(self) -> None:
        report = Report(desks.fault(code="M4T7QX"), Happening.OPENED, NOW)
        self.ledger.write_sync(lambda connection: self.desk.report(connection, report, NOW))


@pytest.fixture
async def bot(ledger: Ledger, server: ZaloServer) -> AsyncIterator[Bot]:
    async with Outgoing() as outgoing:
        yield Bot(ledger, outgoing, server)


async def test_somebody_sends_the_digits_and_can_be_told_from_then_on(bot: Bot, server: ZaloServer) -> None:
    server.write("chat-1", f"Mã của tôi: {bot.offer()}")

    assert await bot.listener.once()

    assert server.sent == [Sent("chat-1", "Đã ghép: từ nay sự cố được báo cho Trực A ở đây.")]
    with bot.ledger.read() as connection:
        assert pairing.chats(connection) == {("zalo", "a"): "chat-1"}


async def test_who_had_another_chat_is_told_there(bot: Bot, server: ZaloServer) -> None:
    for chat in ("chat-1", "chat-2"):
        server.write(chat, bot.offer())
        await bot.listener.once()

    assert server.sent[1:] == [
        Sent("chat-2", "Đã ghép: từ nay sự cố được báo cho Trực A ở đây."),
        Sent("chat-1", "Từ nay Trực A nhận tin ở cuộc trò chuyện khác, không còn ở đây nữa."),
    ]


async def test_a_group_is_paired_with_a_warning(bot: Bot, server: ZaloServer) -> None:
    server.write("group-1", bot.offer(), group=True)
    await bot.listener.once()

    assert "nhóm" in server.sent[0].text


async def test_a_fault_is_taken_on_by_its_code(bot: Bot, server: ZaloServer) -> None:
    bot.open()
    for chat, person in (("chat-1", "a"), ("chat-2", "b")):
        server.write(chat, bot.offer(person))
        await bot.listener.once()
    for chat in ("chat-1", "chat-2"):
        server.write(chat, "nhận m4t7qx")
        await bot.listener.once()

    assert [sent.text for sent in server.sent[2:]] == [
        "Anh/chị đã nhận xử lý sự cố M4T7QX. Hệ thống không báo thêm cho ai khác nữa.",
        "Sự cố M4T7QX đã do Trực A nhận lúc 08:15.",
    ]


async def test_a_stranger_takes_nothing_on(bot: Bot, server: ZaloServer) -> None:
    bot.open()
    server.write("stranger", "M4T7QX")
    await bot.listener.once()

    assert server.sent == [Sent("stranger", "Cuộc trò chuyện này chưa ghép với ai nên không nhận xử lý từ đây được.")]


async def test_who_guesses_is_soon_not_answered_any_more(bot: Bot, server: ZaloServer) -> None:
    code = bot.offer()
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(WRONG_TRIES + 3):
        server.write("guesser", wrong)
        await bot.listener.once()
    server.write("guesser", code)
    await bot.listener.once()

    assert [sent.text for sent in server.sent] == ["Không có sự cố nào mang mã này, hoặc mã đã quá cũ."] * WRONG_TRIES


async def test_small_talk_is_not_answered(bot: Bot, server: ZaloServer) -> None:
    for text in ("thanks", "xin chào", "", "12"):
        server.write("chat-1", text)
        assert await bot.listener.once()

    assert server.sent == []


async def test_a_reply_by_sms_is_known_by_its_number(bot: Bot) -> None:
    bot.open()

    replies = await bot.hearing.hear(Heard("sms", "+84000000001", "M4T7QX"))
    strangers = await bot.hearing.hear(Heard("sms", "+84000000009", "M4T7QX"))

    said = "Anh/chị đã nhận xử lý sự cố M4T7QX. Hệ thống không báo thêm cho ai khác nữa."
    assert [reply.text for reply in replies] == [said]
    assert strangers[0].text.startswith("Cuộc trò chuyện này chưa ghép")


async def test_when_nobody_writes_it_asks_again_at_once(bot: Bot, server: ZaloServer) -> None:
    server.next.append(Says(200, b'{"ok": false, "error_code": 408, "description": "Request timeout"}'))

    assert await bot.listener.once()


async def test_while_it_fails_it_waits_longer_and_says_so_once(
    bot: Bot, server: ZaloServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.next.extend([Says(401), Garbage(), Says(200, b'{"ok": false, "error_code": 429}')])

    with pytest.raises(asyncio.CancelledError):
        await bot.listener.run()

    assert [1 <= wait <= 8 for wait in bot.slept] == [True] * 3
    assert len(caplog.records) == 1
    assert TOKEN not in caplog.text


async def test_while_the_ledger_cannot_be_used_it_goes_on_listening(
    bot: Bot, server: ZaloServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def busy(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    code = bot.offer()
    server.write("chat-1", code)
    with monkeypatch.context() as now:
        now.setattr(pairing, "take", busy)
        assert await bot.listener.once()
    server.write("chat-1", code)
    assert await bot.listener.once()

    assert len(server.sent) == 1
    assert "database is locked" in caplog.text
    assert code not in caplog.text


async def test_a_webhook_from_another_time_is_taken_away(bot: Bot, server: ZaloServer) -> None:
    server.webhook = "http://127.0.0.1:1/", "a secret of another time"

    assert not await bot.listener.once()
    server.write("chat-1", bot.offer())
    assert await bot.listener.once()
    assert len(server.sent) == 1


async def test_zalo_hands_over_what_is_written_with_the_secret(bot: Bot, server: ZaloServer) -> None:
    with HttpStandIn() as ours:
        async with Outgoing() as outgoing:
            api = ZaloApi(outgoing, TOKEN, server.url)
            assert await hand_over(api, f"{ours.url}/hook", "a good secret") == ""
            assert await hand_over(api, f"{ours.url}/hook", "short") == "400: Bad Request: secret_token"
        await asyncio.to_thread(server.write, "chat-1", "xin chào")

    [asked] = ours.asked
    assert pushed("zalo", asked.body)[0][:3] == ("zalo", "chat-1", "xin chào")
    assert is_from_zalo("a good secret", asked.headers[SECRET_HEADER.lower()])


def test_a_bots_own_words_and_what_is_no_text_are_nothing() -> None:
    own = {"message": {"chat": {"id": "c"}, "text": "hi", "from": {"id": "b", "is_bot": True}}}
    photo = {"message": {"chat": {"id": "c"}, "photo": "…"}}
    odd = {"message": {"chat": {"id": "c\n<script>"}, "text": "hi"}}

    assert heard("zalo", [own, photo, odd, None, 5, {"message": []}]) == []


def test_a_webhook_brings_the_same_with_and_without_an_envelope() -> None:
    update = {"event_name": "message.text.received", "message": {"chat": {"id": "c"}, "text": "hi", "date": 1}}

    bare, wrapped = json.dumps(update).encode(), json.dumps({"ok": True, "result": update}).encode()

    assert pushed("zalo", bare) == pushed("zalo", wrapped) == [Heard("zalo", "c", "hi")]


def test_only_who_knows_the_secret_is_zalo() -> None:
    assert is_from_zalo("a secret", "a secret")
    assert not is_from_zalo("a secret", "another")
    assert not is_from_zalo("", "")


KEYS = st.sampled_from(["message", "chat", "id", "text", "from"])


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
        max_leaves=10,
    )
)
def test_whatever_is_brought_is_read_or_left(result: object) -> None:
    assert all(isinstance(one, Heard) for one in heard("zalo", result))


@given(st.binary())
def test_a_webhooks_garbage_is_no_json_or_nothing(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert pushed("zalo", body) == []
