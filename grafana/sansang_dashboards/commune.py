"""One commune: its machines, every check over time, the newest results and the quality of the line.

Unknown results are drawn as such and never as failures: the query gives them the value 2.
"""

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.builders.dashboard import Dashboard

from . import states
from .panels import column, curve, grid, number, timeline
from .parts import agent_variable, columns, commune_variable, frame, now, over_time, place, rows_now

HERE = '{commune="$commune", agent=~"$agent"}'
AGENTS = f"max by (agent) (sansang_agent_up{HERE})"
CHECKS = f"min by (agent, check, rung) (probe_success{HERE})"
UNKNOWN = f"max by (agent, check, rung) (sansang_probe_unknown{HERE})"
OUTCOMES = f"{CHECKS} or 2 * {UNKNOWN}"


def build() -> Dashboard:
    """The dashboard ``sansang-commune``."""
    board = frame("commune", "sansang – Một xã", "Các máy, các phép đo và chất lượng đường truyền của một xã.")
    board = board.with_variable(commune_variable()).with_variable(agent_variable())
    good, bad = states.good_above_zero(), states.bad_above_zero()
    lasting = f"time() - max(sansang_agent_last_contact_timestamp_seconds{HERE})"
    soonest = f"min(probe_ssl_earliest_cert_expiry{HERE}) - time()"
    return (
        board.with_panel(number(1, "Máy có liên lạc", now(_count(f"{AGENTS} == 1")), good, 0))
        .with_panel(number(2, "Máy mất liên lạc", now(_count(f"{AGENTS} == 0")), bad, 4))
        .with_panel(number(3, "Phép đo hỏng", now(_count(f"{CHECKS} == 0")), bad, 8))
        .with_panel(number(4, "Phép đo chưa rõ", now(_count(UNKNOWN)), states.unsure_above_zero(), 12))
        .with_panel(number(5, "Liên lạc cách đây", now(lasting), states.contact_seconds(), 16, "s"))
        .with_panel(number(6, "Chứng thư hết hạn sau", now(soonest), states.certificate_seconds(), 20, "s"))
        .with_panel(
            timeline(
                7,
                "Các phép đo",
                over_time(OUTCOMES, "{{agent}} · {{check}}"),
                states.outcomes(),
                place(0, 4, 24, 12),
            )
        )
        .with_panel(timeline(8, "Các máy", over_time(AGENTS, "{{agent}}"), states.contact(), place(0, 16, 24, 5)))
        .with_panel(_results())
        .with_panel(curve(10, "Thời gian đo", _each("probe_duration_seconds"), "s", place(0, 31, 12, 9)))
        .with_panel(curve(11, "Thời gian khứ hồi", _each("probe_icmp_duration_seconds"), "s", place(12, 31, 12, 9)))
        .with_panel(curve(12, "Tỷ lệ mất gói", _each("sansang_ping_loss_ratio"), "percentunit", place(0, 40, 12, 9)))
        .with_panel(curve(13, "Biến thiên trễ", _each("sansang_ping_jitter_seconds"), "s", place(12, 40, 12, 9)))
        .with_panel(_machines())
    )


def _count(series: str) -> str:
    """How many there are; none is nought, but nothing measured at all stays empty."""
    return f"count({series}) or 0 * count(sansang_build_info)"


def _each(metric: str) -> str:
    return f"max by (agent, check) ({metric}{HERE})"


def _results() -> table.Panel:
    """The newest result of every check."""
    per_check = "max by (agent, check, rung)"
    queries = [
        rows_now(OUTCOMES, "A"),
        rows_now(f"{per_check} (probe_duration_seconds{HERE})", "B"),
        rows_now(f"{per_check} (sansang_ping_loss_ratio{HERE})", "C"),
        rows_now(f"{per_check} (probe_http_status_code{HERE})", "D"),
    ]
    shape = columns(
        ("agent", "Máy"),
        ("rung", "Bậc"),
        ("check", "Phép đo"),
        ("Value #A", "Kết quả"),
        ("Value #B", "Thời gian"),
        ("Value #C", "Mất gói"),
        ("Value #D", "Mã HTTP"),
    )
    cell = {"type": "color-background"}
    return (
        grid(9, "Kết quả mới nhất", queries, place(0, 21, 24, 10))
        .transformations(shape)
        .override_by_name(*column("Kết quả", mappings=states.outcomes(), custom__cellOptions=cell))
        .override_by_name(*column("Bậc", mappings=states.rungs()))
        .override_by_name(*column("Thời gian", unit="s"))
        .override_by_name(*column("Mất gói", unit="percentunit"))
    )


def _machines() -> table.Panel:
    """What each machine says of itself."""
    metrics = [
        ("sansang_agent_up", "Liên lạc", ""),
        ("sansang_host_uptime_seconds", "Đã chạy", "s"),
        ("sansang_host_cpu_ratio", "CPU", "percentunit"),
        ("sansang_host_memory_ratio", "Bộ nhớ", "percentunit"),
        ("sansang_host_disk_free_bytes", "Đĩa còn trống", "bytes"),
        ("sansang_agent_spool_rows", "Báo cáo chờ gửi", "short"),
        ("sansang_agent_clock_skew_seconds", "Lệch giờ", "s"),
    ]
    refs = "ABCDEFG"
    queries = [rows_now(f"max by (agent) ({name}{HERE})", ref) for ref, (name, _, _) in zip(refs, metrics, strict=True)]
    titles = [(f"Value #{ref}", title) for ref, (_, title, _) in zip(refs, metrics, strict=True)]
    panel = grid(14, "Tình trạng từng máy", queries, place(0, 49, 24, 8))
    panel = panel.transformations(columns(("agent", "Máy"), *titles))
    for _, title, unit in metrics:
        settings = {"unit": unit} if unit else {"mappings": states.contact()}
        panel = panel.override_by_name(*column(title, **settings))
    return panel
