"""States by colour and by shape, in the words of the one glossary.

Values are those of the queries: 1 good, 0 down, between them partly, 2 could not find out.
"""

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models import dashboard as model

from sansang_agent.contract.rung import Rung
from sansang_agent.contract.words import word

GOOD, PARTLY, DOWN, UNKNOWN = "green", "orange", "red", "#8e8e8e"


def _shown(text: str, color: str, index: int) -> model.ValueMappingResult:
    return model.ValueMappingResult(text=text, color=color, index=index)


def outcomes() -> list[model.ValueMapping]:
    """Of one check: good, failed, could not find out."""
    return [
        model.ValueMap(
            {
                "1": _shown(f"✔ {word('outcome', 'ok')}", GOOD, 0),
                "0": _shown(f"✖ {word('outcome', 'failed')}", DOWN, 1),
                "2": _shown(f"? {word('outcome', 'unknown')}", UNKNOWN, 2),
            }
        )
    ]


def lights() -> list[model.ValueMapping]:
    """Of a rung: the share of its checks that are good."""
    partly = model.DashboardRangeMapOptions(0.0001, 0.9999, _shown(f"◐ {word('light', 'degraded')}", PARTLY, 2))
    ends = {
        "1": _shown(f"✔ {word('light', 'ok')}", GOOD, 0),
        "0": _shown(f"✖ {word('light', 'failed')}", DOWN, 1),
    }
    return [model.ValueMap(ends), model.RangeMap(partly)]


def contact() -> list[model.ValueMapping]:
    """Of a machine or a commune: heard of, or silent."""
    return [model.ValueMap({"1": _shown("✔ Có liên lạc", GOOD, 0), "0": _shown("✖ Mất liên lạc", DOWN, 1)})]


def rungs() -> list[model.ValueMapping]:
    """The rungs' names, for tables that show the label."""
    return [model.ValueMap({rung.value: model.ValueMappingResult(text=word("rung", rung)) for rung in Rung})]


def bad_above_zero() -> ThresholdsConfig:
    """Green at nought, red from one."""
    return _levels((None, GOOD), (1.0, DOWN))


def unsure_above_zero() -> ThresholdsConfig:
    """Green at nought, grey from one: not knowing is no failure."""
    return _levels((None, GOOD), (1.0, UNKNOWN))


def good_above_zero() -> ThresholdsConfig:
    """Red at nought, green from one."""
    return _levels((None, DOWN), (1.0, GOOD))


def contact_seconds() -> ThresholdsConfig:
    """Orange after a missed report of 15 s, red after a minute: three reports' time, then the collector says silent."""
    return _levels((None, GOOD), (30.0, PARTLY), (60.0, DOWN))


def certificate_seconds() -> ThresholdsConfig:
    """Red under 3 days, orange under the 14 days of the alert rule."""
    day = 86400.0
    return _levels((None, DOWN), (3 * day, PARTLY), (14 * day, GOOD))


def _levels(*steps: tuple[float | None, str]) -> ThresholdsConfig:
    levels = [model.Threshold(value=value, color=color) for value, color in steps]
    return ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(levels)
