"""The contract's own rules: closed lists, hashes, codes, and the example every implementer starts from."""

import hashlib

import msgspec
import pytest

from sansang_agent.contract.check import KINDS, Check, IcmpCheck, Profile, TcpCheck, kind_of
from sansang_agent.contract.codec import encode, profile_hash, report_code
from sansang_agent.contract.light import Light, light_of
from sansang_agent.contract.outcome import UNKNOWN_REASONS, Outcome, Reason, outcome_of
from sansang_agent.contract.report import Envelope, Report
from sansang_agent.contract.rung import PLACES, Component, Rung
from sansang_agent.probes import probe_for

EXAMPLE = """
{"v":1,"sent":{"boot":"7c0e","mono":86405.213,"wall":1782440405.2},
 "spool":{"rows":3,"oldest":1782440300.0,"dropped":[[11,14]]},
 "reports":[{"stream":"b1946ac92492d2347c6235b4d2611184","seq":1042,"boot":"7c0e","mono":86400.1,
   "wall":1782440400.1,"why":"periodic","start":"boot","version":"0.3.0","config":"9f2e",
   "host":{"uptime_s":86400,"cpu":0.07,"memory":0.61,"disk_free_bytes":51200000000,
     "nics":[{"name":"Ethernet","up":true,"bps":1000000000,"rx_errors":0,"tx_errors":0}],
     "gateways":["192.168.1.1"],"dns":["192.168.1.1"],"power":{"source":"mains","percent":97}},
   "results":[{"check":"gw","at":-120,"outcome":"ok","sent":5,"lost":0,"rtt_ms":[0.41,0.52,0.60,0.71],
       "jitter_ms":0.05,"resolution_ms":0.001},
     {"check":"dvc","at":-80,"outcome":"failed","reason":"tls_expired",
       "phases_ms":{"resolve":3.1,"connect":12.0,"tls":30.2},"detail":"notAfter 2026-11-01"}],
   "goodbye":null, "a field of tomorrow": 1}]}
"""


def test_the_example_of_the_protocol_is_understood() -> None:
    envelope = msgspec.json.decode(EXAMPLE, type=Envelope)
    report = msgspec.json.decode(envelope.reports[0], type=Report)

    assert envelope.spool.dropped == ((11, 14),)
    assert [result.outcome for result in report.results] == [Outcome.OK, Outcome.FAILED]
    assert report.results[1].reason is Reason.TLS_EXPIRED


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_belongs_to_exactly_one_outcome(reason: Reason) -> None:
    assert outcome_of(reason) is (Outcome.UNKNOWN if reason in UNKNOWN_REASONS else Outcome.FAILED)


def test_no_reason_is_ok() -> None:
    assert outcome_of(None) is Outcome.OK


@pytest.mark.parametrize("component", Component)
def test_every_component_has_a_place_and_an_owner(component: Component) -> None:
    assert PLACES[component].owner


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_check_has_a_probe_and_says_its_kind(kind: str) -> None:
    assert KINDS[kind].__struct_config__.tag == kind
    assert callable(probe_for(kind))


def test_a_check_says_which_kind_it_is() -> None:
    assert kind_of(TcpCheck(id="web", rung=Rung.SERVICE, target="127.0.0.1:80")) == "tcp"


@pytest.mark.parametrize("identifier", ["", "Gateway", "a b", "á", "x" * 97])
def test_an_identifier_that_could_not_be_a_label_is_refused(identifier: str) -> None:
    body = msgspec.json.encode({"kind": "tcp", "id": identifier, "rung": "gateway", "target": "127.0.0.1:80"})

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Check)


def test_the_same_profile_has_the_same_hash_after_a_journey() -> None:
    profile = Profile(label="thử", checks=(IcmpCheck(id="gw", rung=Rung.GATEWAY, target="{gateway}"),))
    arrived = msgspec.json.decode(encode(profile), type=Profile)

    assert arrived == profile
    assert profile_hash(arrived) == profile_hash(profile)
    assert profile_hash(Profile(label="khác", checks=profile.checks)) != profile_hash(profile)


def test_a_report_code_is_the_first_thirty_bits_of_its_identity() -> None:
    stream, seq = "b1946ac92492d2347c6235b4d2611184", 1042
    digest = hashlib.sha256(bytes.fromhex(stream) + seq.to_bytes(8, "big")).hexdigest()
    bits = f"{int(digest, 16):0256b}"[:30]
    expected = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[int(bits[i : i + 5], 2)] for i in range(0, 30, 5))

    assert report_code(stream, seq) == expected


@pytest.mark.parametrize(
    ("outcomes", "light"),
    [
        ([], Light.NOT_CONFIGURED),
        ([Outcome.OK, Outcome.OK], Light.OK),
        ([Outcome.OK, Outcome.UNKNOWN], Light.OK),
        ([Outcome.OK, Outcome.FAILED], Light.DEGRADED),
        ([Outcome.FAILED, Outcome.FAILED], Light.FAILED),
        ([Outcome.FAILED, Outcome.UNKNOWN], Light.FAILED),
        ([Outcome.UNKNOWN], Light.UNKNOWN),
    ],
)
def test_a_light_sums_up_outcomes(outcomes: list[Outcome], light: Light) -> None:
    assert light_of(outcomes) is light
