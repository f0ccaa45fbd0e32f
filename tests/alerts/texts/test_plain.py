"""What others wrote cannot look like what we wrote: no lines, no direction, no markup, no addresses but http."""

import json
import unicodedata

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from sansang_alerts.fault import Fault, Place, Wording
from sansang_alerts.notice import Kind
from sansang_alerts.settings import EmailChannel, SmsChannel, WebhookChannel, ZaloChannel
from sansang_alerts.texts import Extra, Medium, medium_of, render, silence
from sansang_alerts.texts.phrases import Phrases
from sansang_alerts.texts.plain import address, cut, plain
from tests.support.faults import COMMUNE, OPENED, RING

from .stories import sent

ALONE = [kind for kind in Kind if kind not in (Kind.DIGEST, Kind.BUNDLE)]
PEOPLE = [medium for medium in Medium if medium is not Medium.WEBHOOK]


def about(text: str) -> Fault:
    """A fault in which everything that can be written says ``text``."""
    said = Wording(
        headline=text,
        short=text,
        where=text,
        since=text,
        lasted=text,
        impact=text,
        evidence=(text,),
        next_steps=(text,),
        call=text,
    )
    return replace(COMMUNE, communes=(Place("06286", text),), withdrawn=text, wordings={"vi": said})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Xã Khánh Khê\r\nSự cố: XXXXXX", "Xã Khánh Khê Sự cố: XXXXXX"),
        ("một\u2028hai\u2029ba\x0bbốn\x00", "một hai ba bốn"),
        ("\u202eđảo\u202c \u2066ngược\u2069 \u200bẩn", "đảo ngược ẩn"),
        ("[bấm đây](https://example.org)", "(bấm đây)(https://example.org)"),
        ("<b>đậm</b> `mã` *nghiêng* ~gạch~", "‹b›đậm‹/b› 'mã' ·nghiêng· -gạch-"),
        ("Xa\u0303 Vă\u0300", "Xã Vằ"),
        ("a\u0301\u0302\u0303\u0304\u0305\u0306", "á\u0302\u0303"),
        ("nửa \ud800 chữ", "nửa chữ"),
        ("   ", ""),
    ],
)
def test_what_others_wrote_is_one_plain_line(written: str, read: str) -> None:
    assert plain(written) == read


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("ba chữ thôi", 20, "ba chữ thôi"),
        ("một câu dài hơn thế", 12, "một câu dài…"),
        ("một câu dài hơn thế", 11, "một câu…"),
        ("mộttừrấtdài", 6, "mộttừ…"),
        ("cuối câu, rồi", 10, "cuối câu…"),
    ],
)
def test_what_is_cut_ends_at_a_word(text: str, most: int, short: str) -> None:
    assert cut(text, most) == short


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/incidents/12", "https://giam-sat.example.vn/incidents/12"),
        ("https://khac.example.vn/x", "https://khac.example.vn/x"),
        ("javascript:alert(1)", ""),
        ("https://a b", ""),
        ("https://a\nb", ""),
        ("docs/vi/runbooks/line.md", ""),
        ("", ""),
        (f"https://{'x' * 600}", ""),
    ],
)
def test_only_whole_addresses_of_the_web_are_told(path: str, found: str) -> None:
    assert address(path, "https://giam-sat.example.vn/") == found


def test_a_path_is_told_nowhere_without_an_address_in_front() -> None:
    assert address("/incidents/12") == ""


@pytest.mark.parametrize("medium", PEOPLE)
@pytest.mark.parametrize("kind", ALONE)
def test_a_name_cannot_add_a_line_to_a_message(kind: Kind, medium: Medium) -> None:
    extra = Extra(now=OPENED, by="a\nSự cố: ZZZZZZ", team="b\nSự cố: ZZZZZZ", channel="c\nSự cố: ZZZZZZ")

    words = render(kind, about("Xã A\nSự cố: ZZZZZZ\n\n=== "), medium, "vi", extra)

    assert not any(line.startswith(("Sự cố: ZZZZZZ", "===")) for line in words.body.splitlines())
    assert len(words.subject.splitlines()) == 1


@settings(deadline=None)
@given(text=st.text(min_size=1, max_size=300), kind=st.sampled_from(ALONE), medium=st.sampled_from(PEOPLE))
def test_no_message_holds_a_character_that_nobody_sees(text: str, kind: Kind, medium: Medium) -> None:
    extra = Extra(now=OPENED, by=text, team=text, channel=text)

    subject, body = render(kind, about(text), medium, "vi", extra)

    seen = subject + body.replace("\n", "")
    assert {unicodedata.category(letter) for letter in seen} & {"Cc", "Cf", "Cs", "Zl", "Zp"} == set()


def test_a_program_gets_the_facts_as_json() -> None:
    extra = Extra(
        now=OPENED, public_url="https://giam-sat.example.vn", link="https://giam-sat.example.vn/a/x", reply=True
    )

    words = render(Kind.OPENED, RING, Medium.WEBHOOK, "vi", extra)

    body = json.loads(words.body)
    assert (body["kind"], body["code"], body["severity"], body["owner"]) == ("opened", "M4T7QX", "critical", "telecom")
    assert body["communes"][0] == {"code": "06115", "name": "Xã Hoa Thám"}
    assert body["repeat"] is False
    assert "/a/x" not in words.body
    assert json.loads(sent(words, Medium.WEBHOOK, "vi").body) == {**body, "repeat": True}


def test_a_message_about_nothing_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="'opened' is not about nothing"):
        render(Kind.OPENED, None, Medium.SMS, "vi", Extra(now=OPENED))
    with pytest.raises(ValueError, match="'bundle' is about many"):
        render(Kind.BUNDLE, RING, Medium.SMS, "vi", Extra(now=OPENED))
    with pytest.raises(ValueError, match="'digest' needs"):
        render(Kind.DIGEST, None, Medium.SMS, "vi", Extra(now=OPENED))


def test_every_channel_has_its_medium() -> None:
    sms = SmsChannel(id="sms", url="http://127.0.0.1/")

    assert medium_of(EmailChannel(id="thu", server="127.0.0.1:25", sender="a@example.vn")) is Medium.EMAIL
    assert medium_of(ZaloChannel(id="zalo", token_file="/etc/zalo")) is Medium.ZALO
    assert medium_of(WebhookChannel(id="may", url_file="/etc/may")) is Medium.WEBHOOK
    assert medium_of(sms) is Medium.SMS
    assert medium_of(replace(sms, accents=True)) is Medium.SMS_ACCENTS


def test_a_silence_of_yesterday_is_told_with_its_date() -> None:
    said = Phrases("vi", OPENED + 86_400).said(silence(OPENED, OPENED + 86_400)).headline

    assert "từ 08:14 ngày 26/06 (1 ngày)" in said


def test_a_language_that_we_do_not_speak_is_told_in_vietnamese() -> None:
    assert render(Kind.OPENED, RING, Medium.SMS, "fr", Extra(now=OPENED)).body.startswith("NGHIEM TRONG (M4T7QX)")
