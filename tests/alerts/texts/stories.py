"""The golden messages: one for every reason why somebody is told, and for what a text must not forget."""

from typing import NamedTuple

from msgspec.structs import replace

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts.fault import Fault
from sansang_alerts.notice import Kind
from sansang_alerts.texts import Digest, Extra, Medium, Note, Words, render, silence
from tests.support.faults import BEGAN, CERTIFICATE, COMMUNE, OPENED, OVER, RING, SERVICE, at

PUBLIC = "https://giam-sat.example.vn"
LINK = f"{PUBLIC}/a/M4T7QX?t=line-1.1782483280.Jq0c5hVb0V0"
TOLD = Extra(now=OPENED, public_url=PUBLIC, link=LINK, reply=True)
TAKEN = Extra(now=at(8, 26), public_url=PUBLIC, by="Trực đường truyền 2", at=at(8, 26))
ENDED = {
    "vi": "Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ 08:14 đến 09:02 (48 phút): 7 xã, 21 quầy không phục vụ"
    " được.",
    "en": "Ring Văn Quan – Bình Gia disconnected from 08:14 to 09:02 (48 minutes): 7 communes, 21 counters could not"
    " serve.",
}
OVER_NOW = replace(
    RING,
    ended_at=OVER,
    wordings={
        language: replace(said, headline=ENDED[language], short=ENDED[language])
        for language, said in RING.wordings.items()
    },
)
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
    Story("05-escalated", Kind.ESCALATED, RING, replace(TOLD, now=at(8, 24, 40), waited_s=600)),
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
)  # fmt: skip
