from pathlib import Path

import pytest

from sansang_agent.contract.check import Check, DnsCheck, HostCheck, HttpCheck, IcmpCheck, PathCheck, Profile, SnmpCheck
from sansang_agent.contract.light import Light
from sansang_agent.contract.outcome import Outcome, Reason, outcome_of
from sansang_agent.contract.report import Nic, Result
from sansang_agent.contract.rung import Component, Network, Owner, Rung
from sansang_agent.ladder import judge
from sansang_agent.platform import NetworkState
from sansang_agent.verdict import EXIT_CODES, Cause, Note, Part, Row, State, Verdict

HERE = NetworkState(nics=(Nic(name="eth0", up=True),), gateways=("192.0.2.1",), dns=("192.0.2.53",))
UNPLUGGED = NetworkState(nics=(Nic(name="eth0", up=False),))
NO_LEASE = NetworkState(nics=(Nic(name="eth0", up=True),))

MACHINE = HostCheck(id="machine", rung=Rung.MACHINE, target="local")
GATEWAY = IcmpCheck(id="gateway", rung=Rung.GATEWAY, target="192.0.2.1")
HOP = PathCheck(id="hop", rung=Rung.LINE, target="198.51.100.1")
CORE = IcmpCheck(id="core", rung=Rung.CORE, target="198.51.100.9")
FAR = IcmpCheck(id="far", rung=Rung.INTERNET, target="198.51.100.1", network=Network.INTERNET)
FAR_2 = DnsCheck(id="far-2", rung=Rung.INTERNET, target="198.51.100.2", query="x.test", network=Network.INTERNET)
STATE_NET = IcmpCheck(id="tslcd", rung=Rung.INTERNET, target="10.0.0.1", network=Network.TSLCD)
NAMES = DnsCheck(id="names", rung=Rung.DNS, target="192.0.2.53", query="portal.test")
NAMES_2 = DnsCheck(id="names-2", rung=Rung.DNS, target="192.0.2.54", query="portal.test")
PORTAL = HttpCheck(id="portal", rung=Rung.SERVICE, target="https://portal.test/", name="Cổng", confirm=False)
DESK = HttpCheck(id="desk", rung=Rung.SERVICE, target="https://desk.test/", name="Một cửa", mandatory=False)
LETTERS = HttpCheck(
    id="letters",
    rung=Rung.SERVICE,
    target="https://letters.test/",
    name="Văn bản",
    mandatory=False,
    network=Network.TSLCD,
)
USUAL = (MACHINE, GATEWAY, HOP, FAR, FAR_2, NAMES, PORTAL, DESK)

Found = Reason | Result | None
"""None is ok."""


def result(check: Check, found: Found) -> Result:
    if isinstance(found, Result):
        return found
    return Result(check=check.id, outcome=outcome_of(found), reason=found, address="198.51.100.7")


def unresolved(check: Check, reason: Reason = Reason.TIMEOUT) -> Result:
    return Result(check=check.id, outcome=outcome_of(reason), reason=reason, phases_ms={"resolve": 4000.0})


def looked(
    *checks: Check,
    network: NetworkState = HERE,
    unmeasured: tuple[Check, ...] = (),
    found: dict[str, Found] | None = None,
    **more: Found,
) -> Verdict:
    """The verdict over ``checks`` (the usual ones unless named), all ok but those named by id (- as _)."""
    asked = checks or USUAL
    by_id = {name.replace("_", "-"): value for name, value in ((found or {}) | more).items()}
    results = {check.id: result(check, by_id.get(check.id)) for check in asked if check not in unmeasured}
    assert by_id.keys() <= results.keys()
    return judge(Profile(checks=asked), results, network)


def row(verdict: Verdict, rung: Rung, network: Network = Network.BOTH) -> Row:
    return next(each for each in verdict.rows if each.rung is rung and each.network is network)


def all_silent(*but: str) -> dict[str, Found]:
    near = {"machine", *but}
    return {check.id.replace("-", "_"): Reason.TIMEOUT for check in USUAL if check.id not in near}


def test_all_is_well() -> None:
    verdict = looked()

    assert (verdict.state, verdict.cause) == (State.GOOD, Cause.ALL_GOOD)
    assert verdict.works == ("Cổng", "Một cửa")
    assert {each.light for each in verdict.rows} == {Light.OK}
    assert [each.rung for each in verdict.rows] == [
        Rung.MACHINE, Rung.GATEWAY, Rung.LINE, Rung.INTERNET, Rung.DNS, Rung.SERVICE,
    ]  # fmt: skip


