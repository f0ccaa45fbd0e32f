"""A step of a story says in words what was thought before, in both languages, and leaves people's own words alone."""

import pytest

from sansang_collector.diagnosis.incident import Happening
from sansang_collector.incidents import story_details
from sansang_collector.incidents.incident_view import EventView
from sansang_collector.incidents.naming import Naming
from sansang_collector.incidents.speech import Speech
from sansang_collector.web.phrases import Phrases
from tests.support.incidents import KHANH_KHE, NOW, PORTAL, lang_son

INVENTORY = lang_son()


def said(happened: Happening, detail: str, language: str = "en", who: str = "") -> str:
    event = EventView(id=1, at=NOW, happened=happened, who=who, detail=detail)
    return story_details.said(event, Naming(INVENTORY), Speech(Phrases(language), NOW))


def test_what_changed_is_told_as_what_it_was_before() -> None:
    detail = f"communes=12 class=ring:vq-bg,site_power:{KHANH_KHE} owner=power severity=warning"

    assert said(Happening.UPDATED, detail) == (
        "12 communes before; possible causes before: ring Văn Quan – Bình Gia or power of Xã Khánh Khê;"
        " before, it was for the power company; severity before: warning"
    )
    assert said(Happening.UPDATED, detail, "vi") == (
        "trước đó 12 xã, phường; nguyên nhân có thể trước đó: vòng truyền dẫn Văn Quan – Bình Gia hoặc"
        " nguồn điện của Xã Khánh Khê; trước đó giao cho điện lực; mức độ trước đó: cảnh báo"
    )


@pytest.mark.parametrize(
    ("happened", "detail", "words"),
    [
        (Happening.UPDATED, f"cause=access_node:khanh-khe services={PORTAL} level=lossy",
         ("before, access node Khánh Khê was thought to be the cause; services before: Cổng Dịch vụ công quốc gia;"
          " it was thought to lose only some")),
        (Happening.UPDATED, f"cause=pc:{KHANH_KHE}/may 1 ended=",
         "before, this computer may 1 of Xã Khánh Khê was thought to be the cause; it seemed to be over and was not"),
        (Happening.UPDATED, "held_back=hours:06253", "people are told from now on"),
        (Happening.HELD_BACK, "maintenance:7", "announced work explains it"),
        (Happening.OVERRUN, "maintenance:7", ""),
        (Happening.SUSPECTED, "expected_off", "off as expected"),
        (Happening.OPENED, "did_not_come_back", "it did not come back when the centre opened"),
        (Happening.RESOLVED, "part_gone=ring:vq-bg", "ring Văn Quan – Bình Gia is no longer in the inventory"),
        (Happening.REVISED, f"site_power:{KHANH_KHE}", "power of Xã Khánh Khê"),
        (Happening.MATURED, "", ""),
        (Happening.UPDATED, "told_by=a later program", "told_by=a later program"),
    ],
)  # fmt: skip
def test_every_detail_that_machines_write_has_words(happened: Happening, detail: str, words: str) -> None:
    assert said(happened, detail) == words


def test_what_people_wrote_stays_as_it_is() -> None:
    assert said(Happening.NOTED, "owner=power đã gọi", who="lan.nguyen") == "owner=power đã gọi"
