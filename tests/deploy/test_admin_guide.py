"""The administrator's guide: its commands exist, its words are the program's, and both languages say the same."""

import re
import shlex
from pathlib import Path

import pytest

from sansang_agent.contract.words import LANGUAGES
from sansang_collector import cli, serving_words
from sansang_collector.liveness import State as Standing
from sansang_collector.serving import State
from sansang_collector.web.fleet_words import FleetWords
from sansang_collector.web.phrases import Phrases
from tests.alerts.documents import ROOT

FILES = {"en": ROOT / "docs" / "admin.md", "vi": ROOT / "docs" / "vi" / "quan-tri.md"}
GUIDES = {language: path.read_text(encoding="utf-8") for language, path in FILES.items()}


def commands(guide: str) -> list[list[str]]:
    """The collector's commands in the guide's boxes, without what is said beside them."""
    lines = [line for box in re.findall(r"```sh\n(.*?)```", guide, re.DOTALL) for line in box.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("sansang-collector ")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_of_the_guide_is_understood(language: str) -> None:
    found = commands(GUIDES[language])

    assert len(found) >= 10
    for words in found:
        assert cli.parser("en").parse_args(words).command == words[0]


def test_both_guides_give_the_same_commands_and_as_many_sections_and_rows() -> None:
    one, other = GUIDES["en"], GUIDES["vi"]

    assert [words[:2] for words in commands(one)] == [words[:2] for words in commands(other)]
    for mark in (r"^## ", r"^\| "):
        assert len(re.findall(mark, one, re.MULTILINE)) == len(re.findall(mark, other, re.MULTILINE))


@pytest.mark.parametrize("language", LANGUAGES)
def test_states_are_called_what_the_pages_call_them(language: str) -> None:
    rows = {row.lower() for row in re.findall(r"^\| ([^|]+) \|", GUIDES[language], re.MULTILINE)}
    words = FleetWords(Phrases(language))
    named = {serving_words.state(state, language) for state in State}
    named |= {words.state(state) for state in Standing if state is not Standing.ONLINE}

    assert {name.lower() for name in named} - rows == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_the_guide_names_is_there(language: str) -> None:
    for link in re.findall(r"\]\(([\w./-]+\.md)", GUIDES[language]):
        assert (FILES[language].parent / Path(link)).exists(), link
