"""The explained incidents, in both languages, as people read them.

The texts lie in tests/golden/incidents; ``SANSANG_GOLDEN=update`` writes them anew, to be read aloud first.
"""

import os
from pathlib import Path

import pytest

from sansang_agent.contract.words import LANGUAGES, word
from sansang_collector.incidents.explain import explain
from sansang_collector.incidents.explain_text import text_of
from sansang_collector.incidents.explanation import Explanation
from sansang_collector.incidents.naming import Naming
from sansang_collector.web.phrases import Phrases

from .stories import STORIES, Story

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "incidents"


def explained(story: Story, language: str) -> Explanation:
    return explain(story.incident, Naming(story.inventory), Phrases(language), story.now, story.around)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_an_incident_is_explained_in_both_languages(story: Story, language: str) -> None:
    text = text_of(explained(story, language))

    golden = GOLDEN / f"{story.name}.{language}.txt"
    if os.environ.get("SANSANG_GOLDEN") == "update":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(f"{text}\n", encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8").rstrip("\n")


def test_no_golden_text_is_left_of_an_incident_that_is_no_longer_told() -> None:
    told = {f"{story.name}.{language}.txt" for story in STORIES for language in LANGUAGES}

    assert {path.name for path in GOLDEN.iterdir()} == told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_cause_place_since_owner_and_next_step_stand_in_every_explanation(story: Story, language: str) -> None:
    found = explained(story, language)
    text = text_of(found)

    assert all(cause.title in text for cause in found.causes)
    assert found.where in text
    assert found.since in text
    assert word("owner", story.incident.owner, language) in text
    assert all(step in text for step in found.next_steps)
    assert found.next_steps
    assert "{" not in text
