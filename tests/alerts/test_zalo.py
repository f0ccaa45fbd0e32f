"""The Zalo bot as a channel, against a stand-in of its platform."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates import Authority
from sansang_alerts.channels import Channel
from sansang_alerts.channels.building import BuildError
from sansang_alerts.channels.zalo import MOST, cut
from sansang_alerts.notice import Outcome
from tests.support import channels
from tests.support.channels import MESSAGE
from tests.support.http_stand_in import Garbage, Hangs, Resets, Says
from tests.support.proxies import ProxyStandIn
from tests.support.zalo_server import TOKEN, Sent, ZaloServer

CHAT = "6ede9afa66b88fe6d6a9"
TO_CHAT = MESSAGE._replace(to=CHAT)


@pytest.fixture
def server() -> Iterator[ZaloServer]:
    with ZaloServer(CHAT) as server:
        yield server


@pytest.fixture
async def zalo(server: ZaloServer, tmp_path: Path) -> AsyncIterator[Channel]:
    token = channels.secret(tmp_path, "token", TOKEN)
    built = channels.build(channels.settings("zalo", token_file=token, api=server.url), deadline_s=2.0)
    yield built["zalo"]
    await built.close()


async def test_a_message_arrives_as_plain_text_in_the_chat(zalo: Channel, server: ZaloServer) -> None:
    answer = await zalo.send(TO_CHAT)

    assert (answer.outcome, answer.reference) == (Outcome.SENT, "s1")
    assert server.sent == [Sent(CHAT, MESSAGE.body)]
    assert b"parse_mode" not in server.asked[0].body


async def test_who_has_never_written_to_the_bot_cannot_be_told(zalo: Channel) -> None:
    answer = await zalo.send(TO_CHAT._replace(to="somebody-else"))

    assert answer.outcome is Outcome.REFUSED
    assert answer.said == (
        "400: Bad Request: chat not found; the person has to write to the bot again, and to be paired"
    )


async def test_who_is_not_paired_is_told_nothing_and_nobody_is_asked(zalo: Channel, server: ZaloServer) -> None:
    answer = await zalo.send(TO_CHAT._replace(to=""))

    assert answer.outcome is Outcome.REFUSED
    assert server.asked == []


@pytest.mark.parametrize(
    ("met", "outcome"),
    [
        (Says(200, b'{"ok": false, "error_code": 429, "description": "quota"}'), Outcome.AGAIN),
        (Says(200, b'{"ok": false, "error_code": 401, "description": "token"}'), Outcome.REFUSED),
        (Says(200, b'{"ok": false}'), Outcome.REFUSED),
        (Says(503), Outcome.AGAIN),
        (Says(404, b"no such page"), Outcome.REFUSED),
        (Says(504, b"<html>"), Outcome.UNKNOWN),
        (Says(200, b"<html>Please log in</html>"), Outcome.UNKNOWN),
        (Says(200, b"[1]"), Outcome.UNKNOWN),
        (Resets(), Outcome.UNKNOWN),
        (Garbage(), Outcome.UNKNOWN),
        (Hangs(), Outcome.UNKNOWN),
    ],
    ids=str,
)
async def test_what_is_not_taken_is_told_apart(
    zalo: Channel, server: ZaloServer, met: Says | Resets | Garbage | Hangs, outcome: Outcome
) -> None:
    server.next.append(met)

    answer = await zalo.send(TO_CHAT)

    assert answer.outcome is outcome
    assert answer.said
    assert TOKEN not in answer.said


async def test_how_long_to_wait_is_what_it_asks_for(zalo: Channel, server: ZaloServer) -> None:
    server.next.append(Says(429, b'{"ok": false, "error_code": 429, "description": "quota"}', {"Retry-After": "17"}))

    assert (await zalo.send(TO_CHAT)).after_s == 17


async def test_a_token_that_an_answer_repeats_is_not_kept(zalo: Channel, server: ZaloServer) -> None:
    said = f'{{"ok": false, "error_code": 401, "description": "bad token {TOKEN}"}}'
    server.next.append(Says(200, said.encode()))

    assert (await zalo.send(TO_CHAT)).said == "401: bad token ***"


async def test_nobody_listening_means_that_it_did_not_arrive(tmp_path: Path) -> None:
    with ZaloServer() as gone:
        api = gone.url
    token = channels.secret(tmp_path, "token", TOKEN)
    built = channels.build(channels.settings("zalo", token_file=token, api=api))

    answer = await built["zalo"].send(TO_CHAT)
    await built.close()

    assert answer.outcome is Outcome.AGAIN


async def test_a_token_never_travels_in_the_clear(tmp_path: Path) -> None:
    token = channels.secret(tmp_path, "token", TOKEN)

    with pytest.raises(BuildError, match="channel zalo: the bot's token would go by plain HTTP"):
        channels.build(channels.settings("zalo", token_file=token, api="http://bot.invalid"))


async def test_zalos_own_name_is_reached_through_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its certificate checked, as where a province lets nothing out but by a proxy."""
    host = "bot-api.zaloplatforms.com"
    authority = Authority(tmp_path)
    proxy = ProxyStandIn()
    await proxy.start()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    token = channels.secret(tmp_path, "token", TOKEN)
    with ZaloServer(CHAT, tls=authority.context(hosts=(host,))) as server:
        address = f"{host}:{server.port}"
        said = {"token_file": token, "api": f"https://{address}", "ca": str(authority.ca_file)}
        built = channels.build(channels.settings("zalo", **said))

        sent = await built["zalo"].send(TO_CHAT)
        proxy.refusal = "403 Forbidden"
        refused = await built["zalo"].send(TO_CHAT)
        await built.close()

    await proxy.close()
    assert sent.outcome is Outcome.SENT
    assert (refused.outcome, refused.said) == (Outcome.AGAIN, "the proxy refused")
    assert [asked.split()[:2] for asked in proxy.asked] == [["CONNECT", address]] * 2


async def test_our_request_is_the_one_that_apprise_makes(
    zalo: Channel, server: ZaloServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two readings of the same documentation: apprise's plugin and ours."""
    from apprise import Apprise  # noqa: PLC0415  # it is slow to load
    from apprise.plugins.zalo import NotifyZalo  # noqa: PLC0415

    monkeypatch.setattr(NotifyZalo, "notify_url", server.url + "/bot{token}/sendMessage")
    theirs = Apprise()
    theirs.add(f"zalo://{TOKEN}/{CHAT}?format=text")

    await zalo.send(TO_CHAT)
    assert theirs.notify(body=MESSAGE.body, body_format="text")

    assert server.sent[0] == server.sent[1]
    assert server.asked[0].path == server.asked[1].path


@given(st.text(max_size=5000) | st.text(alphabet="ab\n🚨", max_size=5000))
def test_a_text_is_never_longer_than_zalo_takes(text: str) -> None:
    short = cut(text)

    assert len(short.encode("utf-16-le", "surrogatepass")) // 2 <= MOST
    assert short == text or (short.endswith("\n…") and text.startswith(short[:-2].rstrip()))


def test_a_long_text_is_cut_between_lines() -> None:
    assert cut("a" * 1500 + "\n" + "b" * 1500) == "a" * 1500 + "\n…"


def test_a_long_line_is_cut_where_it_has_to_be() -> None:
    assert cut("a" * 3000) == "a" * 1998 + "\n…"
