"""Incidents and planned work as an Alertmanager's API v2 takes them: alerts with labels, silences of communes.

Times of the API are RFC 3339; all others are Unix seconds.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sansang_agent.contract.severity import Severity
from sansang_alerts.alert_rows import Kept
from sansang_alerts.standing import Standing
from sansang_alerts.texts.phrases import Phrases

from .incidents.maintenance import Maintenance

Alert = dict[str, Any]
"""As the API has it."""
ALERTNAME = "SansangIncident"
CREATED_BY = "sansang"
LASTS_S = 300.0
"""An alert that is not posted again for so long is over for an Alertmanager: the collector is gone. Its end is told by
the ledger's word all the same."""


def is_firing(standing: Standing) -> bool:
    """Whether people may be told of it now, as far as the collector goes."""
    fault = standing.fault
    is_under_way = standing.over_at is None and standing.ended_at is None
    return is_under_way and not fault.held_back and fault.severity is not Severity.INFO


def labels_of(kept: Kept) -> dict[str, str]:
    """What an Alertmanager tells alerts apart by, and routes go by."""
    fault = kept.standing.fault
    labels = {
        "alertname": ALERTNAME,
        "incident": kept.code,
        "severity": fault.severity.value,
        "owner": fault.owner.value,
        "kind": fault.parts[0].partition(":")[0] if fault.parts else fault.source.value,
    }
    if len(fault.communes) == 1:
        labels["commune"] = fault.communes[0].code
    return labels


def alert_of(kept: Kept, address: str, now: float) -> Alert:
    """One incident or situation; ``address``: the collector's own, ``now``: by the clock of this machine."""
    standing = kept.standing
    fault = standing.fault
    page = f"{address}{fault.page}"
    notes = {"page": page} | ({"runbook_url": f"{address}{fault.runbook}"} if fault.runbook else {})
    summaries = {
        key: Phrases(language, now).said(fault).headline for key, language in (("summary", "vi"), ("summary_en", "en"))
    }
    return {
        "labels": labels_of(kept),
        "annotations": summaries | notes,
        "startsAt": moment(fault.began_at),
        "endsAt": moment(now + LASTS_S if is_firing(standing) else _ended(standing, now)),
        "generatorURL": page,
    }


def silence_of(plan: Maintenance) -> dict[str, Any]:
    """Of all its communes' alerts, as long as it lasts. One without a commune silences nothing."""
    return {
        "matchers": [{"name": "commune", "value": "|".join(plan.communes), "isRegex": True, "isEqual": True}],
        "startsAt": moment(plan.begins),
        "endsAt": moment(plan.until),
        "createdBy": CREATED_BY,
        "comment": f"{_mark(plan)} {plan.title}".strip(),
    }


def is_of(plan: Maintenance, found: dict[str, Any]) -> bool:
    """Whether a silence as an Alertmanager has it was made for the plan, however it was then."""
    return found.get("createdBy") == CREATED_BY and str(found.get("comment")).partition(" ")[0] == _mark(plan)


def is_same(plan: Maintenance, found: dict[str, Any]) -> bool:
    """Whether a silence as an Alertmanager has it is still that of the plan."""
    values: Sequence[Any] = [one.get("value") for one in found.get("matchers") or () if isinstance(one, dict)]
    ends = _read(found.get("endsAt"))
    return values == ["|".join(plan.communes)] and ends is not None and abs(ends - plan.until) < 1.0


def moment(at: float) -> str:
    """RFC 3339, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _mark(plan: Maintenance) -> str:
    """What a silence is known by; with when the plan was made, for another collector has a plan of this number too."""
    return f"maintenance:{plan.id}/{plan.made_at:.0f}"


def _ended(standing: Standing, now: float) -> float:
    """Not before it began, and not to come."""
    ended = standing.over_at or standing.ended_at or now
    return max(min(ended, now), standing.fault.began_at)


def _read(text: object) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None
