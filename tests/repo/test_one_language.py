"""A clerk's computer and the centre say the same of the same thing: rung, owner, term, whom to call.

The agent's ladder and the collector's explanations share no code but the contract; here each is held against the other.
"""

from collections.abc import Callable

import pytest

from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.rung import PLACES, Component, Owner
from sansang_agent.contract.words import LANGUAGES, catalogue, word
from sansang_agent.messages import CLAUSES
from sansang_agent.phrases import Speech
from sansang_agent.verdict import Cause, Verdict
from sansang_collector.incidents.explain import explain
from sansang_collector.incidents.explanation import Explanation
from sansang_collector.incidents.naming import Naming
from sansang_collector.inventory.model import Contact
from sansang_collector.web.phrases import Phrases
from tests.agent.test_ladder import (
    CORE,
    DESK,
    FAR,
    GATEWAY,
    HOP,
    LETTERS,
    MACHINE,
    NAMES,
    NO_LEASE,
    PORTAL,
    STATE_NET,
    UNPLUGGED,
    USUAL,
    all_silent,
    looked,
    slow,
)
from tests.support.incidents import KHANH_KHE, NOW, incident, lang_son, verdict
from tests.support.incidents import PORTAL as SERVICE

KEYS = {
    Component.PC: f"{KHANH_KHE}/may-1",
    Component.PC_APP: f"{KHANH_KHE}/may-1",
    Component.LAN: KHANH_KHE,
    Component.SITE_POWER: KHANH_KHE,
    Component.TERMINAL: f"{KHANH_KHE}-tslcd2",
    Component.ACCESS_LINK: f"{KHANH_KHE}-tslcd2",
    Component.ACCESS_NODE: "khanh-khe",
    Component.RING: "vq-bg",
    Component.ARC: "vq-bg/van-quan..diem-he",
    Component.DNS: "tinh",
    Component.SVC_TCP: SERVICE,
    Component.SVC_APP: SERVICE,
    Component.SHARED_RISK: "cot-dien",
    Component.POWER_AREA: "huyen-loc-binh",
}
"""What the ids of a kind's parts end with."""
UNHEARD = {Component.SITE_POWER, Component.POWER_AREA, Component.SHARED_RISK, Component.COLLECTOR}
"""What no computer can find out by itself: without power it is off, and the rest is known to the centre alone."""
WITH_CORE = (MACHINE, GATEWAY, HOP, CORE, FAR, NAMES, PORTAL, DESK)
OF_STATE = (MACHINE, GATEWAY, HOP, STATE_NET, FAR, NAMES, PORTAL, LETTERS)
SILENT = Reason.TIMEOUT


def no_network() -> Verdict:
    return looked(network=UNPLUGGED, found=all_silent())


def no_way_out() -> Verdict:
    unmeasured = tuple(check for check in USUAL if check is not MACHINE)
    return looked(network=NO_LEASE, unmeasured=unmeasured)


def silent_gateway() -> Verdict:
    return looked(found=all_silent())


def silent_line() -> Verdict:
    return looked(found=all_silent("gateway"))


def silent_core() -> Verdict:
    return looked(*WITH_CORE, core=SILENT, far=SILENT, names=SILENT, portal=SILENT, desk=SILENT)


def silent_beyond_first_hop() -> Verdict:
    return looked(found=all_silent("gateway", "hop"))


def silent_internet() -> Verdict:
    return looked(*OF_STATE, far=SILENT, portal=SILENT)


def silent_state_network() -> Verdict:
    return looked(*OF_STATE, tslcd=SILENT, letters=SILENT)


def silent_names() -> Verdict:
    return looked(names=SILENT, portal=Reason.NO_INTERNET, desk=Reason.NO_INTERNET)


def silent_service() -> Verdict:
    return looked(portal=SILENT)


def refusing_service() -> Verdict:
    return looked(portal=Reason.REFUSED)


def failing_page() -> Verdict:
    return looked(portal=Reason.HTTP_STATUS)


def strange_certificates() -> Verdict:
    return looked(portal=Reason.TLS_UNTRUSTED, desk=Reason.TLS_UNTRUSTED)


def slow_services() -> Verdict:
    return looked(portal=slow(PORTAL), desk=slow(DESK))


def silent_services() -> Verdict:
    return looked(portal=SILENT, desk=SILENT)