def test_each_state_has_its_exit_code() -> None:
    assert [EXIT_CODES[state] for state in State] == [0, 1, 2, 3]


def test_no_adapter_up() -> None:
    verdict = looked(MACHINE, FAR, PORTAL, network=UNPLUGGED, far=Reason.NO_ROUTE, portal=Reason.NO_ROUTE)

    assert (verdict.state, verdict.cause, verdict.owners) == (State.DOWN, Cause.NO_ADAPTER, (Owner.COMMUNE_IT,))
    assert row(verdict, Rung.MACHINE).light is Light.FAILED
    assert row(verdict, Rung.GATEWAY).light is Light.NOT_CONFIGURED
    assert row(verdict, Rung.SERVICE).light is Light.UNKNOWN


def test_what_answers_proves_more_than_a_list_of_adapters() -> None:
    verdict = looked(network=UNPLUGGED)

    assert verdict.cause is Cause.ALL_GOOD
    assert row(verdict, Rung.MACHINE).light is Light.OK


def test_without_a_default_route_services_are_one_unknown() -> None:
    verdict = looked(
        MACHINE, HOP, FAR, PORTAL, DESK, network=NO_LEASE, hop=Reason.NO_ROUTE, far=Reason.NO_ROUTE,
        portal=Reason.NO_ROUTE, desk=unresolved(DESK, Reason.SERVFAIL),
    )  # fmt: skip

    assert (verdict.state, verdict.cause, verdict.rung) == (State.DOWN, Cause.NO_GATEWAY, Rung.LAN)
    assert row(verdict, Rung.SERVICE).light is Light.UNKNOWN
    assert row(verdict, Rung.SERVICE).note is Note.NO_INTERNET
    assert {each.result.reason for each in row(verdict, Rung.SERVICE).seen if each.result} == {Reason.NO_INTERNET}
    assert verdict.broken == ()


def test_a_silent_gateway_with_silence_beyond_is_a_class_of_two() -> None:
    verdict = looked(found=all_silent())

    assert (verdict.state, verdict.cause) == (State.DOWN, Cause.GATEWAY_SILENT)
    assert verdict.components == (Component.LAN, Component.TERMINAL)
    assert verdict.owners == (Owner.COMMUNE_IT, Owner.TELECOM)
    assert verdict.facts.gateway == "192.0.2.1"
    assert verdict.holds == (Part.MACHINE,)


def test_a_gateway_silent_to_ping_is_not_down_while_something_beyond_answers() -> None:
    verdict = looked(gateway=Reason.TIMEOUT)

    assert (verdict.state, verdict.cause) == (State.GOOD, Cause.ALL_GOOD)
    assert row(verdict, Rung.GATEWAY).light is Light.DEGRADED
    assert row(verdict, Rung.GATEWAY).note is Note.SILENT_BUT_PASSES


def test_a_gateway_that_answers_only_as_resolver_is_there() -> None:
    resolver = DnsCheck(id="own", rung=Rung.DNS, target="192.0.2.1:53", query="x.test")
    silent: dict[str, Found] = {"gateway": Reason.TIMEOUT, "hop": Reason.TIMEOUT, "far": Reason.TIMEOUT}

    verdict = looked(MACHINE, GATEWAY, HOP, FAR, resolver, found=silent)

    assert verdict.cause is Cause.LINE_DOWN


@pytest.mark.parametrize(
    ("reason", "pings", "cause"),
    [
        (Reason.WRONG_CREDENTIALS, None, Cause.LINE_DOWN),
        (Reason.NO_SUCH_OBJECT, None, Cause.LINE_DOWN),
        (Reason.TIMEOUT, True, Cause.LINE_DOWN),
        (Reason.TIMEOUT, False, Cause.GATEWAY_SILENT),
    ],
)
def test_a_gateway_that_only_does_not_tell_itself_by_snmp_is_there(
    reason: Reason, pings: bool | None, cause: Cause
) -> None:
    terminal = SnmpCheck(id="terminal", rung=Rung.GATEWAY, target="192.0.2.1")
    told = Result(check="terminal", outcome=Outcome.FAILED, reason=reason, pings=pings)
    silent: dict[str, Found] = {"terminal": told, "hop": Reason.TIMEOUT, "far": Reason.TIMEOUT}

    assert looked(MACHINE, terminal, HOP, FAR, found=silent).cause is cause


