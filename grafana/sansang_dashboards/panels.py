"""The kinds of panel both dashboards use, each with the settings we always want.

A panel's data comes in as finished queries; its id and place are the caller's.
"""

from grafana_foundation_sdk.builders import common, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    VisibilityMode,
)

from .parts import SOURCE, over_time, place


def number(id_: int, title: str, query: Dataquery, levels: ThresholdsConfig, x: int, unit: str = "short") -> stat.Panel:
    """One big number in the top row, four columns wide, coloured by its level."""
    return (
        stat.Panel()
        .id(id_)
        .title(title)
        .datasource(SOURCE)
        .with_target(query)
        .unit(unit)
        .no_value("Chưa có số liệu")
        .thresholds(levels)
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .grid_pos(place(x, 0, 4, 4))
    )


def timeline(
    id_: int, title: str, query: Dataquery, states: list[model.ValueMapping], where: model.GridPos
) -> statetimeline.Panel:
    """States over time, one row per series; a gap in measuring stays a gap."""
    return (
        statetimeline.Panel()
        .id(id_)
        .title(title)
        .datasource(SOURCE)
        .with_target(query)
        .mappings(states)
        .merge_values(True)
        .show_value(VisibilityMode.NEVER)
        .row_height(0.85)
        .legend(_legend())
        .grid_pos(where)
    )


def grid(id_: int, title: str, queries: list[Dataquery], where: model.GridPos) -> table.Panel:
    """A table over several queries, to be shaped by transformations."""
    panel = table.Panel().id(id_).title(title).datasource(SOURCE).no_value("–").grid_pos(where)
    for query in queries:
        panel = panel.with_target(query)
    return panel


def curve(id_: int, title: str, expr: str, unit: str, where: model.GridPos) -> timeseries.Panel:
    """A curve per machine and check."""
    return (
        timeseries.Panel()
        .id(id_)
        .title(title)
        .datasource(SOURCE)
        .with_target(over_time(expr, "{{agent}} · {{check}}"))
        .unit(unit)
        .min(0)
        .legend(_legend())
        .grid_pos(where)
    )


def _legend() -> common.VizLegendOptions:
    shown = common.VizLegendOptions().show_legend(True)
    return shown.display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)


def column(name: str, **properties: object) -> tuple[str, list[model.DynamicConfigValue]]:
    """Field settings of one table column; ``__`` in a keyword stands for the dot of Grafana's name."""
    return name, [model.DynamicConfigValue(key.replace("__", "."), value) for key, value in properties.items()]
