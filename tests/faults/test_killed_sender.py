"""A sender of alerts killed between sending and writing it down: nothing is lost, and a repeat says that it is one."""

import random
from pathlib import Path

import pytest

from tests.soak.alerts_book import kill_and_count

KILLS = 5
FAULTS = 8
"""Between two kills."""


@pytest.mark.parametrize("kills", [KILLS, 0])
def test_every_message_arrives_and_again_at_most_once_for_each_kill(tmp_path: Path, kills: int) -> None:
    book = kill_and_count(tmp_path, kills, FAULTS, random.Random(7))

    assert (book.lost, book.unmarked, book.disordered) == (0, 0, 0)
    assert book.repeats <= kills