def test_a_silent_gateway_with_nothing_else_measured_is_not_called_down() -> None:
    verdict = looked(MACHINE, GATEWAY, gateway=Reason.TIMEOUT)

    assert (verdict.state, verdict.cause) == (State.UNKNOWN, Cause.GATEWAY_SILENT)


def test_gateway_good_and_nothing_beyond_is_the_line() -> None:
    verdict = looked(found=all_silent("gateway"))

    assert (verdict.state, verdict.cause, verdict.rung) == (State.DOWN, Cause.LINE_DOWN, Rung.LINE)
    assert verdict.owners == (Owner.TELECOM,)
    assert verdict.holds == (Part.MACHINE, Part.LOCAL_NETWORK)
    assert verdict.proof == ("hop", "far", "far-2")
    assert row(verdict, Rung.INTERNET).note is Note.BEHIND


def test_a_silent_first_hop_is_no_cut_while_the_internet_answers() -> None:
    verdict = looked(hop=Reason.TIMEOUT)

    assert verdict.cause is Cause.ALL_GOOD
    assert row(verdict, Rung.LINE).note is Note.SILENT_BUT_PASSES


def test_a_silent_first_hop_alone_proves_nothing() -> None:
    verdict = looked(MACHINE, GATEWAY, HOP, hop=Reason.TIMEOUT)

    assert (verdict.state, verdict.cause) == (State.UNKNOWN, Cause.UNCLEAR)


def test_a_silent_first_hop_with_every_service_silent_is_the_line() -> None:
    verdict = looked(
        MACHINE, GATEWAY, HOP, PORTAL, DESK, hop=Reason.TIMEOUT, portal=Reason.TIMEOUT, desk=Reason.NO_ROUTE
    )

    assert verdict.cause is Cause.LINE_DOWN


def test_first_hop_good_and_nothing_beyond() -> None:
    verdict = looked(found=all_silent("gateway", "hop"))

    assert verdict.cause is Cause.BEYOND_LINE_DOWN
    assert Component.CORE in verdict.components
    assert Part.FIRST_STRETCH in verdict.holds
    assert Part.LINE not in verdict.holds


def test_a_silent_core_behind_a_good_first_hop_stands_on_the_cores_rung() -> None:
    verdict = looked(
        MACHINE, GATEWAY, HOP, CORE, FAR, NAMES, PORTAL,
        core=Reason.TIMEOUT, far=Reason.TIMEOUT, names=Reason.TIMEOUT, portal=Reason.TIMEOUT,
    )  # fmt: skip

    assert (verdict.cause, verdict.rung) == (Cause.BEYOND_LINE_DOWN, Rung.CORE)
    assert row(verdict, Rung.CORE).light is Light.FAILED
    assert row(verdict, Rung.INTERNET).note is Note.BEHIND


def test_one_of_two_provider_resolvers_silent_changes_nothing_for_the_clerk() -> None:
    verdict = looked(far=Reason.TIMEOUT)

    assert verdict.state is State.GOOD
    assert row(verdict, Rung.INTERNET).light is Light.DEGRADED


def test_a_box_that_refuses_in_a_services_name_does_not_prove_the_line() -> None:
    silent = all_silent("gateway") | {"portal": Reason.REFUSED, "desk": Reason.RESET}

    assert looked(found=silent).cause is Cause.LINE_DOWN


def test_a_page_behind_a_good_certificate_proves_the_line() -> None:
    silent = all_silent("gateway") | {"portal": Reason.HTTP_STATUS, "desk": None}

    assert looked(found=silent).cause is Cause.SERVICE_FAILS


def test_nothing_outside_answers_and_the_gateway_could_not_be_measured() -> None:
    silent = all_silent() | {"gateway": Reason.NO_PERMISSION}

    verdict = looked(found=silent)

    assert verdict.cause is Cause.OUTSIDE_DOWN
    assert verdict.components == (Component.LAN, Component.TERMINAL, Component.ACCESS_LINK)
    assert verdict.facts.reason == Reason.NO_PERMISSION


