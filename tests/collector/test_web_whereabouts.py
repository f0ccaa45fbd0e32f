import pytest

from sansang_collector.liveness import State
from sansang_collector.web.phrases import Phrases
from sansang_collector.web.whereabouts import whereabouts
from tests.support.views import agent_view

NOON = 1_782_450_000.0  # Friday 26 June 2026, 12:00:00 in Vietnam
LEFT = NOON - 3600
MONDAY = NOON + 2 * 86400 + 19.5 * 3600

SAID = [
    (State.ONLINE, "", None, "đang liên lạc", "in contact"),
    (State.NEVER_SEEN, "", None, "chưa liên lạc lần nào", "never heard from"),
    (State.SILENT, "", None, "mất liên lạc từ 11:00:00", "silent since 11:00:00"),
    (State.RETIRED, "", None, "ngừng sử dụng từ 11:00:00", "not in use since 11:00:00"),
    (
        State.GOODBYE, "shutdown", MONDAY,
        "máy tắt lúc 11:00:00, có báo trước; dự kiến trở lại 07:30:00 29/06/2026",
        "it was shut down at 11:00:00, as announced; expected back 07:30:00 2026-06-29",
    ),
    (State.GOODBYE, "restart", NOON - 3000, "đang khởi động lại lúc 11:00:00, có báo trước", "it is restarting at"),
    (
        State.EXPECTED_OFF, "hours", MONDAY,
        "tắt theo lịch làm việc, từ 11:00:00; dự kiến trở lại 07:30:00 29/06/2026",
        "off outside hours, since 11:00:00; expected back 07:30:00 2026-06-29",
    ),
    (
        State.EXPECTED_OFF, "habit", None,
        "thường tắt vào giờ này, từ 11:00:00", "off as usual at this hour, since 11:00:00",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("state", "why", "back", "vi", "en"), SAID)
def test_every_state_is_said_in_both_languages(state: State, why: str, back: float | None, vi: str, en: str) -> None:
    since = None if state in (State.ONLINE, State.NEVER_SEEN) else LEFT
    view = agent_view(state=state, state_since=since, state_why=why, back=back)

    assert whereabouts(Phrases("vi"), view, NOON) == vi
    assert whereabouts(Phrases("en"), view, NOON).startswith(en)
