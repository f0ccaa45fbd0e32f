"""What a device's variables mean, without a device."""

from typing import Any

import pytest

from sansang_agent.contract.report import MAX_INTERFACES
from sansang_agent.probes import if_mib
from sansang_agent.probes.if_mib import ALIAS, DESCR, NAME, Answer, CircleError, Row, Value, Walk

TABLE, MORE = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"


def variable(column: str, number: int, value: Value) -> tuple[tuple[int, ...], Value]:
    return (*(int(part) for part in column.split(".")), number), value


def walked(*answers: Answer) -> Walk:
    walk = Walk()
    for answer in answers:
        walk.take(answer)
    return walk


def test_a_walk_asks_on_from_the_last_row_and_ends_with_the_table() -> None:
    walk = Walk()
    first = walk.next()
    walk.take([variable(DESCR, 1, b"a"), variable(NAME, 1, b"b"), variable(ALIAS, 1, b"")])
    second = walk.next()
    # what follows the last row of a column is the first one of the next column, or the end of all
    walk.take([variable(f"{TABLE}.3", 1, 6), variable(f"{MORE}.2", 1, 0), variable(ALIAS, 1, None)])

    assert first == [DESCR, NAME, ALIAS]
    assert second == [f"{DESCR}.1", f"{NAME}.1", f"{ALIAS}.1"]
    assert walk.next() == []
    assert walk.rows() == [Row(1, "b", "")]


def test_without_ifxtable_the_description_is_the_name() -> None:
    walk = walked([variable(DESCR, 7, b"FastEthernet0/7"), variable(f"{TABLE}.3", 1, 6), variable(ALIAS, 0, None)])

    assert walk.next() == [f"{DESCR}.7"]
    assert walk.rows() == [Row(7, "FastEthernet0/7", "")]


@pytest.mark.parametrize("again", [3, 4])
def test_a_column_that_does_not_go_forward_is_a_circle(again: int) -> None:
    with pytest.raises(CircleError):
        walked(
            [variable(DESCR, 4, b"a"), variable(NAME, 4, b"a"), variable(ALIAS, 4, b"a"), variable(DESCR, again, b"")]
        )


def test_an_answer_with_nothing_in_it_ends_a_walk() -> None:
    assert walked([]).next() == []


def test_two_interfaces_of_one_name_are_told_apart() -> None:
    answer = [variable(column, number, b"ppp") for number in (1, 2) for column in (DESCR, NAME, ALIAS)]

    assert [row.name for row in walked(answer).rows()] == ["ppp", "ppp#2"]


def test_a_result_holds_no_more_interfaces_than_it_may() -> None:
    rows = [Row(number, f"gpon{number}", "") for number in range(1, 100)]

    assert if_mib.chosen(rows, ()) == rows[:MAX_INTERFACES]
    assert [row.name for row in if_mib.chosen(rows, ("gpon9?", "gpon5"))] == [
        "gpon5",
        *(f"gpon{n}" for n in range(90, 100)),
    ]


def told(**values: Any) -> Any:
    """An interface out of values by column, such as ``T5=…`` (ifTable) and ``X6=…`` (ifXTable)."""
    place = {"T": TABLE, "X": MORE}
    found = {f"{place[key[0]]}.{key[1:]}.3": value for key, value in values.items()}
    return if_mib.interface(Row(3, "eth0", "uplink"), found)


def test_64_bit_counters_are_used_where_there_are_both() -> None:
    interface = told(T10=1, T16=2, X6=2**40, X10=2**41)

    assert (interface.bits, interface.in_octets, interface.out_octets) == (64, 2**40, 2**41)


def test_a_device_with_half_of_the_64_bit_counters_is_told_in_32_bits() -> None:
    interface = told(T10=1, T16=2, X6=2**40)

    assert (interface.bits, interface.in_octets, interface.out_octets) == (32, 1, 2)


def test_counters_are_told_as_far_as_they_are_exact() -> None:
    interface = told(X6=2**53 + 5, X10=2**64 - 1)

    assert (interface.in_octets, interface.out_octets) == (5, 2**53 - 1)


def test_what_a_device_does_not_tell_stays_untold() -> None:
    interface = told(T8=b"up")

    assert (interface.oper, interface.admin, interface.bits, interface.in_octets, interface.in_errors) == (
        0,
        0,
        0,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("high", "plain", "bps"),
    [
        (1_000, 2**32 - 1, 10**9),
        (0, 64_000, 64_000),
        (None, 10_000_000, 10_000_000),
        (0, 2**32 - 1, 0),
        (None, None, 0),
    ],
)
def test_the_rate_is_the_best_that_is_told(high: int | None, plain: int | None, bps: int) -> None:
    assert told(X15=high, T5=plain).bps == bps


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"  eth0\x00\r\n", "eth0"),
        ("Đường truyền số 1".encode(), "Đường truyền số 1"),
        (b"caf\xe9", "caf\ufffd"),
        (b"x" * 100, "x" * 10),
        (7, ""),
        (None, ""),
    ],
)
def test_a_devices_words_become_one_line_of_letters(value: Value, said: str) -> None:
    assert if_mib.text(value, max(10, len(said))) == said


def test_uptime_is_told_in_seconds() -> None:
    assert if_mib.device({if_mib.SYS_UPTIME: 12_345}).uptime_s == 123.45
    assert if_mib.device({if_mib.SYS_UPTIME: 2**40}).uptime_s is None