def test_no_permission_is_the_verdict_only_when_nothing_at_all_could_be_measured() -> None:
    grant = Result(
        check="gateway", outcome=outcome_of(Reason.NO_PERMISSION), reason=Reason.NO_PERMISSION, detail="do it"
    )
    refused: dict[str, Found] = {"gateway": grant, "far": Reason.NO_PERMISSION}

    alone = looked(MACHINE, GATEWAY, FAR, found=refused)
    beside = looked(MACHINE, GATEWAY, FAR, PORTAL, found=refused)

    assert (alone.state, alone.cause, alone.facts.grant) == (State.UNKNOWN, Cause.NO_PERMISSION, "do it")
    assert (beside.state, beside.cause) == (State.GOOD, Cause.ALL_GOOD)
    assert row(beside, Rung.GATEWAY).light is Light.UNKNOWN


def test_internet_gone_and_tslcd_good() -> None:
    asked = (MACHINE, GATEWAY, HOP, FAR, STATE_NET, NAMES, PORTAL, LETTERS)

    verdict = looked(*asked, far=Reason.TIMEOUT, portal=Reason.TIMEOUT)

    assert (verdict.state, verdict.cause, verdict.rung) == (State.DOWN, Cause.INTERNET_DOWN, Rung.INTERNET)
    assert verdict.owners == (Owner.NETWORK_OPERATOR,)
    assert (verdict.works, verdict.broken) == (("Văn bản",), ("Cổng",))
    assert row(verdict, Rung.INTERNET).light is Light.FAILED
    assert row(verdict, Rung.INTERNET, Network.TSLCD).light is Light.OK
    assert Part.TSLCD in verdict.holds
    assert Part.INTERNET not in verdict.holds


def test_tslcd_gone_and_internet_good() -> None:
    asked = (MACHINE, GATEWAY, HOP, FAR, STATE_NET, NAMES, PORTAL, LETTERS)

    verdict = looked(*asked, tslcd=Reason.TIMEOUT, letters=Reason.TIMEOUT)

    assert (verdict.state, verdict.cause) == (State.DEGRADED, Cause.TSLCD_DOWN)
    assert Part.TSLCD not in verdict.holds


def test_one_service_behind_tslcd_does_not_blame_the_network() -> None:
    verdict = looked(MACHINE, GATEWAY, FAR, PORTAL, LETTERS, letters=Reason.TIMEOUT)

    assert verdict.cause is Cause.SERVICE_SILENT
    assert row(verdict, Rung.INTERNET, Network.TSLCD).light is Light.FAILED


def test_core_good_and_internet_gone() -> None:
    asked = (MACHINE, GATEWAY, HOP, CORE, FAR, PORTAL)

    verdict = looked(*asked, far=Reason.TIMEOUT, portal=Reason.TIMEOUT)

    assert (verdict.cause, verdict.components) == (Cause.INTERNET_DOWN, (Component.WAN,))
    assert row(verdict, Rung.CORE).light is Light.OK


def test_a_silent_resolver_leaves_services_unknown_not_failed() -> None:
    verdict = looked(names=Reason.TIMEOUT, portal=unresolved(PORTAL), desk=unresolved(DESK, Reason.RESOLVER_BUSY))

    assert (verdict.state, verdict.cause, verdict.rung) == (State.DOWN, Cause.RESOLVER_SILENT, Rung.DNS)
    assert verdict.facts.resolver == "192.0.2.53"
    assert row(verdict, Rung.SERVICE).light is Light.UNKNOWN
    assert row(verdict, Rung.SERVICE).note is Note.NO_NAME


def test_a_slow_service_is_not_mistaken_for_one_without_an_address() -> None:
    verdict = looked(portal=unresolved(PORTAL), desk=Reason.TIMEOUT)

    assert row(verdict, Rung.SERVICE).light is Light.FAILED


def test_silence_before_an_address_is_not_blamed_on_a_resolver_that_answers() -> None:
    verdict = looked(portal=unresolved(PORTAL), desk=unresolved(DESK))

    assert verdict.cause is Cause.SERVICES_ALL
    assert row(verdict, Rung.SERVICE).light is Light.FAILED


