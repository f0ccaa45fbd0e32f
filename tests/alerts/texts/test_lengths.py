"""However long a fault's words are, a message fits its medium, and neither code nor place is cut."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_agent.contract.words import LANGUAGES
from sansang_alerts.fault import Fault, Place, Source, Wording
from sansang_alerts.notice import Kind
from sansang_alerts.sms_text import septets, unaccented
from sansang_alerts.texts import Digest, Entry, Extra, Medium, Note, bundle, render
from sansang_alerts.texts.plain import plain
from sansang_alerts.texts.sms import MOST_OF_A_NAME
from tests.support.faults import COMMUNE, OPENED, RING

from .stories import sent

ROOM = {Medium.ZALO: 2_000, Medium.SMS: 160, Medium.SMS_ACCENTS: 201}
CODES = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=6, max_size=6)
NAMES = st.text(st.characters(codec="cp1258", exclude_characters="^{}\\[~]|€"), min_size=1, max_size=60).filter(
    lambda name: plain(name) != ""
)
"""In Vietnam's letters, none of which takes two septets: what others become without their marks may fill a message."""
LONG = st.builds(str.__mul__, st.text(min_size=1, max_size=40), st.integers(1, 25))
MAYBE = st.just("") | LONG
LINES = st.lists(LONG, max_size=8).map(tuple)
WORDINGS = st.builds(
    Wording,
    headline=LONG,
    short=MAYBE,
    where=MAYBE,
    since=st.text(max_size=80),
    lasted=st.text(max_size=80),
    impact=MAYBE,
    evidence=LINES,
    next_steps=LINES,
    call=MAYBE,
)
MOMENTS = st.floats(0, 4e9)
FAULTS = st.builds(
    Fault,
    source=st.sampled_from(Source),
    key=st.text(max_size=20),
    owner=st.sampled_from(Owner),
    severity=st.sampled_from(Severity),
    began_at=MOMENTS,
    opened_at=MOMENTS,
    ended_at=st.none() | MOMENTS,
    communes=st.lists(st.builds(Place, st.just("06286"), st.text(min_size=1, max_size=60)), max_size=3).map(tuple),
    withdrawn=st.text(max_size=200),
    page=st.sampled_from(["", "/incidents/12", "javascript:alert(1)"]),
    wordings=st.fixed_dictionaries({"vi": WORDINGS}),
)
EXTRAS = st.builds(
    Extra,
    now=MOMENTS,
    code=CODES,
    link=st.sampled_from(["", f"https://giam-sat.example.vn/a/{'x' * 400}"]),
    reply=st.booleans(),
    public_url=st.sampled_from(["", "https://giam-sat.example.vn"]),
    team=MAYBE,
    by=MAYBE,
    at=st.none() | MOMENTS,
    waited_s=st.floats(0, 1e7),
    before_owner=st.none() | st.sampled_from(Owner),
    before_severity=st.none() | st.sampled_from(Severity),
    simulated=st.booleans(),
)
SINGLE = st.sampled_from([kind for kind in Kind if kind not in (Kind.DIGEST, Kind.TEST, Kind.BUNDLE)])


def length(text: str, medium: Medium) -> int:
    return septets(text) if medium is Medium.SMS else len(text.encode("utf-16-le")) // 2


@settings(deadline=None)
@given(kind=SINGLE, fault=FAULTS, extra=EXTRAS, language=st.sampled_from(LANGUAGES), medium=st.sampled_from([*ROOM]))
def test_a_message_fits_its_medium_even_when_it_is_sent_again_on_another_day(
    kind: Kind, fault: Fault, extra: Extra, language: str, medium: Medium
) -> None:
    words = sent(render(kind, fault, medium, language, extra), medium, language, day=1)

    assert length(words.body, medium) <= ROOM[medium]


@settings(deadline=None)
@given(kind=SINGLE, fault=FAULTS, extra=EXTRAS, language=st.sampled_from(LANGUAGES), medium=st.sampled_from(Medium))
def test_the_code_stands_whole_in_every_message(
    kind: Kind, fault: Fault, extra: Extra, language: str, medium: Medium
) -> None:
    words = render(kind, fault, medium, language, extra)

    assert extra.code in words.body
    assert words.subject.endswith(f"({extra.code})")


@settings(deadline=None)
@given(kind=SINGLE, fault=FAULTS, extra=EXTRAS, language=st.sampled_from(LANGUAGES), name=NAMES)
def test_the_place_stands_in_the_shortest_message_too(
    kind: Kind, fault: Fault, extra: Extra, language: str, name: str
) -> None:
    one = replace(fault, communes=(Place("06286", name),))

    with_marks = render(kind, one, Medium.SMS_ACCENTS, language, extra).body
    without = render(kind, one, Medium.SMS, language, extra).body

    assert plain(name, MOST_OF_A_NAME).casefold() in with_marks.casefold()
    assert unaccented(plain(name, MOST_OF_A_NAME)).casefold() in without.casefold()


@settings(deadline=None)
@given(fault=FAULTS, extra=EXTRAS, medium=st.sampled_from([*ROOM]), notes=st.lists(LONG, max_size=40))
def test_a_digest_and_a_bundle_fit_however_much_there_is_to_tell(
    fault: Fault, extra: Extra, medium: Medium, notes: list[str]
) -> None:
    told = tuple(Note({"vi": note}) for note in notes)
    digest = Digest(watched=60, communes=65, under_way=(fault,) * 40, over=(fault,) * 40, notes=told)
    entries = [Entry(Kind.OPENED, fault, extra.code)] * 300

    of_the_day = render(Kind.DIGEST, None, medium, "vi", replace(extra, digest=digest))
    at_once = bundle(entries, medium, "vi", extra)

    for words in (of_the_day, at_once):
        assert length(sent(words, medium, "vi", day=1).body, medium) <= ROOM[medium]


def test_a_letter_that_falls_apart_into_many_bursts_no_message() -> None:
    said = {"vi": Wording(headline="x", short="x")}
    fault = replace(COMMUNE, communes=(Place("06286", "\ufdfa" * 40),), wordings=said)

    body = render(Kind.ACKNOWLEDGED, fault, Medium.SMS, "vi", Extra(now=OPENED, by="\ufdfa" * 80)).body

    assert septets(body) <= 147


def test_the_first_words_to_go_are_those_least_needed() -> None:
    said = replace(RING.wordings["vi"], evidence=("rất dài " * 40,) * 3, next_steps=("còn dài hơn " * 40,) * 2)
    long = replace(RING, wordings={"vi": replace(said, where="nơi " * 200, call="gọi " * 60, headline="x " * 180)})

    text = render(Kind.OPENED, long, Medium.ZALO, "vi", Extra(now=OPENED, reply=True)).body

    assert "Căn cứ" not in text
    assert "Nhận xử lý: trả lời tin này bằng mã M4T7QX" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_gives_way_to_the_commune_that_it_is_about(language: str) -> None:
    wordings = {language: replace(said, short=f"{'x' * 30} " * 8) for language, said in COMMUNE.wordings.items()}

    text = render(Kind.OPENED, replace(COMMUNE, wordings=wordings), Medium.SMS, language, Extra(now=OPENED)).body

    assert "(K7F2QD): Xa Khanh Khe: xxx" in text
    assert text.endswith("...")
