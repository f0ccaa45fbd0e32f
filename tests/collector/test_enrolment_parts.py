"""The small parts of enrolment: nonces, counted guesses, names of machines, neighbourhoods of addresses, places."""

import pytest

from sansang_agent.contract.assignment import Role
from sansang_alerts import wrong_tries
from sansang_alerts.wrong_tries import WrongTries
from sansang_collector import agents, join_places, nonces
from sansang_collector.client_address import neighbourhood
from sansang_collector.fleet_changes import MisplacedVantageError
from sansang_collector.join_places import NoSuchCommuneError, NotTheirsError
from sansang_collector.machine_names import LONGEST, free_name, name_of, plain_text
from sansang_collector.nonces import LIFE_S, FullError, Nonces
from sansang_collector.rights import ALL, Communes

NOW = 1_795_000_000.0
MINE = "a" * 64


def test_a_nonce_holds_for_what_it_was_given_for_and_for_nothing_else() -> None:
    ours, others = Nonces(), Nonces()
    given = ours.give("7K2", MINE, NOW)

    assert ours.holds(given, "7K2", MINE, NOW + LIFE_S)
    assert not ours.holds(given, "7K3", MINE, NOW)
    assert not ours.holds(given, "7K2", "b" * 64, NOW)
    assert not ours.holds(given, "7K2", MINE, NOW + LIFE_S + 1)
    assert not ours.holds(given[:-1] + ("0" if given[-1] != "0" else "1"), "7K2", MINE, NOW)
    assert not others.holds(given, "7K2", MINE, NOW)


def test_a_used_nonce_does_not_hold_however_it_is_written() -> None:
    ours = Nonces()
    given = ours.give("7K2", MINE, NOW)
    ours.use(given, NOW)

    for written in (given, given.upper(), f"{given[:10]} {given[10:]}"):
        assert not ours.holds(written, "7K2", MINE, NOW)


def test_used_nonces_are_forgotten_once_none_of_them_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nonces, "MOST_USED", 2)
    ours = Nonces()
    for _ in range(2):
        ours.use(ours.give("7K2", MINE, NOW), NOW)

    with pytest.raises(FullError):
        ours.use(ours.give("7K2", MINE, NOW), NOW + LIFE_S)
    ours.use(ours.give("7K2", MINE, NOW), NOW + 2 * LIFE_S + 1)


def test_guesses_are_counted_for_each_guesser_until_the_window_is_over() -> None:
    tries = WrongTries(most=2, window_s=60)

    assert [tries.count("a", NOW + at) for at in (0, 10, 20, 59)] == [0, 0, 40, 1]
    assert tries.count("b", NOW + 20) == 0
    assert tries.count("a", NOW + 60) == 0


def test_a_clock_that_is_set_back_keeps_nobody_out() -> None:
    tries = WrongTries(most=1, window_s=60)
    tries.count("a", NOW)

    assert tries.count("a", NOW - 3600) == 0


def test_guessers_are_forgotten_rather_than_memory_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrong_tries, "KEYS", 2)
    tries = WrongTries(most=1, window_s=60)
    for key in "abc":
        tries.count(key, NOW)

    assert tries.count("c", NOW) > 0
    assert tries.count("a", NOW) == 0


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_network_is_one_guesser(address: str, counted_as: str) -> None:
    assert neighbourhood(address) == counted_as


@pytest.mark.parametrize("host", ["", "...", "<>", "Đồng-Đăng", "ПК", "x" * 500, "a\n\0b", "-.-", "٣", "ﬁle"])
def test_whatever_a_machine_calls_itself_becomes_a_name(host: str) -> None:
    assert agents.NAME.fullmatch(name_of(host))
    assert agents.NAME.fullmatch(free_name(host, [name_of(host), f"{name_of(host)}-2"]))


def test_names_are_told_apart_by_a_number_in_whatever_case() -> None:
    assert free_name("PC", ["pc", "Pc-2"]) == "PC-3"
    assert free_name("PC", ["pc-2"]) == "PC"
    assert len(name_of("x" * 500)) == LONGEST


def test_a_line_stays_one_line_and_says_nothing_unseen() -> None:
    assert plain_text(" a\r\n\tb\0 \u202ec\u200b ") == "a b c"


def test_without_an_inventory_any_five_digits_are_a_commune() -> None:
    join_places.check("06286", Role.COUNTER, None, ALL)
    join_places.check("00000", Role.VANTAGE, None, ALL)

    for code in ("6286", "", "06286\n", "0628a"):
        with pytest.raises(NoSuchCommuneError):
            join_places.check(code, Role.COUNTER, None, ALL)
    with pytest.raises(MisplacedVantageError):
        join_places.check("06286", Role.VANTAGE, None, ALL)


def test_whoever_holds_some_communes_lets_machines_into_those_only() -> None:
    mine = Communes(frozenset({"06286"}))
    join_places.check("06286", Role.COUNTER, None, mine)

    for code in ("06019", "00000"):
        with pytest.raises(NotTheirsError):
            join_places.check(code, Role.COUNTER, None, mine)