def test_what_could_not_be_measured_behind_a_break_is_not_called_silent() -> None:
    verdict = looked(found=all_silent("gateway") | {"names": Reason.RESOLVER_BUSY})

    assert row(verdict, Rung.DNS).light is Light.UNKNOWN
    assert row(verdict, Rung.DNS).note is None


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (Reason.WRONG_ANSWER, Cause.RESOLVER_WRONG),
        (Reason.SERVFAIL, Cause.RESOLVER_FAILS),
        (Reason.NXDOMAIN, Cause.RESOLVER_FAILS),
        (Reason.UNREACHABLE, Cause.RESOLVER_SILENT),
    ],
)
def test_a_resolver_can_fail_in_other_ways(reason: Reason, cause: Cause) -> None:
    verdict = looked(names=reason, portal=Reason.REFUSED, desk=Reason.REFUSED)

    assert (verdict.state, verdict.cause, verdict.facts.query) == (State.DOWN, cause, "portal.test")


def test_a_resolver_that_fails_while_services_answer_is_a_weakness() -> None:
    verdict = looked(names=Reason.TIMEOUT)

    assert (verdict.state, verdict.cause) == (State.DEGRADED, Cause.RESOLVER_SILENT)


def test_one_of_two_resolvers_silent_is_a_weakness() -> None:
    verdict = looked(*USUAL, NAMES_2, names_2=Reason.TIMEOUT)

    assert (verdict.state, verdict.cause) == (State.DEGRADED, Cause.RESOLVER_SILENT)
    assert verdict.facts.resolver == "192.0.2.54"
    assert row(verdict, Rung.DNS).light is Light.DEGRADED


def test_no_name_resolves_though_the_resolver_seems_well() -> None:
    verdict = looked(portal=unresolved(PORTAL, Reason.NXDOMAIN), desk=unresolved(DESK, Reason.SERVFAIL))

    assert (verdict.state, verdict.cause) == (State.DOWN, Cause.NO_NAME)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (Reason.REFUSED, Cause.SERVICE_REFUSES),
        (Reason.TIMEOUT, Cause.SERVICE_SILENT),
        (Reason.TLS_EXPIRED, Cause.CERTIFICATE_EXPIRED),
        (Reason.WRONG_CONTENT, Cause.OTHER_PAGE),
        (Reason.TLS_NAME, Cause.SERVICE_FAILS),
        (Reason.HTTP_STATUS, Cause.SERVICE_FAILS),
    ],
)
def test_one_failing_service_is_not_all_of_them(reason: Reason, cause: Cause) -> None:
    mandatory, optional = looked(portal=reason), looked(desk=reason)

    assert (mandatory.state, mandatory.cause) == (State.DOWN, cause)
    assert (optional.state, optional.cause, optional.works) == (State.DEGRADED, cause, ("Cổng",))
    assert optional.facts.services == ("Một cửa",)
    assert row(optional, Rung.SERVICE).light is Light.DEGRADED


def test_services_that_fail_for_different_reasons() -> None:
    verdict = looked(portal=Reason.REFUSED, desk=Reason.TLS_EXPIRED)

    assert (verdict.state, verdict.cause) == (State.DOWN, Cause.SERVICES_SEVERAL)


def test_services_that_fail_alike_share_one_cause() -> None:
    verdict = looked(portal=Reason.REFUSED, desk=Reason.REFUSED)

    assert (verdict.cause, verdict.facts.services) == (Cause.SERVICE_REFUSES, ("Cổng", "Một cửa"))


def test_all_services_silent_with_the_internet_good() -> None:
    verdict = looked(portal=Reason.TIMEOUT, desk=Reason.TIMEOUT)

    assert (verdict.state, verdict.cause) == (State.DOWN, Cause.SERVICES_ALL)
    assert Part.INTERNET in verdict.holds


def test_the_title_of_the_other_page_is_a_fact() -> None:
    seen = Result(
        check="portal", outcome=outcome_of(Reason.WRONG_CONTENT), reason=Reason.WRONG_CONTENT,
        detail="HTTP 200, title: Đăng nhập, mạng",
    )  # fmt: skip

    assert looked(portal=seen).facts.title == "Đăng nhập, mạng"


def test_another_page_over_plain_http_may_come_from_the_terminal() -> None:
    plain = HttpCheck(id="plain", rung=Rung.SERVICE, target="http://plain.test/")

    verdict = looked(MACHINE, FAR, plain, plain=Reason.WRONG_CONTENT)

    assert verdict.components == (Component.SVC_APP, Component.TERMINAL)


