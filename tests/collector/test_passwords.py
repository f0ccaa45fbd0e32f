"""Which passwords are taken, how they are kept, and that only a few are compared at once."""

import asyncio
import threading
import unicodedata

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from sansang_collector import passwords
from sansang_collector.passwords import AT_ONCE, MOST_WAITING, BusyError, Passwords, Weak, weakness
from tests.support.accounts import CheapPasswords

GOOD = "bốn từ chẳng liên quan"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("mười một ch", Weak.SHORT),
        ("", Weak.SHORT),
        ("x7" * 513, Weak.LONG),
        ("nguyễn.văn.an", Weak.NAME),
        ("NGUYỄN.VĂN.AN", Weak.NAME),
        ("nguyễn.văn.an2026", Weak.NAME),
        ("aaaaaaaaaaaaaaa", Weak.PLAIN),
        ("121212121212", Weak.PLAIN),
        ("123456789012", Weak.PLAIN),
        ("987654321098", Weak.PLAIN),
        ("abcdefghijkl", Weak.PLAIN),
        (GOOD, None),
        ("mười hai chữ", None),
        ("đủ lâu" * 170, None),
        ("correct horse battery staple", None),
        ("nguyễn.văn.an thích bún chả", None),
    ],
)
def test_a_password_is_long_and_neither_the_name_nor_a_row(password: str, why: Weak | None) -> None:
    assert weakness(password, "nguyễn.văn.an") is why


def test_letters_count_and_not_the_marks_a_keyboard_makes_them_of() -> None:
    assert weakness(unicodedata.normalize("NFD", "mười một ch"), "an") is Weak.SHORT


def test_start_passwords_are_taken_and_differ() -> None:
    made = [passwords.random_password() for _ in range(200)]

    assert len(set(made)) == 200
    assert {weakness(one, "an") for one in made} == {None}


def test_what_is_kept_is_argon2id_of_rfc_9106_and_never_twice_the_same() -> None:
    kept = [Passwords().make_sync(GOOD) for _ in range(2)]

    assert kept[0] != kept[1]
    assert extract_parameters(kept[0]) == RFC_9106_LOW_MEMORY
    assert GOOD not in kept[0]


async def test_the_right_password_is_right_however_a_keyboard_wrote_it() -> None:
    cheap = CheapPasswords()
    kept = await cheap.make(unicodedata.normalize("NFD", GOOD))

    assert await cheap.verify(kept, GOOD)
    assert not await cheap.verify(kept, GOOD.upper())
    assert not await cheap.verify(kept, "")
    assert not await cheap.verify(kept, GOOD + "\0")


async def test_what_was_kept_with_other_parameters_still_proves_and_is_outdated() -> None:
    cheap, own = CheapPasswords(), Passwords()
    kept = await cheap.make(GOOD)

    assert await own.verify(kept, GOOD)
    assert own.is_outdated(kept)
    assert not own.is_outdated(own.nobody)


async def test_nobodys_costs_the_same_and_is_never_right() -> None:
    own = Passwords()

    assert extract_parameters(own.nobody) == extract_parameters(own.make_sync(GOOD))
    assert not await own.verify(own.nobody, GOOD)
    assert not await own.verify("no hash at all", GOOD)


async def test_only_a_few_are_compared_at_once_and_only_so_many_wait() -> None:
    gate, running, most = threading.Event(), [0], [0]

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            del password, salt
            running[0] += 1
            most[0] = max(most[0], running[0])
            gate.wait(20)
            running[0] -= 1
            return "kept"

    slow = Passwords(Slow(time_cost=1, memory_cost=8, parallelism=1))
    waiting = [asyncio.create_task(slow.make(GOOD)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await slow.make(GOOD)
    gate.set()

    assert await asyncio.gather(*waiting) == ["kept"] * MOST_WAITING
    assert most[0] <= AT_ONCE
    assert await slow.make(GOOD) == "kept"
    slow.close()
