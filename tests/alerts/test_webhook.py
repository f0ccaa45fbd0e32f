"""The webhook as a channel: our JSON by POST, and other services through apprise."""

import io
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from sansang_alerts.channels import Channel
from sansang_alerts.channels.building import BuildError, Channels
from sansang_alerts.notice import Message, Outcome
from tests.support import channels
from tests.support.http_stand_in import Garbage, Hangs, HttpStandIn, Resets, Says

BODY = msgspec.json.encode({"version": 1, "headline": "Mất kết nối", "text": "Xã Khánh Khê: mất kết nối"}).decode()
MESSAGE = Message("", "[sansang] Mất kết nối", BODY, "n1")
Make = Callable[..., Channel]


@pytest.fixture
def server() -> Iterator[HttpStandIn]:
    with HttpStandIn() as server:
        yield server


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    built: list[Channels] = []

    def channel(address: str, deadline_s: float = 2.0) -> Channel:
        file = channels.secret(tmp_path, "address", address)
        built.append(channels.build(channels.settings("webhook", url_file=file), deadline_s=deadline_s))
        return built[-1]["webhook"]

    yield channel
    for one in built:
        await one.close()


async def test_our_json_is_posted_as_it_is(make: Make, server: HttpStandIn) -> None:
    answer = await make(f"{server.url}/hook?key=abcdef").send(MESSAGE)

    assert answer.outcome is Outcome.SENT
    [asked] = server.asked
    assert (asked.path, asked.body) == ("/hook?key=abcdef", BODY.encode())
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["x-sansang-message-id"] == "n1"


async def test_lines_below_the_address_are_headers(make: Make, server: HttpStandIn) -> None:
    await make(f"{server.url}/hook\nAuthorization: Bearer abc\n\nX-Team: line").send(MESSAGE)

    assert server.asked[0].headers["authorization"] == "Bearer abc"
    assert server.asked[0].headers["x-team"] == "line"


@pytest.mark.parametrize(
    ("met", "outcome"),
    [
        (Says(503, b"", {"Retry-After": "9"}), Outcome.AGAIN),
        (Says(400, b"/hook?key=abcdef is wrong"), Outcome.REFUSED),
        (Says(307, b"", {"Location": "/else"}), Outcome.REFUSED),
        (Resets(), Outcome.UNKNOWN),
        (Garbage(), Outcome.UNKNOWN),
        (Hangs(), Outcome.UNKNOWN),
    ],
    ids=str,
)
async def test_what_is_not_taken_is_told_apart(
    make: Make, server: HttpStandIn, met: Says | Resets | Garbage | Hangs, outcome: Outcome
) -> None:
    server.next.append(met)

    answer = await make(f"{server.url}/hook?key=abcdef").send(MESSAGE)

    assert answer.outcome is outcome
    assert f"{server.url}/hook?key=abcdef" not in answer.said


async def test_other_services_are_sent_what_people_read(make: Make, server: HttpStandIn) -> None:
    address = server.url.replace("http:", "json:") + "/notify"

    answer = await make(address, 5).send(MESSAGE)

    assert answer.outcome is Outcome.SENT
    body = msgspec.json.decode(server.asked[0].body)
    assert (body["title"], body["message"]) == ("Mất kết nối", "Xã Khánh Khê: mất kết nối")


@pytest.mark.parametrize(
    ("met", "outcome"),
    [
        (Says(429), Outcome.AGAIN),
        (Says(400), Outcome.REFUSED),
        (Says(302, b"", {"Location": "/else"}), Outcome.REFUSED),
        (Resets(), Outcome.UNKNOWN),
        (Hangs(), Outcome.UNKNOWN),
    ],
    ids=str,
)
async def test_why_is_read_from_what_apprise_logs(
    make: Make, server: HttpStandIn, met: Says | Resets | Hangs, outcome: Outcome
) -> None:
    server.always = met
    address = server.url.replace("http:", "json:") + "/notify"

    answer = await make(address, 2).send(MESSAGE)

    assert answer.outcome is outcome
    assert answer.said


async def test_a_service_that_nobody_listens_at_was_surely_not_told(make: Make) -> None:
    with HttpStandIn() as gone:
        address = gone.url.replace("http:", "json:") + "/a-secret-path"

    answer = await make(address, 5).send(MESSAGE)

    assert answer.outcome is Outcome.AGAIN
    assert "a-secret-path" not in answer.said


async def test_no_log_of_ours_has_apprises_addresses(make: Make, server: HttpStandIn) -> None:
    """Its own lines have them; they end with us. pytest's own capture would look past that."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)

    await make(server.url.replace("http:", "json:") + "/a-secret-path", 5).send(MESSAGE)

    root.removeHandler(handler)
    root.setLevel(before)
    assert "a-secret-path" not in log.getvalue()


@pytest.mark.parametrize("address", ["what is this", "nobody-knows://x/y", "https", "mailto"])
async def test_an_address_that_nobody_knows_is_said_without_repeating_it(make: Make, address: str) -> None:
    with pytest.raises(BuildError) as error:
        make(address)

    assert str(error.value) == "channel webhook: this is no address that apprise knows"


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    open_to_all = Path(channels.secret(tmp_path, "open", "https://somewhere.invalid"))
    open_to_all.chmod(0o644)

    with pytest.raises(BuildError) as error:
        channels.build(
            channels.settings("webhook", url_file=str(open_to_all)),
            channels.settings("zalo", token_file=str(tmp_path / "none")),
        )

    assert [line.partition(":")[0] for line in error.value.mistakes] == ["channel webhook", "channel zalo"]
