"""Accounts in the ledger, on either engine: names, roles, passwords, sessions, and what the audit says."""

import unicodedata
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, func, select

from sansang_collector import access, cli_person_arguments, people, person_changes, person_words, rights, sessions
from sansang_collector.audit import AUDIT
from sansang_collector.links import SESSION
from sansang_collector.person_names import folded, is_name
from sansang_collector.person_words import PersonError, Refused
from sansang_collector.rights import EVERYWHERE, Held, Right
from sansang_collector.store import Store
from tests.support.ledgers import NOW, Place

HERE, THERE = Held("technician", "05983"), Held("technician", "06019")
ALL_SEEING = Held("viewer", EVERYWHERE)


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    store = Store(place)
    with store._writing.begin() as opened:
        yield opened
    store.close()


def made(connection: Connection, *held: Held, name: str = "an") -> people.Account:
    person = person_changes.add(connection, name, "kept", held, "root", NOW)
    return person_changes.account_of(connection, person)


def who_is(connection: Connection, secret: str, now: float = NOW) -> access.Principal | None:
    return access.principal(connection, "", secret, now)


def audited(connection: Connection) -> list[tuple[str, str, str, str]]:
    query = select(AUDIT.c.who, AUDIT.c.what, AUDIT.c.commune, AUDIT.c.detail).order_by(AUDIT.c.id)
    return [(row.who, row.what, row.commune, row.detail) for row in connection.execute(query)]


@pytest.mark.parametrize("name", ["an", "Nguyễn.Văn.An", " an ", "đỗ_đức-2", "7", "ắ" * 64])
def test_a_name_is_made_of_vietnamese_letters_and_digits(name: str) -> None:
    assert is_name(folded(name))


@pytest.mark.parametrize(
    "name",
    ["", " ", ".an", "-an", "a n", "a" * 65, "a\nb", "a\x00", "\x1b[31m", "аn", "İan", "a/b", "<b>", "ａn", "an\u202e"],
)
def test_what_looks_like_another_name_or_commands_a_terminal_is_none(name: str) -> None:
    assert not is_name(folded(name))


def test_every_role_that_can_be_given_gives_rights_and_the_command_knows_it() -> None:
    assert set(person_words.ROLES) == set(rights.OF_ROLE)
    assert person_words.ROLES == cli_person_arguments.ROLES


def test_one_name_however_it_is_written_is_one_account(connection: Connection) -> None:
    account = made(connection, ALL_SEEING, name=person_changes.named("Nguyễn.An"))

    for written in ("nguyễn.an", "NGUYỄN.AN", unicodedata.normalize("NFD", "nguyễn.an"), " nguyễn.an\n"):
        assert person_changes.account_named(connection, written) == account
        with pytest.raises(PersonError, match="already"):
            made(connection, name=person_changes.named(written))


@pytest.mark.parametrize("typed", ["a\x00", "a'; DROP TABLE person; --", "\ud800", "x" * 100_000])
def test_no_name_is_too_hostile_to_be_looked_for(connection: Connection, typed: str) -> None:
    with pytest.raises(PersonError) as refused:
        person_changes.account_named(connection, typed)

    assert len(str(refused.value)) < 200
    assert "\x00" not in str(refused.value)


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ((), Refused.NO_PLACE),
        ((Held("king", "05983"),), Refused.ROLE),
        ((Held("viewer", "5983"),), Refused.COMMUNE),
        ((Held("viewer", "05983\n"),), Refused.COMMUNE),
        ((Held("viewer", "99999"),), Refused.NO_COMMUNE),
    ],
)
def test_a_role_is_one_there_is_for_a_commune_of_the_inventory(held: tuple[Held, ...], why: Refused) -> None:
    with pytest.raises(PersonError) as refused:
        person_changes.checked(held, {"05983"})

    assert refused.value.refused is why


def test_without_an_inventory_any_code_will_do() -> None:
    assert person_changes.checked([HERE, HERE, ALL_SEEING], None) == (HERE, ALL_SEEING)


