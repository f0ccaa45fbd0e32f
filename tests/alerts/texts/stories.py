"""The golden messages: one for every reason why somebody is told, and for what a text must not forget."""

from typing import NamedTuple

from msgspec.json import decode, encode
from msgspec.structs import replace

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts.fault import Fault
from sansang_alerts.links import Links
from sansang_alerts.notice import Kind
from sansang_alerts.texts import Digest, Extra, Medium, Note, Words, introduced, render, silence
from sansang_alerts.texts.phrases import Phrases
from sansang_alerts.texts.times import marked
from tests.support.faults import BEGAN, CERTIFICATE, COMMUNE, OPENED, OVER, RING, SERVICE, SINCE, at

PUBLIC = "https://giam-sat.example.vn"
LINKS = Links("a key of the golden texts alone, as long as keys are", PUBLIC)
TOLD = Extra(now=OPENED, public_url=PUBLIC, link=LINKS.link("M4T7QX", "line-1", OPENED), reply=True)
NEXT = replace(TOLD, now=at(8, 24, 40), waited_s=600, link=LINKS.link("M4T7QX", "line-2", at(8, 24, 40)))
"""Told to whoever comes next, who is given a link of their own."""
TAKEN = Extra(now=at(8, 26), public_url=PUBLIC, by="Trực đường truyền 2", at=at(8, 26))
ENDED = {
    "vi": f"Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ {SINCE} đến {marked(OVER)} (48 phút): 7 xã, 21 quầy"
    " không phục vụ được.",
    "en": f"Ring Văn Quan – Bình Gia disconnected from {SINCE} to {marked(OVER)} (48 minutes): 7 communes, 21 counters"
    " could not serve.",
}
OVER_NOW = replace(
    RING,
    ended_at=OVER,
    wordings={
        language: replace(said, headline=ENDED[language], short=ENDED[language])
        for language, said in RING.wordings.items()
    },
)
EVENING, MIDNIGHT = at(23, 40), at(0, 28, day=27)


def by_night(fault: Fault) -> Fault:
    """The same from twenty to twelve on; what is over was over 48 minutes later."""
    text = encode(fault).decode()
    moved = {BEGAN: EVENING, OPENED: EVENING + 40, OVER: MIDNIGHT}
    for before, after in moved.items():
        text = text.replace(str(int(before)), str(int(after)))
    return decode(text, type=Fault)


NOW_THE_LINES = replace(
    COMMUNE,
    owner=Owner.TELECOM,
    wordings={
        language: replace(said, call=RING.wordings[language].call) for language, said in COMMUNE.wordings.items()
    },
)
NOTES = (
    Note({"vi": "12 máy chưa bật lại từ hôm qua.", "en": "12 machines are not back since yesterday."}),
    Note(
        {"vi": "Máy may-02 ở Xã Khánh Khê: ổ đĩa còn 2 GB.", "en": "Machine may-02 in Xã Khánh Khê: 2 GB of disk left."}
    ),
)


def sent(words: Words, medium: Medium, language: str, day: int = 0) -> Words:
    """A message that is sent once more, so many days after it was made."""
    return introduced(words, medium, Phrases(language, OPENED + day * 86_400), OPENED, repeat=True)


class Story(NamedTuple):
    """A message."""

    name: str
    kind: Kind
    fault: Fault | None
    extra: Extra

    def words(self, medium: Medium, language: str) -> Words:
        return render(self.kind, self.fault, medium, language, self.extra)


STORIES = (
    Story("01-opened", Kind.OPENED, RING, TOLD),
    Story("02-opened-by-code-alone", Kind.OPENED, COMMUNE, Extra(now=OPENED)),
    Story(
        "03-updated", Kind.UPDATED, NOW_THE_LINES,
        replace(TOLD, now=at(8, 31), before_owner=Owner.POWER, before_severity=Severity.WARNING, link=""),
    ),
    Story("04-unstable", Kind.UNSTABLE, RING, replace(TOLD, now=at(8, 50))),
    Story("05-escalated", Kind.ESCALATED, RING, NEXT),
    Story("06-acknowledged", Kind.ACKNOWLEDGED, RING, TAKEN),
    Story("07-reminder", Kind.REMINDER, RING, replace(TAKEN, now=at(12, 26))),
    Story("08-handed-over", Kind.HANDED_OVER, COMMUNE, replace(TAKEN, by="", at=None, team="Đội đường truyền")),
    Story("09-recovered", Kind.RECOVERED, OVER_NOW, replace(TAKEN, now=at(9, 3))),
    Story("10-recovered-elsewhere", Kind.RECOVERED, replace(SERVICE, ended_at=OVER), Extra(now=at(9, 3))),
    Story("11-merged", Kind.WITHDRAWN, replace(COMMUNE, withdrawn="merged:M4T7QX"), Extra(now=at(8, 16))),
    Story(
        "12-part-of-a-situation", Kind.WITHDRAWN, replace(COMMUNE, withdrawn="situation:P3V8QK"), Extra(now=at(8, 20))
    ),
    Story("13-came-to-nothing", Kind.WITHDRAWN, replace(COMMUNE, withdrawn="nothing"), Extra(now=at(8, 20))),
    Story(
        "14-digest", Kind.DIGEST, None,
        Extra(now=at(7, 0), digest=Digest(watched=65, communes=65, notable=(CERTIFICATE,), notes=NOTES)),
    ),
    Story(
        "15-digest-of-a-bad-day", Kind.DIGEST, None,
        Extra(
            now=at(9, 30),
            digest=Digest(watched=63, communes=65, under_way=(COMMUNE, SERVICE), over=(OVER_NOW,), notes=NOTES),
        ),
    ),
    Story("16-silent", Kind.SILENT, silence(BEGAN, at(8, 20)), Extra(now=at(8, 20))),
    Story("17-heard-again", Kind.RECOVERED, silence(BEGAN, at(8, 20), OVER), Extra(now=OVER)),
    Story("18-test", Kind.TEST, None, Extra(now=at(8, 15), channel="zalo-truc")),
    Story("19-simulated", Kind.OPENED, RING, replace(TOLD, simulated=True)),
    Story("20-another-prometheus", Kind.OPENED, SERVICE, Extra(now=OPENED)),
    Story("24-reminder-on-the-next-day", Kind.REMINDER, by_night(RING), replace(
        TAKEN, now=at(3, 52, day=27), at=at(23, 52)
    )),
    Story("25-recovered-after-midnight", Kind.RECOVERED, by_night(OVER_NOW), replace(
        TAKEN, now=at(0, 31, day=27), at=at(23, 52)
    )),
    Story(
        "26-escalated-after-midnight", Kind.ESCALATED, by_night(COMMUNE),
        Extra(now=at(0, 0, 40, day=27), waited_s=1200),
    ),
    Story(
        "27-heard-again-after-midnight", Kind.RECOVERED, silence(EVENING, EVENING + 360, MIDNIGHT),
        Extra(now=MIDNIGHT),
    ),
)  # fmt: skip
