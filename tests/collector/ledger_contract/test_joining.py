"""Join codes and the queue on either engine: a use is counted once, a machine has a name and secrets of its own."""

from collections.abc import Iterator
from contextlib import closing

import msgspec
import pytest
from sqlalchemy import select

from sansang_agent.contract.joining import Ask, Hello, Join, JoinCode, ca_proof
from sansang_collector import join_codes, letting_in, tokens, waiting
from sansang_collector.agents import AGENT
from sansang_collector.enrolment import Enrolment
from sansang_collector.join_codes import ExpiredError, UsedError, Wanted
from sansang_collector.letting_in import Admitted
from sansang_collector.store import Store
from sansang_collector.tls_identity import TlsIdentity
from tests.support.joining import make_code
from tests.support.ledgers import NOW, Place, add_agent

COMMUNE = "05983"


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with closing(Store(place)) as opened:
        opened.write_sync(add_agent)
        yield opened


def said(code: JoinCode, host: str) -> Join:
    return Join(id=code.id, nonce="0" * 64, answer_nonce="", host=host, proof="0" * 64)


def test_machines_that_come_together_are_let_in_as_long_as_uses_are_left(store: Store) -> None:
    code = store.write_sync(lambda it: make_code(it, Wanted(COMMUNE, uses=2), NOW))
    joins = [said(code, host) for host in ("PC-1", "Quầy", "quầy")]
    first, second, third = store.write_sync(lambda it: letting_in.all_by_code(it, joins, NOW))

    assert isinstance(first, Admitted)
    assert isinstance(second, Admitted)
    assert isinstance(third, UsedError)
    assert (first.name, second.name) == ("PC-1-2", "Quay")
    with store.read() as connection:
        found = tokens.find(connection, second.token)
        assert found is not None
        assert found.agent == second.agent
        assert connection.scalar(select(AGENT.c.report_key).where(AGENT.c.id == first.agent)) == first.report_key
        assert store.at_hand.rows(join_codes.KEY_OF, (code.id,))[0][0] == code.key()


def test_codes_that_do_not_hold_let_nobody_in(store: Store) -> None:
    old = store.write_sync(lambda it: make_code(it, Wanted(COMMUNE), NOW - join_codes.DEFAULT_LIFE_S))
    gone = store.write_sync(lambda it: make_code(it, Wanted(COMMUNE), NOW))
    store.write_sync(lambda it: join_codes.revoke(it, gone.id, "test", NOW))
    joins = [said(old, "a"), said(gone, "b"), said(JoinCode("ZZZ", ""), "c")]
    done = store.write_sync(lambda it: letting_in.all_by_code(it, joins, NOW))

    assert [type(one) for one in done] == [ExpiredError, UsedError, ExpiredError]
    with store.read() as connection:
        assert join_codes.live(connection, NOW) == []


def test_a_known_machine_is_let_in_again_under_its_number(store: Store) -> None:
    code = store.write_sync(lambda it: make_code(it, Wanted(COMMUNE, machine="pc-1"), NOW))
    _, old = store.write_sync(lambda it: tokens.issue(it, "agent", "pc-1", NOW, 1))
    (again,) = store.write_sync(lambda it: letting_in.all_by_code(it, [said(code, "other")], NOW))

    assert isinstance(again, Admitted)
    assert (again.agent, again.name) == (1, "pc-1")
    with store.read() as connection:
        assert tokens.find(connection, old) is None
        assert tokens.find(connection, again.token) is not None


def test_a_hello_is_proved_with_the_authority_it_names(store: Store) -> None:
    code = store.write_sync(lambda it: make_code(it, Wanted(COMMUNE), NOW))
    hello = Hello(id=code.id, nonce="1" * 64)
    heard = Enrolment(store, lambda: NOW).hello(hello, TlsIdentity("our CA", "ab" * 32))
    other = msgspec.structs.replace(heard, ca="another CA")

    assert (heard.ca, heard.certificate) == ("our CA", "ab" * 32)
    assert heard.proof == ca_proof(code.key(), hello.nonce, heard)
    assert heard.proof != ca_proof(code.key(), hello.nonce, other)


def test_whoever_asks_waits_until_somebody_decides(store: Store) -> None:
    asked = Ask(claim="c" * 43, host="MAY-9")
    word = store.write_sync(lambda it: waiting.ask(it, asked, "192.0.2.1", NOW))
    with store.read() as connection:
        (guest,) = waiting.standing(connection)
    assert guest.word == word
    assert store.at_hand.rows(waiting.FIND, (tokens.digest(asked.claim),))[0][0] == word

    (agent,) = store.write_sync(lambda it: waiting.approve(it, [guest.id], (COMMUNE, ""), "test", NOW))
    told = store.write_sync(lambda it: waiting.ask(it, asked, "192.0.2.1", NOW))

    assert isinstance(told, Admitted)
    assert (told.agent, told.name) == (agent, "MAY-9")
