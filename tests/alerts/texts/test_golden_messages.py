"""Every message in both languages and all media, as people read them.

The texts lie in tests/golden/alerts; ``SANSANG_GOLDEN=update`` writes them anew, to be read aloud first.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sansang_agent.contract.words import LANGUAGES
from sansang_alerts.notice import Kind
from sansang_alerts.texts import Entry, Extra, Medium, Words, bundle
from tests.support.faults import CERTIFICATE, COMMUNE, OPENED, RING, SERVICE

from .stories import PUBLIC, STORIES, Story, sent

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "alerts"
MANY = tuple(
    Entry(Kind.OPENED, fault, f"{fault.code[:5]}{number}")
    for number in range(6)
    for fault in (SERVICE, RING, CERTIFICATE, COMMUNE)
)
OTHERS = {
    "21-sent-again": lambda medium, language: sent(STORIES[0].words(medium, language), medium, language),
    "23-sent-again-on-the-next-day": lambda medium, language: sent(
        STORIES[0].words(medium, language), medium, language, day=1
    ),
    "22-many-at-once": lambda medium, language: bundle(MANY, medium, language, Extra(now=OPENED, public_url=PUBLIC)),
}


def shown(words: dict[Medium, Words]) -> Iterator[str]:
    for medium, (subject, body) in words.items():
        yield f"=== {medium}"
        if medium is Medium.EMAIL:
            yield f"Subject: {subject}\n"
        yield body
        yield ""


def held(name: str, language: str, words: dict[Medium, Words]) -> None:
    text = "\n".join(shown(words)).rstrip("\n")
    golden = GOLDEN / f"{name}.{language}.txt"
    if os.environ.get("SANSANG_GOLDEN") == "update":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(f"{text}\n", encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_message_is_told_in_both_languages_and_all_media(story: Story, language: str) -> None:
    held(story.name, language, {medium: story.words(medium, language) for medium in Medium})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", OTHERS)
def test_repeats_and_bundles_are_told_in_both_languages_and_all_media(name: str, language: str) -> None:
    held(name, language, {medium: OTHERS[name](medium, language) for medium in Medium})


def test_no_golden_text_is_left_of_a_message_that_is_no_longer_sent() -> None:
    told = {
        f"{name}.{language}.txt" for name in (*OTHERS, *(story.name for story in STORIES)) for language in LANGUAGES
    }

    assert {path.name for path in GOLDEN.iterdir()} == told


def test_every_kind_of_message_has_a_golden_text() -> None:
    """Of a bundle, which is no message of one fault, it is 22-many-at-once."""
    assert {story.kind for story in STORIES} == set(Kind) - {Kind.BUNDLE}
