"""A service that is silent because this PC's own line is down is not red; one that is silent by itself is."""

from sansang_agent.contract.check import Check, DnsCheck, HttpCheck, IcmpCheck, PathCheck, SnmpCheck
from sansang_agent.contract.outcome import Outcome, Reason, outcome_of
from sansang_agent.contract.report import Result
from sansang_agent.contract.rung import Network, Rung
from sansang_agent.own_way import OwnWay

GATEWAY = IcmpCheck(id="gateway", rung=Rung.GATEWAY, target="192.0.2.1")
HOP = PathCheck(id="hop", rung=Rung.LINE, target="198.51.100.1")
FAR = IcmpCheck(id="far", rung=Rung.INTERNET, target="198.51.100.1", network=Network.INTERNET)
FAR_2 = DnsCheck(id="far-2", rung=Rung.INTERNET, target="198.51.100.2", query="x.test")
STATE_NET = IcmpCheck(id="tslcd", rung=Rung.INTERNET, target="10.0.0.1", network=Network.TSLCD)
NAMES = DnsCheck(id="names", rung=Rung.DNS, target="192.0.2.53", query="portal.test")
PORTAL = HttpCheck(id="portal", rung=Rung.SERVICE, target="https://portal.test/", network=Network.INTERNET)
DESK = HttpCheck(id="desk", rung=Rung.SERVICE, target="https://198.51.100.9/")
USUAL = (GATEWAY, HOP, FAR, FAR_2, NAMES, PORTAL, DESK)


class Way:
    """One :class:`OwnWay`, told one result a second; answers what came through as ``check reason``."""

    def __init__(self, *checks: Check) -> None:
        self._way = OwnWay(checks or USUAL)
        self._now = 1000.0

    def hears(self, check: Check, reason: Reason | None = None, *, address: str | None = "198.51.100.7") -> list[str]:
        self._now += 1
        result = Result(check=check.id, outcome=outcome_of(reason), reason=reason, address=address)
        told = self._way.add(result, self._now - 0.5, self._now)
        return [f"{each.check} {each.reason or 'ok'}" for each, _began in told]


def test_good_answers_and_refusals_are_told_at_once() -> None:
    way = Way()

    assert way.hears(PORTAL) == ["portal ok"]
    assert way.hears(PORTAL, Reason.REFUSED) == ["portal refused"]
    assert way.hears(PORTAL, Reason.NXDOMAIN, address=None) == ["portal nxdomain"]


def test_silence_while_the_own_line_is_down_was_never_asked() -> None:
    way = Way()

    assert way.hears(PORTAL, Reason.TIMEOUT) == []
    assert way.hears(FAR, Reason.TIMEOUT) == ["far timeout"]
    assert way.hears(FAR_2, Reason.TIMEOUT) == ["far-2 timeout", "portal no_internet"]


def test_silence_while_the_own_line_holds_is_the_services() -> None:
    way = Way()
    way.hears(FAR)

    assert way.hears(PORTAL, Reason.TIMEOUT) == []
    assert way.hears(FAR) == ["far ok", "portal timeout"]


def test_what_witnesses_said_before_the_service_was_asked_does_not_count() -> None:
    way = Way()
    way.hears(FAR)
    way.hears(FAR_2)

    assert way.hears(PORTAL, Reason.TIMEOUT) == []
    assert way.hears(FAR, Reason.TIMEOUT) == ["far timeout"]
    assert way.hears(FAR_2, Reason.TIMEOUT) == ["far-2 timeout", "portal no_internet"]


def test_a_name_nobody_could_look_up_waits_for_the_resolver_too() -> None:
    way = Way()

    assert way.hears(PORTAL, Reason.TIMEOUT, address=None) == []
    assert way.hears(FAR) == ["far ok"]
    assert way.hears(NAMES, Reason.TIMEOUT) == ["names timeout", "portal no_internet"]


