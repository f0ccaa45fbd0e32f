"""How long an SMS is, and Vietnamese without its marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_alerts.sms_text import fitted, is_gsm, parts, septets, split, unaccented

TEXTS = st.text(max_size=900)
NARROW = st.text(alphabet="abcXYZ 0189.,:[]{}€~^\n", max_size=900)


def test_vietnamese_loses_its_marks_and_nothing_else() -> None:
    text = "Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ 08:14: 7 xã, 21 quầy. Đường dây: ĐỨT"

    assert unaccented(text) == (
        "Vong truyen dan Van Quan - Binh Gia mat ket noi tu 08:14: 7 xa, 21 quay. Duong day: DUT"
    )


def test_decomposed_letters_lose_their_marks_too() -> None:
    assert unaccented("ma\u0302\u0301t đie\u0323\u0302n") == "mat dien"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\u202eb\u200bc", "abc"),
        ("a\x1bb\x07c", "a b c"),
        ("điện áp 220 V ± 5 °C → “tốt”…", 'dien ap 220 V ? 5  doC -> "tot"...'),
        ("một\r\nhai", "mot\nhai"),
        ("‹b›đứt‹/b›", "<b>dut</b>"),
        ("中 🚨", "? ?"),
    ],
)
def test_what_no_telephone_needs_goes_and_what_none_can_show_is_a_question_mark(text: str, plain: str) -> None:
    assert unaccented(text) == plain


@given(TEXTS)
def test_whatever_comes_in_only_the_gsm_alphabet_comes_out(text: str) -> None:
    assert is_gsm(unaccented(text))
    assert unaccented(unaccented(text)) == unaccented(text)


def test_characters_behind_an_escape_count_twice() -> None:
    assert septets("a[b]{}€") == 12


def test_septets_are_of_the_gsm_alphabet_only() -> None:
    with pytest.raises(ValueError, match="ậ"):
        septets("mật")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ậ" * 70, 1),
        ("ậ" * 71, 2),
        ("ậ" * 134, 2),
        ("ậ" * 135, 3),
        ("🚨" * 35, 1),
        ("🚨" * 36, 2),
    ],
)
def test_a_text_is_charged_as_networks_charge_it(text: str, wanted: int) -> None:
    assert parts(text) == wanted


def test_a_character_behind_an_escape_is_never_torn() -> None:
    assert [len(part) for part in split("a" * 152 + "€" * 20)] == [152, 20]


def test_a_character_of_two_units_is_never_torn() -> None:
    assert [len(part) for part in split("ậ" * 66 + "🚨" * 10)] == [66, 10]


@given(TEXTS | NARROW)
def test_the_parts_are_the_text_and_each_fits(text: str) -> None:
    several = split(text)

    assert "".join(several) == text
    room = [153 if is_gsm(text) else 67, 160 if is_gsm(text) else 70][len(several) == 1]
    assert all(_used(part, narrow=is_gsm(text)) <= room for part in several)


def _used(text: str, *, narrow: bool) -> int:
    return septets(text) if narrow else len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(TEXTS | NARROW, st.integers(1, 4))
def test_a_text_is_cut_to_what_may_be_sent(text: str, most: int) -> None:
    cut = fitted(text, most)

    assert parts(cut) <= most
    assert cut == text or (cut.endswith("...") and text.startswith(cut[:-3]))


def test_no_more_is_cut_than_has_to_be() -> None:
    assert fitted("a" * 400, 2) == "a" * 303 + "..."