def slow(check: Check) -> Result:
    return Result(check=check.id, outcome=outcome_of(None), phases_ms={"connect": 1000.0, "first_byte": 4500.0})


def test_a_slow_service_is_degraded() -> None:
    verdict = looked(portal=slow(PORTAL))

    assert (verdict.state, verdict.cause, verdict.components) == (
        State.DEGRADED, Cause.SERVICE_SLOW, (Component.SVC_APP,),
    )  # fmt: skip
    assert row(verdict, Rung.SERVICE).note is Note.SLOW


def test_when_every_service_is_slow_the_way_is_suspected() -> None:
    verdict = looked(portal=slow(PORTAL), desk=slow(DESK))

    assert (verdict.rung, verdict.components) == (Rung.LINE, (Component.ACCESS_LINK, Component.WAN))


def test_a_silent_first_hop_that_slow_answers_come_through_is_not_shown_as_broken() -> None:
    verdict = looked(hop=Reason.TIMEOUT, portal=slow(PORTAL), desk=slow(DESK))

    assert verdict.cause is Cause.SERVICE_SLOW
    assert row(verdict, Rung.LINE).light is Light.DEGRADED
    assert row(verdict, Rung.LINE).note is Note.SILENT_BUT_PASSES


def told(check: Check, offset: float, reason: Reason | None = None, expiry: float | None = None) -> Result:
    return Result(check=check.id, outcome=outcome_of(reason), reason=reason, clock_offset_s=offset, cert_expiry=expiry)


def test_two_services_that_agree_prove_a_wrong_clock() -> None:
    verdict = looked(portal=told(PORTAL, 7200.0), desk=told(DESK, 7260.0))

    assert (verdict.state, verdict.cause, verdict.rung) == (State.DEGRADED, Cause.CLOCK_WRONG, Rung.MACHINE)
    assert verdict.facts.offset_s == 7230.0
    assert row(verdict, Rung.MACHINE).light is Light.DEGRADED
    assert Part.MACHINE not in verdict.holds


def test_a_wrong_clock_explains_certificates_that_are_not_valid_yet() -> None:
    month = 30 * 86400.0

    verdict = looked(portal=told(PORTAL, month, Reason.TLS_NOT_YET), desk=told(DESK, month, Reason.TLS_NOT_YET))

    assert (verdict.state, verdict.cause) == (State.DOWN, Cause.CLOCK_WRONG)
    assert row(verdict, Rung.MACHINE).light is Light.FAILED


@pytest.mark.parametrize(
    ("first", "second"), [(7200.0, 7400.0), (7200.0, -7200.0), (7200.0, 0.0), (200.0, 210.0)],
    ids=["too far apart", "opposite", "one says it is right", "too little"],
)  # fmt: skip
def test_a_clock_is_not_called_wrong_on_weaker_evidence(first: float, second: float) -> None:
    assert looked(portal=told(PORTAL, first), desk=told(DESK, second)).cause is Cause.ALL_GOOD


def test_two_checks_of_one_host_are_one_witness() -> None:
    twin = HttpCheck(id="twin", rung=Rung.SERVICE, target="https://portal.test/twin")

    verdict = looked(MACHINE, FAR, PORTAL, twin, portal=told(PORTAL, 7200.0), twin=told(twin, 7200.0))

    assert verdict.cause is Cause.ALL_GOOD


def test_a_captive_portals_clock_is_no_witness() -> None:
    verdict = looked(
        portal=told(PORTAL, -9e8, Reason.TLS_UNTRUSTED), desk=told(DESK, -9e8, Reason.WRONG_CONTENT)
    )  # fmt: skip

    assert verdict.cause is not Cause.CLOCK_WRONG


def test_one_expired_certificate_beside_one_odd_clock_leaves_both_suspected() -> None:
    verdict = looked(MACHINE, FAR, PORTAL, portal=told(PORTAL, 86400.0, Reason.TLS_EXPIRED, expiry=1.0))

    assert verdict.cause is Cause.CERTIFICATE_EXPIRED
    assert verdict.components == (Component.SVC_APP, Component.PC)
    assert verdict.facts.offset_s == 86400.0


