"""Pairing: six digits from here, sent to the bot from the chat that is to be somebody's."""

from sansang_alerts import pairing
from sansang_alerts.incoming import Heard
from sansang_alerts.ledger import Ledger
from sansang_alerts.pairing import LIFE_S, MOST_WRONG, Taken

NOW = 1_795_000_000.0
KEY = b"a bot's token"
WRONG = "no digits"


def offer(ledger: Ledger, person: str = "a", channel: str = "zalo", now: float = NOW) -> str:
    return ledger.write_sync(lambda connection: pairing.offer(connection, channel, person, KEY, now))


def take(
    ledger: Ledger, code: str, chat: str = "chat-1", channel: str = "zalo", now: float = NOW + 1, *, group: bool = False
) -> Taken | None:
    heard = Heard(channel, chat, code, group)
    return ledger.write_sync(lambda connection: pairing.take(connection, heard, code, KEY, now))


def chats(ledger: Ledger) -> dict[tuple[str, str], str]:
    with ledger.read() as connection:
        return pairing.chats(connection)


def test_who_sends_the_digits_is_paired_by_that_chat(ledger: Ledger) -> None:
    code = offer(ledger)

    assert len(code) == 6
    assert code.isdigit()
    assert take(ledger, code) == Taken("a", "")
    assert chats(ledger) == {("zalo", "a"): "chat-1"}


def test_digits_pair_once(ledger: Ledger) -> None:
    code = offer(ledger)
    take(ledger, code)

    assert take(ledger, code, "chat-2") is None
    assert chats(ledger) == {("zalo", "a"): "chat-1"}


def test_digits_grow_old(ledger: Ledger) -> None:
    code = offer(ledger)

    assert take(ledger, code, now=NOW + LIFE_S) is None


def test_new_digits_replace_those_before(ledger: Ledger) -> None:
    first, second = offer(ledger), offer(ledger)

    assert first == second or take(ledger, first) is None
    assert take(ledger, second) == Taken("a", "")


def test_digits_are_good_for_their_channel_only(ledger: Ledger) -> None:
    assert take(ledger, offer(ledger), channel="another-bot") is None


def test_after_so_many_wrong_ones_the_right_ones_are_good_no_more(ledger: Ledger) -> None:
    code = offer(ledger)
    for number in range(MOST_WRONG):
        assert take(ledger, WRONG, f"guesser-{number}") is None

    assert take(ledger, code) is None


def test_wrong_ones_are_not_counted_against_other_bots(ledger: Ledger) -> None:
    code = offer(ledger)
    for _ in range(MOST_WRONG):
        take(ledger, WRONG, channel="another-bot")

    assert take(ledger, code) is not None


def test_somebody_who_pairs_again_is_told_elsewhere_from_then_on(ledger: Ledger) -> None:
    take(ledger, offer(ledger))

    assert take(ledger, offer(ledger), "chat-2", group=True) == Taken("a", "chat-1")
    with ledger.read() as connection:
        [standing] = pairing.standing(connection)
    assert (standing.chat, standing.is_group) == ("chat-2", True)


def test_everybody_who_pairs_at_once_has_digits_of_their_own(ledger: Ledger) -> None:
    codes = {person: offer(ledger, person) for person in ("a", "b", "c")}

    assert [take(ledger, codes[person], f"chat-{person}") for person in "cab"] == [
        Taken("c", ""),
        Taken("a", ""),
        Taken("b", ""),
    ]


def test_the_database_alone_gives_no_digits_away(ledger: Ledger) -> None:
    code = offer(ledger)
    heard = Heard("zalo", "chat-1", code)

    assert ledger.write_sync(lambda connection: pairing.take(connection, heard, code, b"a guess", NOW)) is None


def test_who_is_forgotten_is_told_nothing_there_any_more(ledger: Ledger) -> None:
    take(ledger, offer(ledger))
    waiting = offer(ledger)

    assert ledger.write_sync(lambda connection: pairing.forget(connection, "zalo", "a"))
    assert not ledger.write_sync(lambda connection: pairing.forget(connection, "zalo", "a"))
    assert chats(ledger) == {}
    assert take(ledger, waiting) is None


def test_a_shared_chat_is_the_first_of_those_the_settings_still_know(ledger: Ledger) -> None:
    for person in ("b", "a"):
        take(ledger, offer(ledger, person))

    with ledger.read() as connection:
        assert pairing.person_of(connection, "zalo", "chat-1", ["a", "b"]) == "a"
        assert pairing.person_of(connection, "zalo", "chat-1", ["b"]) == "b"
        assert pairing.person_of(connection, "zalo", "chat-1", []) is None
        assert pairing.person_of(connection, "zalo", "chat-2", ["a"]) is None
