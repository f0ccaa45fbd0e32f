"""Every reason for which something is not done has its words, in both languages."""

from enum import StrEnum
from typing import Any

import pytest

from sansang_agent.contract.words import catalogue
from sansang_collector import asking_words, person_words
from sansang_collector.asking_words import AskError
from sansang_collector.incidents import deed_words, maintenance_words
from sansang_collector.incidents.deed_words import IncidentError
from sansang_collector.incidents.maintenance_words import PlanError
from sansang_collector.passwords import Weak
from sansang_collector.person_words import PersonError
from sansang_collector.refusal import RefusedError, in_english

VIETNAMESE = catalogue("sansang_collector", "vi").gettext


@pytest.mark.parametrize(
    ("error", "reasons"),
    [
        (AskError, asking_words.Refused),
        (PersonError, person_words.Refused),
        (IncidentError, deed_words.Refused),
        (PlanError, maintenance_words.Refused),
    ],
)
def test_every_reason_is_worded_in_both_languages(error: type[RefusedError[Any]], reasons: type[StrEnum]) -> None:
    for reason in reasons:
        refused = error(reason)
        english, vietnamese = refused.texts(in_english)[reason], refused.texts(VIETNAMESE)[reason]
        assert english != vietnamese
        assert english[-1] in ".}?"


def test_what_makes_a_password_weak_is_none_of_the_reasons_of_the_same_name() -> None:
    assert str(PersonError(Weak.NAME)) == "A password cannot be hardly more than the account's name."
    assert "cannot be an account's name" in str(PersonError(person_words.Refused.NAME, name="-"))


def test_facts_are_named_in_the_language_of_whoever_is_told() -> None:
    error = PlanError(maintenance_words.Refused.PART, "parts", part="cor", close="core")

    assert str(error) == "The inventory has no part 'cor'; did you mean 'core'?"
    assert "'cor'" in error.said(VIETNAMESE)
    assert "'core'" in error.said(VIETNAMESE)