def test_a_session_is_its_persons_with_the_roles_of_the_moment(connection: Connection) -> None:
    account = made(connection, HERE)
    secret = sessions.open_for(connection, account, NOW)
    before = who_is(connection, secret)
    person_changes.grant(connection, account, [ALL_SEEING], "root", NOW + 1)
    person_changes.withdraw(connection, account, [HERE], "root", NOW + 2)
    after = who_is(connection, secret, NOW + 2)

    assert before
    assert after
    assert (before.name, before.may(Right.ASK, "05983"), before.may(Right.ASK, "06019")) == ("an", True, False)
    assert (after.may(Right.ASK, "05983"), after.may(Right.SEE_FLEET)) == (False, True)


def test_a_session_ends_after_twelve_hours(connection: Connection) -> None:
    secret = sessions.open_for(connection, made(connection, HERE), NOW)

    assert who_is(connection, secret, NOW + 12 * 3600 - 1)
    assert who_is(connection, secret, NOW + 12 * 3600) is None


@pytest.mark.parametrize("deed", ["password", "disable"])
def test_a_new_password_and_disabling_end_every_session_at_once(connection: Connection, deed: str) -> None:
    account = made(connection, HERE)
    other = sessions.open_for(connection, made(connection, HERE, name="bình"), NOW)
    secrets = [sessions.open_for(connection, account, NOW) for _ in range(3)]
    if deed == "password":
        person_changes.set_password(connection, account, "new", "root", NOW)
    else:
        person_changes.disable(connection, account, "root", NOW)

    assert [who_is(connection, secret) for secret in secrets] == [None] * 3
    assert who_is(connection, other)


def test_an_account_enabled_again_has_its_roles_and_no_old_session(connection: Connection) -> None:
    account = made(connection, HERE)
    secret = sessions.open_for(connection, account, NOW)
    person_changes.disable(connection, account, "root", NOW + 1)
    person_changes.enable(connection, person_changes.account_of(connection, account.id), "root", NOW + 2)

    assert who_is(connection, secret, NOW + 2) is None
    assert people.held_by(connection, account.id) == (HERE,)


def test_a_clock_set_back_neither_revives_a_session_nor_keeps_anybody_out(connection: Connection) -> None:
    account = made(connection, HERE)
    old = sessions.open_for(connection, account, NOW)
    person_changes.set_password(connection, account, "new", "root", NOW - 86_400)
    new = sessions.open_for(connection, person_changes.account_of(connection, account.id), NOW - 86_400)

    assert who_is(connection, old, NOW - 86_400) is None
    assert who_is(connection, new, NOW - 86_400)


def test_no_more_than_so_many_sessions_are_kept_of_anybody(connection: Connection) -> None:
    account = made(connection, HERE)
    secrets = [sessions.open_for(connection, account, NOW + second) for second in range(sessions.MOST_EACH + 5)]

    assert connection.scalar(select(func.count()).select_from(SESSION)) == sessions.MOST_EACH
    assert who_is(connection, secrets[0], NOW + 60) is None
    assert who_is(connection, secrets[-1], NOW + 60)


def test_roles_are_set_whole_and_only_what_differs_is_audited(connection: Connection) -> None:
    account = made(connection, HERE, THERE)
    person_changes.set_roles(connection, account, [THERE, ALL_SEEING], "root", NOW)

    assert set(people.held_by(connection, account.id)) == {THERE, ALL_SEEING}
    assert audited(connection)[3:] == [
        ("root", "withdraw", "05983", "an: technician"),
        ("root", "grant", "", "an: viewer everywhere"),
    ]


def test_a_role_that_is_not_held_cannot_be_withdrawn(connection: Connection) -> None:
    with pytest.raises(PersonError, match="does not hold"):
        person_changes.withdraw(connection, made(connection, HERE), [THERE], "root", NOW)


def test_every_deed_is_audited_once_and_none_says_a_password(connection: Connection) -> None:
    account = made(connection, HERE)
    person_changes.set_password(connection, account, "kept-2", "root", NOW)
    person_changes.disable(connection, account, "root", NOW)
    person_changes.disable(connection, person_changes.account_of(connection, account.id), "root", NOW)
    person_changes.enable(connection, person_changes.account_of(connection, account.id), "root", NOW)

    assert audited(connection) == [
        ("root", "person_add", "", "an"),
        ("root", "grant", "05983", "an: technician"),
        ("root", "password", "", "an"),
        ("root", "person_disable", "", "an"),
        ("root", "person_enable", "", "an"),
    ]


def test_a_number_that_no_engine_can_hold_is_nobodys(connection: Connection) -> None:
    assert people.get(connection, 2**60) is None
