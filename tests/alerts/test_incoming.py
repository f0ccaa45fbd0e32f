"""Which code is in what people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_alerts.incoming import Found, Word, codes

PAIRING, CODE = Word.PAIRING, Word.CODE


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("K7F2QD", [Found(CODE, "K7F2QD")]),
        ("nhận k7f2qd nhé", [Found(CODE, "K7F2QD")]),
        ("Mã: K7F2QD.", [Found(CODE, "K7F2QD")]),
        ("K7F2OD", [Found(CODE, "K7F20D")]),
        ("123456", [Found(PAIRING, "123456"), Found(CODE, "123456")]),
        ("123 456", [Found(PAIRING, "123456")]),
        ("mã ghép 123-456 ạ", [Found(PAIRING, "123456")]),
        ("thanks", [Found(CODE, "THANKS", is_sure=False)]),
        ("thanks K7F2QD", [Found(CODE, "K7F2QD"), Found(CODE, "THANKS", is_sure=False)]),
        ("1234567", []),
        ("K7F2QDX", []),
        ("K7F2QU", []),
        ("xin chào", []),
        ("đãnhận", []),
        ("", []),
        ("٠١٢٣٤٥", []),
        ("x" * 600 + " K7F2QD", []),
    ],
)
def test_codes_are_found_as_people_write_them(text: str, wanted: list[Found]) -> None:
    assert codes(text) == wanted


@given(st.text())
def test_whatever_is_written_is_a_few_codes_at_most(text: str) -> None:
    found = codes(text)

    assert len(found) <= 4
    assert all(len(one.code) == 6 for one in found)
