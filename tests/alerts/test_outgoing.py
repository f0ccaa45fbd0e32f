"""HTTP that leaves: one deadline, bounded answers, no redirects, and no secret in what is said of a failure."""

import logging
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from certificates import Authority
from sansang_alerts.channels.outgoing import MOST_BYTES, NoAnswerError, NotSentError, Outgoing, Request
from tests.support.http_stand_in import Garbage, Hangs, HttpStandIn, Resets, Says

SECRET = "T0k3n-of-a-bot"


@pytest.fixture
def server() -> Iterator[HttpStandIn]:
    with HttpStandIn() as server:
        yield server


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    async with Outgoing() as outgoing:
        yield outgoing


def post(url: str) -> Request:
    return Request("POST", f"{url}/bot{SECRET}/send", {"Content-Type": "text/plain"}, b"hello")


async def test_what_is_asked_arrives_and_the_answer_comes_back(outgoing: Outgoing, server: HttpStandIn) -> None:
    server.next.append(Says(418, b"short", {"X-Kettle": "yes"}))

    reply = await outgoing.ask(post(server.url))

    assert (reply.status, reply.body, reply.headers["x-kettle"]) == (418, b"short", "yes")
    [asked] = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", f"/bot{SECRET}/send", b"hello")
    assert asked.headers["user-agent"].startswith("sansang-alerts/")


async def test_a_closed_port_means_that_nothing_was_sent(outgoing: Outgoing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(NotSentError, match="refused") as error:
        await outgoing.ask(post(f"http://127.0.0.1:{port}"))

    assert SECRET not in str(error.value)


@pytest.mark.parametrize("trouble", [Resets(), Garbage(), Hangs()])
async def test_what_left_and_was_not_answered_may_have_arrived(
    outgoing: Outgoing, server: HttpStandIn, trouble: Resets | Garbage | Hangs
) -> None:
    server.next.append(trouble)

    with pytest.raises(NoAnswerError, match="after it was sent") as error:
        await outgoing.ask(post(server.url), deadline_s=1.5)

    assert SECRET not in str(error.value)


async def test_a_server_that_never_greets_was_sent_nothing(tmp_path: Path) -> None:
    """TLS is not answered: the request itself has not left."""
    authority = Authority(tmp_path)
    async with Outgoing(str(authority.ca_file)) as outgoing:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"https://127.0.0.1:{silent.getsockname()[1]}"

            with pytest.raises(NotSentError, match=r"^no connection in time$"):
                await outgoing.ask(post(url), deadline_s=0.3)


async def test_redirects_are_not_followed(outgoing: Outgoing, server: HttpStandIn) -> None:
    server.next.append(Says(302, b"", {"Location": f"{server.url}/elsewhere"}))

    assert (await outgoing.ask(post(server.url))).status == 302
    assert len(server.asked) == 1


async def test_of_a_long_answer_no_more_is_read_than_anybody_needs(outgoing: Outgoing, server: HttpStandIn) -> None:
    server.next.append(Says(200, b"x" * 10 * MOST_BYTES))

    assert (await outgoing.ask(post(server.url))).body == b"x" * MOST_BYTES


async def test_an_answer_that_drips_is_given_up_at_the_deadline(outgoing: Outgoing, server: HttpStandIn) -> None:
    server.next.append(Says(200, b"", {"Content-Length": "10"}))

    with pytest.raises(NoAnswerError):
        await outgoing.ask(post(server.url), deadline_s=1.5)


async def test_an_address_that_is_none_says_so_without_repeating_it(outgoing: Outgoing) -> None:
    with pytest.raises(NotSentError, match=r"^the address or a header cannot be used$"):
        await outgoing.ask(post("gopher://somewhere"))


async def test_nothing_below_logs_addresses(
    outgoing: Outgoing, server: HttpStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await outgoing.ask(post(server.url))

    assert SECRET not in caplog.text


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(tmp_path: Path, outgoing: Outgoing) -> None:
    authority = Authority(tmp_path)
    with HttpStandIn(authority.context()) as server:
        with pytest.raises(NotSentError, match="the certificate is not trusted"):
            await outgoing.ask(post(server.url))
        async with Outgoing(str(authority.ca_file)) as trusting:
            assert (await trusting.ask(post(server.url))).status == 200