SEEN: dict[Component, tuple[Callable[[], Verdict], ...]] = {
    Component.PC: (no_network,),
    Component.PC_APP: (strange_certificates,),
    Component.LAN: (no_network, no_way_out, silent_gateway),
    Component.TERMINAL: (no_way_out, silent_gateway),
    Component.ACCESS_LINK: (silent_line, slow_services),
    Component.ACCESS_NODE: (silent_line, silent_beyond_first_hop),
    Component.ARC: (silent_line, silent_beyond_first_hop, silent_core),
    Component.RING: (silent_line, silent_beyond_first_hop, silent_core),
    Component.CORE: (silent_core, silent_beyond_first_hop),
    Component.WAN: (silent_internet, silent_beyond_first_hop, silent_services),
    Component.NDC: (silent_state_network, silent_services),
    Component.DNS: (silent_names,),
    Component.PDC: (silent_service, silent_services),
    Component.SVC_TCP: (silent_service, refusing_service),
    Component.SVC_APP: (failing_page,),
}
"""What a computer sees where a part of each kind is broken."""
VIEWS = [pytest.param(kind, look, id=f"{kind}-{look.__name__}") for kind, looks in SEEN.items() for look in looks]
NAMED = {
    Cause.NO_GATEWAY: (Component.LAN, Component.TERMINAL),
    Cause.GATEWAY_SILENT: (Component.LAN, Component.TERMINAL),
    Cause.OUTSIDE_DOWN: (Component.LAN, Component.ACCESS_LINK),
    Cause.LINE_DOWN: (Component.ACCESS_LINK,),
}
"""Parts that a clause of the ladder calls by their terms."""


def explained(kind: Component, language: str, contacts: tuple[Contact, ...] = ()) -> Explanation:
    part = f"{kind}:{KEYS[kind]}" if kind in KEYS else str(kind)
    one = incident(verdict(part, communes=(KHANH_KHE,)), owner=PLACES[kind].owner)
    return explain(one, Naming(lang_son(contacts)), Phrases(language), NOW)


def test_every_kind_is_either_seen_by_a_computer_or_said_to_be_out_of_its_sight() -> None:
    assert SEEN.keys() | UNHEARD == set(Component)
    assert not SEEN.keys() & UNHEARD


@pytest.mark.parametrize(("kind", "look"), VIEWS)
def test_the_ladder_suspects_what_is_broken_and_knows_its_owner(kind: Component, look: Callable[[], Verdict]) -> None:
    seen = look()

    assert kind in seen.components
    assert PLACES[kind].owner in seen.owners


@pytest.mark.parametrize(("kind", "look"), VIEWS)
def test_the_rung_the_ladder_names_is_the_rung_of_one_of_its_suspects(
    kind: Component, look: Callable[[], Verdict]
) -> None:
    seen = look()

    assert seen.rung in {PLACES[suspect].rung for suspect in seen.components}, kind


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Component)
def test_an_explanation_names_a_part_its_rung_and_its_owner_by_the_table_and_the_glossary(
    kind: Component, language: str
) -> None:
    (cause,) = explained(kind, language).causes
    place = PLACES[kind]

    assert (cause.rung, cause.owner) == (place.rung, place.owner)
    assert cause.term == word("component", kind, language)
    assert cause.title.startswith(cause.term)
    assert cause.rung_term == (word("rung", place.rung, language) if place.rung else "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("owner", Owner)
def test_both_say_in_the_same_words_that_nobodys_number_is_known(owner: Owner, language: str) -> None:
    kind = next(kind for kind in Component if PLACES[kind].owner is owner)
    (call,) = explained(kind, language).calls

    speech = Speech(language)
    assert call.sentence == speech.say("Call {whom}.").format(whom=speech.whom(owner))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("owner", Owner)
def test_both_say_in_the_same_words_whom_to_call(owner: Owner, language: str) -> None:
    kind = next(kind for kind in Component if PLACES[kind].owner is owner)
    (call,) = explained(kind, language, (Contact(owner=owner, phone="<số>"),)).calls

    speech = Speech(language, {owner: "<số>"})
    assert call.sentence == speech.say("Call {whom}.").format(whom=speech.whom(owner))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", NAMED)
def test_the_ladders_sentences_call_parts_as_the_explanations_do(cause: Cause, language: str) -> None:
    clause = catalogue("sansang_agent", language).gettext(CLAUSES[cause]).lower()

    for kind in NAMED[cause]:
        assert word("component", kind, language) in clause
        assert word("component", kind, language) in explained(kind, language).headline.lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_call_the_name_server_by_one_name(language: str) -> None:
    name = {"vi": "máy chủ tên miền", "en": "name server"}[language]

    assert name in catalogue("sansang_agent", language).gettext(CLAUSES[Cause.RESOLVER_SILENT])
    assert name in explained(Component.DNS, language).headline
