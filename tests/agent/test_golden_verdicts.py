"""The verdict sentences, end to end: real stand-ins are broken, real probes ask them, the ladder judges.

The texts lie in tests/golden/verdicts; ``SANSANG_GOLDEN=update`` writes them anew, to be read aloud first.
"""

import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from sansang_agent.clock import SystemClock
from sansang_agent.commands.check import tools_for
from sansang_agent.contract.check import IcmpCheck, Profile
from sansang_agent.contract.report import Nic
from sansang_agent.contract.rung import Owner, Rung
from sansang_agent.contract.words import LANGUAGES
from sansang_agent.ladder import judge
from sansang_agent.measure import measure
from sansang_agent.phrases import Speech
from sansang_agent.platform import NetworkState
from sansang_agent.sentences import tell
from sansang_agent.verdict import Cause, State, Verdict
from tests.support.hurried_world import HURRIED_S, HurriedWorld
from tests.support.probing import OtherMachine
from world import DOCUMENTS, ONE_STOP, PORTAL, World

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "verdicts"
HERE = timezone(timedelta(hours=7))
NOW = datetime(2026, 6, 26, 9, 30, tzinfo=HERE).timestamp()
SINCE = datetime(2026, 6, 26, 8, 14, tzinfo=HERE).timestamp()
EXPIRY = datetime(2026, 6, 20, 7, 0, tzinfo=UTC).timestamp()
CODE = "K7F2QD"
CONTACTS = {
    Owner.COMMUNE_IT: "<số của cán bộ CNTT>",
    Owner.TELECOM: "<số trực đường truyền>",
    Owner.NETWORK_OPERATOR: "<số đơn vị vận hành mạng>",
    Owner.RESOLVER_OPERATOR: "<số đơn vị quản lý tên miền>",
    Owner.SERVICE_OWNER: "<số đơn vị quản lý dịch vụ>",
}
PLUGGED = NetworkState(nics=(Nic(name="Ethernet", up=True),), gateways=("192.0.2.1",))
UNPLUGGED = NetworkState(nics=(Nic(name="Ethernet", up=False),))


class Story(NamedTuple):
    """How a world breaks and what the ladder must say of it."""

    name: str
    happen: Callable[[World], None]
    state: State
    cause: Cause
    machine: OtherMachine = OtherMachine(network=PLUGGED)
    contacts: dict[Owner, str] = CONTACTS
    since: float | None = SINCE


def nothing(_world: World) -> None:
    """All is well in the world."""


STORIES = (
    Story("00-all-good", nothing, State.GOOD, Cause.ALL_GOOD, since=None),
    Story(
        "01-no-adapter", lambda world: world.cut_from(Rung.GATEWAY), State.DOWN, Cause.NO_ADAPTER,
        OtherMachine(network=UNPLUGGED),
    ),
    Story(
        "02-clock-wrong", nothing, State.DEGRADED, Cause.CLOCK_WRONG,
        OtherMachine(network=PLUGGED, clock_offset_s=-2 * 3600),
    ),
    Story("03-gateway-silent", lambda world: world.cut_from(Rung.GATEWAY), State.DOWN, Cause.GATEWAY_SILENT),
    Story("04-line-down", lambda world: world.cut_from(Rung.LINE), State.DOWN, Cause.LINE_DOWN),
    Story("05-beyond-first-hop", lambda world: world.cut_from(Rung.INTERNET), State.DOWN, Cause.BEYOND_LINE_DOWN),
    Story("06-internet-down-tslcd-good", World.cut_internet, State.DOWN, Cause.INTERNET_DOWN),
    Story("07-resolver-silent", lambda world: world.dns.behave("silent"), State.DOWN, Cause.RESOLVER_SILENT),
    Story("08-resolver-wrong", World.mislead, State.DOWN, Cause.RESOLVER_WRONG),
    Story(
        "09-service-refuses", lambda world: world.services[PORTAL.id].behave("refuse"), State.DOWN,
        Cause.SERVICE_REFUSES,
    ),
    Story(
        "10-certificate-expired", lambda world: world.certify(ONE_STOP, "expired"), State.DEGRADED,
        Cause.CERTIFICATE_EXPIRED,
    ),
    Story(
        "11-other-page", lambda world: world.services[DOCUMENTS.id].behave("other_page"), State.DEGRADED,
        Cause.OTHER_PAGE,
    ),
    Story("12-no-permission", lambda world: world.cut_from(Rung.GATEWAY), State.UNKNOWN, Cause.NO_PERMISSION),
    Story(
        "13-line-down-no-contact", lambda world: world.cut_from(Rung.LINE), State.DOWN, Cause.LINE_DOWN,
        contacts={}, since=None,
    ),
    Story("14-clock-a-month-slow", World.move_ahead, State.DOWN, Cause.CLOCK_WRONG),
    Story("15-name-server-fails", lambda world: world.dns.behave("servfail"), State.DOWN, Cause.RESOLVER_FAILS),
)  # fmt: skip


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = HurriedWorld(tmp_path / "world", HURRIED_S)
    await made.start()
    yield made
    await made.close()


def asked(story: Story, world: World) -> Profile:
    """The world's profile; where nothing may be measured, echoes to the same silent places."""
    if story.cause is not Cause.NO_PERMISSION:
        return world.profile
    places = ((Rung.GATEWAY, world.gateway), (Rung.LINE, world.line), (Rung.INTERNET, world.internet))
    return Profile(
        checks=tuple(
            IcmpCheck(id=rung, rung=rung, target=standin.host, fallback_ports=(standin.port,), timeout=world.timeout)
            for rung, standin in places
        )
    )


async def look(story: Story, world: World) -> Verdict:
    profile = asked(story, world)
    tools = tools_for(world.config(Path()), story.machine)
    found = await measure(profile.checks, tools, SystemClock(story.machine), lambda _done, _total: None)
    verdict = judge(profile, {name: result for name, (result, _) in found.items()}, story.machine.network())
    if verdict.facts.expiry is None:
        return verdict
    # the stand-in's certificate ended some days before today, whenever this runs
    facts = msgspec.structs.replace(verdict.facts, expiry=EXPIRY)
    return msgspec.structs.replace(verdict, facts=facts)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
async def test_the_verdict_is_told_in_both_languages(story: Story, world: World) -> None:
    story.happen(world)

    verdict = await look(story, world)

    assert (verdict.state, verdict.cause) == (story.state, story.cause)
    for language in LANGUAGES:
        speech = Speech(language, story.contacts, HERE)
        text = tell(verdict, speech, now=NOW, since=story.since, code=CODE)
        golden = GOLDEN / f"{story.name}.{language}.txt"
        if os.environ.get("SANSANG_GOLDEN") == "update":
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text(f"{text}\n", encoding="utf-8")
        assert text == golden.read_text(encoding="utf-8").rstrip("\n")


def test_no_golden_text_is_left_of_a_story_that_is_no_longer_told() -> None:
    told = {f"{story.name}.{language}.txt" for story in STORIES for language in LANGUAGES}

    assert {path.name for path in GOLDEN.iterdir()} == told


async def test_a_mended_world_is_good_again(world: World) -> None:
    world.move_ahead()
    world.mislead()
    world.cut_from(Rung.GATEWAY)
    world.mend()

    verdict = await look(STORIES[0], world)

    assert verdict.cause is Cause.ALL_GOOD
