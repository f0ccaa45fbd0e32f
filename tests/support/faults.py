"""Faults that alerts are told of, in the words that the collector finds for them."""

from datetime import datetime, timedelta, timezone

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_alerts.fault import Fault, Place, Source, Wording
from sansang_alerts.texts.times import marked

HERE = timezone(timedelta(hours=7))


def at(hour: int, minute: int, second: int = 0, day: int = 26) -> float:
    """On 26 June 2026 in Vietnam, or another day of that month."""
    return datetime(2026, 6, day, hour, minute, second, tzinfo=HERE).timestamp()


BEGAN, OPENED, OVER = at(8, 14), at(8, 14, 40), at(9, 2)
SINCE, SECOND = marked(BEGAN), marked(BEGAN, seconds=True)
SEVEN = (
    ("06115", "Xã Hoa Thám"),
    ("06112", "Xã Bình Gia"),
    ("06109", "Xã Tân Văn"),
    ("06253", "Xã Văn Quan"),
    ("06280", "Xã Điềm He"),
    ("06298", "Xã Yên Phúc"),
    ("06313", "Xã Tri Lễ"),
)
_NAMES = ", ".join(name for _, name in SEVEN)
_MEND_RING_VI = (
    "Vòng truyền dẫn Văn Quan – Bình Gia đứt cả hai hướng: tìm hai chỗ đứt theo mức tín hiệu quang, sửa "
    "chỗ đến được trước; thông một hướng là đủ."
)
_MEND_RING_EN = (
    "Ring Văn Quan – Bình Gia is cut in both directions: find both cuts by the light levels, and mend the "
    "one reached sooner; one way round is enough."
)
_CALL_FIRST_VI = (
    "Gọi cho trung tâm một cửa trước. Nếu mất điện: hỏi điện lực đến khi nào có. Nếu vẫn có điện: nhờ tắt "
    "rồi bật lại thiết bị đầu cuối một lần; nếu thiết bị vẫn không báo có đường truyền, đo đường truyền "
    "từ trạm truy nhập."
)
_CALL_FIRST_EN = (
    "Call the centre first. If it is dark: ask the power company until when. If there is light: have the "
    "terminal switched off and on once; if it then shows no line, measure the line from the access node."
)

RING = Fault(
    source=Source.INCIDENT,
    key="12",
    code="M4T7QX",
    owner=Owner.TELECOM,
    severity=Severity.CRITICAL,
    began_at=BEGAN,
    opened_at=OPENED,
    communes=tuple(Place(code, name) for code, name in SEVEN),
    parts=("ring:van-quan-binh-gia",),
    counters=21,
    page="/incidents/12",
    runbook="/runbooks/vong-truyen-dan",
    wordings={
        "vi": Wording(
            headline=f"Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ {SINCE}: 7 xã, 21 quầy không phục vụ được.",
            short=f"Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ {SINCE}: 7 xã, 21 quầy không phục vụ được.",
            where=f"7 xã: {_NAMES}",
            since=f"{SECOND} (± 15 giây)",
            impact="21 quầy không phục vụ được",
            evidence=(
                "24/24 máy ở đó mất liên lạc cùng lúc",
                "mất 12/12 gói thăm dò trung tâm gửi tới trạm truy nhập Văn Quan",
            ),
            next_steps=(_MEND_RING_VI,),
            call="Gọi bộ phận trực VNPT của tỉnh (số điện thoại chưa được cấu hình).",
        ),
        "en": Wording(
            headline=f"Ring Văn Quan – Bình Gia disconnected since {SINCE}: 7 communes, 21 counters cannot serve.",
            short=f"Ring Văn Quan – Bình Gia disconnected since {SINCE}: 7 communes, 21 counters cannot serve.",
            where=f"7 communes: {_NAMES}",
            since=f"{SECOND} (± 15 seconds)",
            impact="21 counters cannot serve",
            evidence=(
                "24 of 24 machines there fell silent together",
                "12 of 12 echoes the centre sent to access node Văn Quan were lost",
            ),
            next_steps=(_MEND_RING_EN,),
            call="Call the province's VNPT duty desk (telephone number not configured).",
        ),
    },
)

COMMUNE = Fault(
    source=Source.INCIDENT,
    key="13",
    code="K7F2QD",
    owner=Owner.POWER,
    severity=Severity.CRITICAL,
    began_at=BEGAN,
    opened_at=OPENED,
    communes=(Place("06286", "Xã Khánh Khê"),),
    parts=("site_power:06286", "terminal:06286-tslcd2", "access_link:06286-tslcd2"),
    counters=3,
    page="/incidents/13",
    runbook="/runbooks/mat-dien",
    wordings={
        "vi": Wording(
            headline=f"Xã Khánh Khê mất liên lạc từ {SINCE}: mất điện, thiết bị đầu cuối hoặc đường truyền — chưa phân"
            " biệt được (vì chỉ có một máy); 3 quầy không phục vụ được.",
            short=f"Xã Khánh Khê mất liên lạc từ {SINCE}: mất điện, thiết bị đầu cuối hoặc đường truyền.",
            where="Xã Khánh Khê",
            since=f"{SECOND} (± 15 giây)",
            impact="3 quầy không phục vụ được",
            evidence=("máy duy nhất ở đó mất liên lạc",),
            next_steps=(_CALL_FIRST_VI,),
            call="Gọi điện lực (số điện thoại chưa được cấu hình).",
        ),
        "en": Wording(
            headline=f"Xã Khánh Khê cut off since {SINCE}: power out, terminal or line — cannot be told apart yet"
            " (because there is only one machine); 3 counters cannot serve.",
            short=f"Xã Khánh Khê cut off since {SINCE}: power out, terminal or line.",
            where="Xã Khánh Khê",
            since=f"{SECOND} (± 15 seconds)",
            impact="3 counters cannot serve",
            evidence=("the only machine there fell silent",),
            next_steps=(_CALL_FIRST_EN,),
            call="Call the power company (telephone number not configured).",
        ),
    },
)

SERVICE = Fault(
    source=Source.ALERTMANAGER,
    key="a1b2c3",
    code="T9W3NB",
    owner=Owner.SERVICE_OWNER,
    severity=Severity.WARNING,
    began_at=BEGAN,
    opened_at=OPENED,
    systems=("mot-cua",),
    wordings={"vi": Wording(headline="Hệ thống một cửa: khoảng 34 % lần gọi bị lỗi từ 08:14; 13 xã bị ảnh hưởng.")},
)
"""A fault of somebody's Prometheus: one sentence, in Vietnamese alone, and no place."""

CERTIFICATE = Fault(
    source=Source.INCIDENT,
    key="14",
    code="B5H8ZR",
    owner=Owner.SERVICE_OWNER,
    severity=Severity.INFO,
    began_at=BEGAN,
    opened_at=OPENED,
    wordings={
        "vi": Wording(headline="Hệ thống một cửa: chứng thư hết hạn ngày 05/07/2026."),
        "en": Wording(headline="Hệ thống một cửa: certificate ends on 2026-07-05."),
    },
)
