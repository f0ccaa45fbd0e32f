"""What both dashboards share: the data source, variables, links, queries and the frame around panels.

Every panel carries an explicit id and place, because the SDK gives no id and its own layout overflows the grid.
"""

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
TAG = "sansang"


def frame(name: str, title: str, description: str) -> build.Dashboard:
    """An empty dashboard with the data source variable, the link to the other one and the alerts as annotations."""
    others = build.DashboardLink("Các bảng sansang").type(model.DashboardLinkType.DASHBOARDS).tags([TAG])
    alerts = build.AnnotationQuery().name("Cảnh báo").datasource(SOURCE).enable(True).icon_color("red")
    return (
        build.Dashboard(title)
        .uid(f"sansang-{name}")
        .description(description)
        .tags([TAG])
        .timezone("Asia/Ho_Chi_Minh")
        .week_start("monday")
        .refresh("30s")
        .time("now-24h", "now")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(build.DatasourceVariable("datasource").label("Nguồn dữ liệu").type("prometheus"))
        .annotation(alerts.expr('ALERTS{alertname=~"Sansang.+", alertstate="firing"}'))
        .link(others.icon("dashboard").include_vars(True).keep_time(True))
    )


def commune_variable() -> build.QueryVariable:
    """One commune, chosen by its Vietnamese name, used by its code."""
    return (
        build.QueryVariable("commune")
        .label("Xã")
        .datasource(SOURCE)
        .query("query_result(max by (commune, name) (sansang_commune_info))")
        .regex('/name="(?<text>[^"]+)|commune="(?<value>[^"]+)/g')
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
    )


def agent_variable() -> build.QueryVariable:
    """The chosen commune's machines, all of them at first."""
    return (
        build.QueryVariable("agent")
        .label("Máy")
        .datasource(SOURCE)
        .query('label_values(sansang_agent_up{commune="$commune"}, agent)')
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.NATURAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
    )


def place(x: int, y: int, w: int, h: int) -> model.GridPos:
    """A panel's place on Grafana's grid of 24 columns."""
    return model.GridPos(x=x, y=y, w=w, h=h)


def over_time(expr: str, legend: str = "", ref: str = "A") -> Dataquery:
    """A query over the shown time."""
    return Dataquery().datasource(SOURCE).expr(expr).legend_format(legend).ref_id(ref).range()


def now(expr: str, ref: str = "A") -> Dataquery:
    """A query for the present, one number."""
    return Dataquery().datasource(SOURCE).expr(expr).ref_id(ref).instant()


def rows_now(expr: str, ref: str = "A") -> Dataquery:
    """A query for the present, one table row per series."""
    return now(expr, ref).format(PromQueryFormat.TABLE)


def columns(*names: tuple[str, str], hidden: tuple[str, ...] = ()) -> list[model.DataTransformerConfig]:
    """Joins table queries by their common labels, then shows the named fields in this order under these titles."""
    order = {field: position for position, (field, _) in enumerate(names)}
    options = {
        "excludeByName": dict.fromkeys(("Time", *hidden), True),
        "indexByName": order,
        "renameByName": dict(names),
    }
    return [
        model.DataTransformerConfig(id_val="merge", options={}),
        model.DataTransformerConfig(id_val="organize", options=options),
    ]


def commune_link() -> model.DynamicConfigValue:
    """Opens the commune whose code stands in the cell."""
    link = {"title": "Mở xã này", "url": "/d/sansang-commune?var-commune=${__value.raw}&${datasource:queryparam}"}
    return model.DynamicConfigValue(id_val="links", value=[link])