def test_a_name_that_alone_fails_while_the_resolver_answers_is_the_services() -> None:
    way = Way()

    assert way.hears(PORTAL, Reason.SERVFAIL, address=None) == []
    assert way.hears(NAMES) == ["names ok"]
    assert way.hears(FAR) == ["far ok", "portal servfail"]


def test_an_address_needs_no_resolver() -> None:
    way = Way()
    way.hears(NAMES, Reason.TIMEOUT)

    assert way.hears(DESK, Reason.TIMEOUT, address=None) == []
    assert way.hears(FAR) == ["far ok", "desk timeout"]


def test_witnesses_that_fail_while_services_answer_hide_no_fault() -> None:
    way = Way()
    way.hears(FAR, Reason.TIMEOUT)
    way.hears(FAR_2, Reason.TIMEOUT)
    way.hears(DESK)

    assert way.hears(PORTAL, Reason.TIMEOUT) == ["portal timeout"]

    way.hears(FAR)
    assert way.hears(PORTAL, Reason.TIMEOUT) == []  # it is a witness again


def test_a_witness_that_may_not_measure_is_not_waited_for() -> None:
    way = Way(FAR, FAR_2, DESK)
    way.hears(FAR, Reason.NO_PERMISSION)

    assert way.hears(DESK, Reason.TIMEOUT) == []
    assert way.hears(FAR_2, Reason.TIMEOUT) == ["far-2 timeout", "desk no_internet"]


def test_the_other_exit_is_no_witness() -> None:
    way = Way(FAR, STATE_NET, PORTAL)

    assert way.hears(PORTAL, Reason.TIMEOUT) == []
    assert way.hears(STATE_NET) == ["tslcd ok"]
    assert way.hears(FAR, Reason.TIMEOUT) == ["far timeout", "portal no_internet"]


def test_without_far_witnesses_the_first_hop_speaks_for_the_line() -> None:
    way = Way(GATEWAY, HOP, DESK)

    assert way.hears(DESK, Reason.TIMEOUT) == []
    assert way.hears(HOP, Reason.NO_ROUTE) == ["hop no_route", "desk no_internet"]


def test_without_any_witness_everything_is_told_as_it_is() -> None:
    assert Way(GATEWAY, DESK).hears(DESK, Reason.TIMEOUT) == ["desk timeout"]


def test_a_service_asked_more_often_than_its_witnesses_loses_no_result() -> None:
    way = Way(FAR, FAR_2, DESK)

    assert way.hears(DESK, Reason.TIMEOUT) == []
    assert way.hears(FAR, Reason.TIMEOUT) == ["far timeout"]
    assert way.hears(DESK, Reason.TIMEOUT) == []
    assert way.hears(FAR_2, Reason.TIMEOUT) == ["far-2 timeout", "desk no_internet", "desk no_internet"]


def test_a_service_that_answers_again_tells_its_silence_first() -> None:
    way = Way()
    way.hears(DESK, Reason.TIMEOUT)

    assert way.hears(DESK) == ["desk timeout", "desk ok"]


def test_what_was_seen_stays_in_the_evidence() -> None:
    way = OwnWay((HOP, DESK))
    silent = Result(check="desk", outcome=Outcome.FAILED, reason=Reason.TIMEOUT, detail="no answer in phase connect")
    way.add(silent, 1.0, 2.0)

    (_hop, (told, began)) = way.add(Result(check="hop", outcome=Outcome.FAILED, reason=Reason.TIMEOUT), 1.5, 3.0)

    assert (told.outcome, told.reason, began) == (Outcome.UNKNOWN, Reason.NO_INTERNET, 1.0)
    assert told.detail == "this PC's own way out was down (timeout; no answer in phase connect)"


def test_a_device_that_is_silent_to_snmp_is_no_witness() -> None:
    node = SnmpCheck(id="node", rung=Rung.CORE, target="10.0.0.9")
    way = Way(node, FAR, DESK)

    assert way.hears(node, Reason.TIMEOUT) == ["node timeout"]
    assert way.hears(DESK, Reason.TIMEOUT) == []
    assert way.hears(FAR) == ["far ok", "desk timeout"]
