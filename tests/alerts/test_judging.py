"""What an HTTP status means for a message, and what is kept of what was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_alerts.channels.hiding import LONGEST, scrubber
from sansang_alerts.channels.judging import after_s, judged, outcome_of
from sansang_alerts.notice import Outcome

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("17", 17.0),
        (" 0 ", 0.0),
        ("Tue, 17 Nov 2026 18:26:50 GMT", 10.0),
        ("Tue, 17 Nov 2026 18:26:30 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("9" * 400, 999_999_999.0),
        ("Tue, 17 Nov 99999 18:26:50 GMT", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(said: str, wanted: float | None) -> None:
    assert after_s({"retry-after": said}, 1_794_940_000.0) == wanted


@given(st.text(max_size=50))
def test_garbage_in_retry_after_is_nothing(said: str) -> None:
    found = after_s({"retry-after": said}, NOW)

    assert found is None or found >= 0


@given(st.integers(100, 999))
def test_every_status_means_something(status: int) -> None:
    assert (outcome_of(status) is Outcome.SENT) == (200 <= status < 300)


def test_only_what_was_not_taken_is_waited_with() -> None:
    assert judged(200, {"retry-after": "5"}, "", NOW).after_s is None


@pytest.mark.parametrize("form", ["p&ss wörd", "p%26ss%20w%C3%B6rd", "p%26ss+w%C3%B6rd", "p&amp;ss wörd"])
def test_a_secret_is_hidden_in_every_form_it_comes_back_in(form: str) -> None:
    assert scrubber("p&ss wörd")(f"no: {form}!") == "no: ***!"


def test_a_secret_across_a_line_of_json_is_hidden() -> None:
    assert scrubber('a"b\\c')('{"said": "a\\"b\\\\c"}') == '{"said": "***"}'


@given(st.binary(max_size=2000))
def test_what_is_kept_is_one_short_printable_line(said: bytes) -> None:
    kept = scrubber("x")(said)

    assert len(kept) <= LONGEST
    assert kept.isprintable()
