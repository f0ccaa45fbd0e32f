"""The province's wall: how many communes are heard of, which rung is down where, and the way to each commune.

Queries take the best series over all scrapes of the same thing, so that two Prometheus targets count once.
"""

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.models import dashboard as model

from sansang_agent.contract.rung import Rung
from sansang_agent.contract.words import word

from . import states
from .panels import column, grid, number, timeline
from .parts import columns, commune_link, frame, now, over_time, place, rows_now

AGENTS = "max by (commune, agent) (sansang_agent_up)"
COMMUNES = "max by (commune) (sansang_agent_up)"
CHECKS = "min by (commune, agent, check, rung) (probe_success)"
NAMES = "max by (commune, name) (sansang_commune_info)"


def build() -> Dashboard:
    """The dashboard ``sansang-province``."""
    board = frame("province", "sansang – Toàn tỉnh", "Các xã của tỉnh lúc này: xã nào có liên lạc, bậc nào hỏng ở đâu.")
    good, bad = states.good_above_zero(), states.bad_above_zero()
    soonest = "min(probe_ssl_earliest_cert_expiry) - time()"
    return (
        board.with_panel(number(1, "Xã có liên lạc", now(_count(f"{COMMUNES} == 1")), good, 0))
        .with_panel(number(2, "Xã mất liên lạc", now(_count(f"{COMMUNES} == 0")), bad, 4))
        .with_panel(number(3, "Máy có liên lạc", now(_count(f"{AGENTS} == 1")), good, 8))
        .with_panel(number(4, "Máy mất liên lạc", now(_count(f"{AGENTS} == 0")), bad, 12))
        .with_panel(number(5, "Phép đo hỏng", now(_count(f"{CHECKS} == 0")), bad, 16))
        .with_panel(number(6, "Chứng thư hết hạn sau", now(soonest), states.certificate_seconds(), 20, "s"))
        .with_panel(_ladders())
        .with_panel(_communes())
        .with_panel(
            timeline(
                9,
                "Liên lạc của từng xã",
                over_time(f"{COMMUNES} * on (commune) group_left (name) {NAMES}", "{{name}}"),
                states.contact(),
                place(0, 30, 24, 22),
            ).description("Xã có liên lạc khi ít nhất một máy của xã báo về trung tâm.")
        )
    )


def _count(series: str) -> str:
    """How many there are; none is nought, but nothing measured at all stays empty."""
    return f"count({series}) or 0 * count(sansang_build_info)"


def _ladders() -> table.Panel:
    """One row per commune, one column per rung."""
    matrix = {"rowField": "name", "columnField": "rung", "valueField": "Value", "emptyValue": "null"}
    order = ["name\\rung", *Rung]
    organize = {
        "excludeByName": {},
        "indexByName": {field: position for position, field in enumerate(order)},
        "renameByName": {"name\\rung": "Xã"} | {rung.value: word("rung", rung) for rung in Rung},
    }
    expr = f"avg by (commune, rung) ({CHECKS}) * on (commune) group_left (name) {NAMES}"
    panel = grid(7, "Bậc thang của từng xã lúc này", [rows_now(expr)], place(0, 4, 24, 13))
    return (
        panel.description("Chỉ gồm xã đang có liên lạc; ô trống: chưa đo hoặc chưa cấu hình.")
        .transformations(
            [
                model.DataTransformerConfig(id_val="groupingToMatrix", options=matrix),
                model.DataTransformerConfig(id_val="organize", options=organize),
            ]
        )
        .mappings(states.lights())
        .override_by_regexp("^(?!Xã$).*", column("", custom__cellOptions={"type": "color-background"})[1])
    )


def _communes() -> table.Panel:
    """One row per commune: counts, last contact, and a link to its own dashboard."""
    queries = [
        rows_now(NAMES, "A"),
        rows_now(f"sum by (commune) ({AGENTS})", "B"),
        rows_now(f"count by (commune) ({AGENTS})", "C"),
        rows_now(f"count by (commune) ({CHECKS} == 0)", "D"),
        rows_now("1000 * max by (commune) (sansang_agent_last_contact_timestamp_seconds)", "E"),
    ]
    shape = columns(
        ("commune", "Mã xã"),
        ("name", "Xã"),
        ("Value #B", "Máy có liên lạc"),
        ("Value #C", "Tổng số máy"),
        ("Value #D", "Phép đo hỏng"),
        ("Value #E", "Liên lạc gần nhất"),
        hidden=("Value #A",),
    )
    return (
        grid(8, "Các xã", queries, place(0, 17, 24, 13))
        .transformations(shape)
        .override_by_name("Mã xã", [commune_link()])
        .override_by_name(*column("Liên lạc gần nhất", unit="dateTimeFromNow"))
    )