def test_nothing_configured() -> None:
    verdict = judge(Profile(), {}, HERE)

    assert (verdict.state, verdict.cause) == (State.UNKNOWN, Cause.NOTHING_CONFIGURED)
    assert {each.light for each in verdict.rows if each.rung is not Rung.MACHINE} == {Light.NOT_CONFIGURED}


def test_a_profile_of_this_machine_alone_says_nothing_of_the_network() -> None:
    assert looked(MACHINE).cause is Cause.UNCLEAR


def test_checks_without_a_result_have_not_been_found_out() -> None:
    verdict = looked(unmeasured=USUAL)

    assert (verdict.state, verdict.cause) == (State.UNKNOWN, Cause.UNCLEAR)
    assert row(verdict, Rung.SERVICE).light is Light.UNKNOWN


def test_services_that_could_not_be_asked_leave_the_verdict_open() -> None:
    verdict = looked(portal=Reason.INTERNAL, desk=Reason.REFUSED_BY_POLICY)

    assert (verdict.state, verdict.cause) == (State.UNKNOWN, Cause.UNCLEAR)


def test_every_cause_is_reached_by_a_rule() -> None:
    """Each cause above is asserted by name; this holds that none is forgotten here."""
    text = Path(__file__).read_text(encoding="utf-8")

    assert [cause for cause in Cause if f"Cause.{cause.name}" not in text] == []


def test_what_lies_behind_the_break_is_unknown_not_down() -> None:
    silent = dict.fromkeys(("gateway", "hop", "far", "far-2", "names", "portal", "desk"), Reason.TIMEOUT)
    verdict = looked(found=dict(silent))

    assert verdict.cause is Cause.GATEWAY_SILENT
    assert row(verdict, Rung.GATEWAY).light is Light.FAILED
    behind = [row(verdict, rung) for rung in (Rung.LINE, Rung.INTERNET, Rung.DNS)]
    assert [(each.light, each.note) for each in behind] == [(Light.UNKNOWN, Note.BEHIND)] * 3


def test_a_mandatory_service_that_could_not_be_asked_is_never_called_good() -> None:
    verdict = looked(portal=Reason.RESOLVER_BUSY)

    assert (verdict.state, verdict.cause) == (State.UNKNOWN, Cause.UNCLEAR)
    assert verdict.facts.reason == Reason.RESOLVER_BUSY


def test_an_optional_service_that_could_not_be_asked_does_not_spoil_the_rest() -> None:
    assert looked(desk=Reason.RESOLVER_BUSY).cause is Cause.ALL_GOOD


@pytest.mark.parametrize("why", [Reason.TLS_UNTRUSTED, Reason.TLS_NAME])
def test_strange_certificates_on_two_hosts_are_a_box_between_not_the_services(why: Reason) -> None:
    verdict = looked(portal=why, desk=why)

    assert (verdict.cause, verdict.owners[0]) == (Cause.SERVICE_FAILS, Owner.COMMUNE_IT)
    assert looked(portal=why).owners == (Owner.SERVICE_OWNER,)


@pytest.mark.parametrize("why", [Reason.REFUSED, Reason.TIMEOUT])
def test_services_behind_a_proxy_that_fails_are_a_matter_for_the_commune_first(why: Reason) -> None:
    def ended_in(check_id: str, **phases_ms: float) -> Result:
        return Result(check=check_id, outcome=Outcome.FAILED, reason=why, phases_ms=phases_ms)

    at_the_proxy = looked(portal=ended_in("portal", proxy=2.0), desk=ended_in("desk", proxy=3.0))
    beyond_it = looked(portal=ended_in("portal", proxy=2.0, tls=9.0))

    assert at_the_proxy.components[0] is Component.LAN
    assert at_the_proxy.owners == (Owner.COMMUNE_IT, Owner.SERVICE_OWNER)
    assert at_the_proxy.broken == ("Cổng", "Một cửa")
    assert beyond_it.owners == (Owner.SERVICE_OWNER,)


def test_a_proxy_that_wants_credentials_for_plain_pages_is_a_matter_for_the_commune_too() -> None:
    asked = Result(
        check="portal",
        outcome=Outcome.FAILED,
        reason=Reason.WRONG_CREDENTIALS,
        phases_ms={"proxy": 2.0, "first_byte": 1.0, "transfer": 0.1},
    )

    assert looked(portal=asked).owners[0] is Owner.COMMUNE_IT
