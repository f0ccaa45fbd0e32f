"""docs/alert-texts.md tells of every kind, medium and field there is, and of no other."""

import re
from pathlib import Path

import pytest

from sansang_alerts.notice import Kind
from sansang_alerts.texts import Medium
from sansang_alerts.texts.hook import Body
from tests.support.message_pictures import PICTURES, page_of

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "alert-texts.md").read_text(encoding="utf-8")
RUNBOOKS = ROOT / "docs" / "vi" / "runbooks"


def first_cells(heading: str) -> set[str]:
    """Names in the first cells of the table below a heading."""
    section = DOCUMENT.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_every_kind_of_message_is_described() -> None:
    assert first_cells("Kinds") == {kind.value for kind in Kind}


def test_every_medium_is_described() -> None:
    assert first_cells("Media") == {medium.value for medium in Medium}


def test_every_field_of_the_json_is_described() -> None:
    assert first_cells("JSON") == set(Body.__struct_fields__)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_guide_is_drawn_from_texts_that_there_are(name: str) -> None:
    guide = (ROOT / "docs" / "vi" / "huong-dan-truc.md").read_text(encoding="utf-8")

    page = page_of(PICTURES[name])

    assert page.count("<p") == sum(len(device.shown) for device in PICTURES[name])
    assert f"../images/{name}.png" in guide
    assert (ROOT / "docs" / "images" / f"{name}.png").exists()


def test_every_runbook_stands_in_the_list_and_every_link_of_theirs_leads_somewhere() -> None:
    pages = {path.name for path in RUNBOOKS.glob("*.md")} - {"README.md"}
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (RUNBOOKS / "README.md").read_text(encoding="utf-8")))
    linked = {
        (path.name, link)
        for path in RUNBOOKS.glob("*.md")
        for link in re.findall(r"\]\(([^)#]+\.md)", path.read_text(encoding="utf-8"))
    }

    assert listed == pages
    assert {(page, link) for page, link in linked if not (RUNBOOKS / link).exists()} == set()
