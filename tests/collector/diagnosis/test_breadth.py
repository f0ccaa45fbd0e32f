"""Few machines that are out of order are no far part that loses; many that see the same are."""

import numpy as np

from sansang_collector.diagnosis.breadth import of_everybody
from sansang_collector.diagnosis.gauge import Rows
from sansang_collector.diagnosis.graph import Ints

MACHINES, ASKED, USUAL = 60, 50, 0.003


def rows(failed: list[float], *, questions: bool = True) -> tuple[Rows, Ints]:
    """One check of each machine: how many of its questions failed."""
    count = len(failed)
    tried = np.full(count, float(ASKED))
    found = Rows(
        np.arange(count, dtype=np.int32),
        np.array(failed),
        tried,
        tried,
        np.full(count, USUAL),
        np.full(count, questions),
    )
    return found, np.arange(count, dtype=np.int32)


def test_four_slow_machines_are_no_part_that_all_cross() -> None:
    found, machines = rows([8.0] * 4 + [0.0] * (MACHINES - 4))

    assert of_everybody(found, machines, direct=False) < 0.05


def test_what_everybody_sees_is_shared_although_four_are_slow_besides() -> None:
    found, machines = rows([8.0] * 4 + [2.0] * (MACHINES - 4))

    assert of_everybody(found, machines, direct=False) > 0.7


def test_a_service_that_turns_everybody_away_in_part_is_shared() -> None:
    dice = np.random.default_rng(1)
    found, machines = rows([float(one) for one in dice.binomial(ASKED, 0.3, MACHINES)])

    assert of_everybody(found, machines, direct=True) > 0.9


def test_echoes_are_never_a_machines_own_trouble() -> None:
    found, machines = rows([20.0, 2.0, 0.0], questions=False)

    assert of_everybody(found, machines, direct=False) == 1.0
