"""The values of interfaces: nothing that was not told, and nothing twice, whatever an agent sends."""

from typing import Any

import msgspec
import pytest

from sansang_agent.contract.report import MAX_INTERFACES, Device, Interface, Result
from sansang_collector.interfaces import values
from sansang_collector.metrics import BY_NAME
from sansang_collector.records import open_envelope, sort_out
from tests.support.reports import body, report, result

LABELS = ("05983", "pc-1", "terminal", "gateway")


def test_what_was_not_told_is_not_exposed() -> None:
    told = list(values(Device(), (Interface(name="eth0", index=1),), LABELS))

    assert told == [("sansang_if_info", (*LABELS, "eth0", "1", ""), 1)]


def test_every_value_has_its_familys_labels() -> None:
    numbers = dict.fromkeys(("admin", "oper", "bps", "bits", "in_octets", "out_octets", "in_errors", "out_errors"), 1)
    full = Interface(name="eth0", index=1, alias="uplink", in_discards=0, out_discards=0, **numbers)
    told = list(values(Device(uptime_s=1), (full,), LABELS))

    assert [len(BY_NAME[name].labels) for name, _, _ in told] == [len(labels) for _, labels, _ in told]
    assert {name for name, _, _ in told} == {name for name in BY_NAME if "_if_" in name or "_device_" in name}


def test_a_name_that_comes_twice_is_told_once() -> None:
    twice = (Interface(name="eth0", index=1, oper=1), Interface(name="eth0", index=2, oper=2))
    told = list(values(None, twice, LABELS))

    assert len({(name, labels[:5]) for name, labels, _ in told}) == len(told) == 2


@pytest.mark.parametrize(
    "interfaces",
    [
        [{"name": "eth0", "index": 1}] * (MAX_INTERFACES + 1),
        [{"name": "", "index": 1}],
        [{"name": "x" * 65, "index": 1}],
        [{"name": "eth0", "index": 1, "in_octets": 2**53}],
        [{"name": "eth0", "index": 1, "in_octets": -1}],
    ],
)
def test_a_report_with_more_than_a_device_can_have_is_refused(interfaces: list[dict[str, object]]) -> None:
    taken, refused = sort_out(open_envelope(body(report(results=[result(interfaces=interfaces)]))))

    assert (taken, [each.kind for each in refused]) == ([], ["malformed"])


def test_a_reader_of_before_reads_such_results() -> None:
    """What a collector that knows nothing of devices does with them: the rest is there, and it does not complain."""
    fields = msgspec.structs.fields(Result)[:4]
    before: Any = msgspec.defstruct("Before", [(each.name, each.type, None) for each in fields])
    told = msgspec.json.encode(result(interfaces=[{"name": "eth0", "index": 1}], device={"name": "t"}, pings=True))

    assert msgspec.json.decode(told, type=before).check == "gw"
