"""Every word of the audit for what was done is called something a person reads, in every language."""

from typing import get_args

import pytest

from sansang_agent.contract.words import LANGUAGES, catalogue
from sansang_collector import audit_words
from sansang_collector.audit import What


@pytest.mark.parametrize("what", get_args(What))
def test_every_deed_is_called_something_else_in_each_language(what: str) -> None:
    names = [audit_words.deed(what, catalogue("sansang_collector", language).gettext) for language in LANGUAGES]

    assert len({what, *names}) == len(names) + 1


def test_no_deed_is_named_that_nobody_does() -> None:
    assert set(audit_words.names(str)) == set(get_args(What))


def test_a_word_of_a_later_program_stays_as_it_is() -> None:
    assert audit_words.deed("beam_up", str) == "beam_up"
